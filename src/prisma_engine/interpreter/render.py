"""Statements from templates: constant text wherever possible, else text and arguments made for every run.

`column IN (list)` becomes `column = ANY(array)`, and `NOT IN` becomes `<> ALL`: the text is the same for every length
of the list, nothing has to be split, and an empty list means what it means to Prisma when it is written out
(`in: []` matches nothing, `notIn: []` matches everything). Lists of tuples, and items inside a function call,
keep Prisma's form and its way of splitting what exceeds the limit of bind values.

`OFFSET 0` is text, and so are `LIMIT 1` where one record is looked up by its key, and a `LIMIT` that would be the only
parameter: with parameters there PostgreSQL takes a tenth of the rows for a page, and plans each execution anew. Other
statements keep their `LIMIT`: of a filter's values some are rare, and no plan that is made once may be for the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any, Final

from prisma_engine.errors import PlanError, UserFacingError
from prisma_engine.interpreter.scope import Getter, Placeholder, Run, Scope, getter, is_constant, is_param
from prisma_engine.plan import RawSql, TemplateSql

__all__ = ["BIND_LIMIT", "Bind", "Fixed", "Statement", "Varying", "prepare_raw", "prepare_template"]

BIND_LIMIT: Final = 32766
"""Prisma's limit of bind values for one statement; asyncpg takes one more."""

_OPERATORS: Final = ((" NOT IN ", " <> ALL("), (" IN ", " = ANY("))  # the longer ending first

_LIMIT: Final = " LIMIT "
_OFFSET: Final = " OFFSET "

Bind = Callable[[Run], list[object]]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text and the values of its parameters."""

    sql: str
    args: list[object]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A statement whose text never changes."""

    sql: str
    bind: Bind
    size: int  # how many values there are


@dataclass(frozen=True, slots=True)
class Varying:
    """One or more statements whose text depends on the values."""

    statements: Callable[[Run], list[Statement]]


class Parameter:
    """A single value, whatever it holds."""

    def values(self, arg: Any) -> list[object]:
        """Return the bind values of an argument."""
        return [arg]

    def sql(self, _arg: Any, number: int) -> str:
        """Return the text for an argument whose first bind value has this number."""
        return f"${number}"


class ArrayParameter(Parameter):
    """A list that PostgreSQL takes as one array."""

    def values(self, arg: Any) -> list[object]:
        """Return the list as the only bind value."""
        return [_as_list(arg)]


@dataclass(frozen=True, slots=True)
class ParameterTuple:
    """A list in parentheses."""

    prefix: str
    separator: str
    suffix: str

    def values(self, arg: Any) -> list[object]:
        """Return the items."""
        return _as_list(arg)

    def sql(self, arg: Any, number: int) -> str:
        """Return the items' placeholders.

        An empty list inside a call is a query without rows, of the call's type: everything is NOT IN it, whereas
        nothing is NOT IN Prisma's `(NULL)`, which stays where there is no call.
        """
        items = [f"{self.prefix}${number + index}{self.suffix}" for index in range(len(_as_list(arg)))]
        if not items and self.prefix:
            return f"(SELECT {self.prefix}NULL{self.suffix} WHERE FALSE)"
        return f"({self.separator.join(items) or 'NULL'})"

    def pieces(self, arg: Any, room: int) -> list[Any]:
        """Split the list."""
        items = _as_list(arg)
        return [items[start : start + room] for start in range(0, len(items), room)]


@dataclass(frozen=True, slots=True)
class ParameterTupleList:
    """A list of tuples, such as the rows of an INSERT."""

    prefix: str
    separator: str
    suffix: str
    group_separator: str

    def values(self, arg: Any) -> list[object]:
        """Return the items of all tuples, tuple by tuple. Errors: PlanError when the value is no list of lists."""
        if not isinstance(arg, list) or not arg or not all(isinstance(row, list) for row in arg):
            raise PlanError("a list of tuples is needed here, with at least one tuple")
        return [item for row in arg for item in row]

    def sql(self, arg: Any, number: int) -> str:
        """Return the tuples' placeholders."""
        groups = []
        for row in arg:
            items = self.separator.join(f"${number + index}" for index in range(len(row)))
            groups.append(f"{self.prefix}{items}{self.suffix}")
            number += len(row)
        return self.group_separator.join(groups)

    def pieces(self, arg: Any, room: int) -> list[Any]:
        """Split between tuples."""
        pieces: list[list[Any]] = []
        left = 0
        for row in arg:
            if not pieces or len(row) > left:
                pieces.append([])
                left = room
            pieces[-1].append(row)
            left -= len(row)
        return pieces


Hole = Parameter | ParameterTuple | ParameterTupleList
"""A place in a template that takes one argument."""


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _parameter(_fragment: Any) -> Hole:
    return Parameter()


def _parameter_tuple(fragment: Any) -> Hole:
    return ParameterTuple(fragment["itemPrefix"], fragment["itemSeparator"], fragment["itemSuffix"])


def _parameter_tuple_list(fragment: Any) -> Hole:
    return ParameterTupleList(
        fragment["itemPrefix"], fragment["itemSeparator"], fragment["itemSuffix"], fragment["groupSeparator"]
    )


_HOLES: Final[dict[str, Callable[[Any], Hole]]] = {
    "parameter": _parameter,
    "parameterTuple": _parameter_tuple,
    "parameterTupleList": _parameter_tuple_list,
}


def _parts(fragments: Sequence[dict[str, Any]]) -> list[str | Hole]:
    parts: list[str | Hole] = []
    for fragment in fragments:
        if fragment["type"] == "stringChunk":
            parts.append(fragment["chunk"])
        elif fragment["type"] in _HOLES:
            parts.extend(_with_array(parts, _HOLES[fragment["type"]](fragment)))
        else:
            raise PlanError(f"the plan has the unknown SQL fragment {fragment['type']!r}")
    return parts


def _inlined(parts: Sequence[str | Hole], query: TemplateSql, *, by_key: bool) -> tuple[list[str | Hole], TemplateSql]:
    """Write constants of pages into the text; the query keeps the arguments that still have a place."""
    texts = _texts(parts, query["args"], by_key=by_key)
    places = count()
    written = [part if isinstance(part, str) else texts.get(next(places), part) for part in parts]
    kept = [place for place in range(len(query["args"])) if place not in texts]
    args, types = ([query[name][place] for place in kept] for name in ("args", "argTypes"))
    return written, {**query, "args": args, "argTypes": types}


def _texts(parts: Sequence[str | Hole], args: Sequence[Any], *, by_key: bool) -> dict[int, str]:
    """The arguments that are text, by their places."""
    clauses = [_clause(before) for before, part in pairwise(["", *parts]) if not isinstance(part, str)]
    constants = [(_OFFSET, "0"), (_LIMIT, "1")] if by_key else [(_OFFSET, "0")]
    texts = {place: arg for place, arg in enumerate(args) if (clauses[place], arg) in constants}
    rest = [place for place in range(len(args)) if place not in texts]
    if [clauses[place] for place in rest] == [_LIMIT]:
        texts |= {place: args[place] for place in rest if str(args[place]).isdecimal()}
    return texts


def _clause(before: str | Hole) -> str:
    """Which clause of a page an argument is of, by what stands before it."""
    return next((end for end in (_LIMIT, _OFFSET) if isinstance(before, str) and before.endswith(end)), "")


def _with_array(before: list[str | Hole], hole: Hole) -> list[str | Hole]:
    """Let a plain list after IN be an array instead, and its operator one that takes an array."""
    text = before[-1] if before else None
    if not isinstance(hole, ParameterTuple) or hole.prefix or hole.suffix or not isinstance(text, str):
        return [hole]
    for ending, operator in _OPERATORS:
        if text.endswith(ending):
            before[-1] = text.removesuffix(ending) + operator
            return [ArrayParameter(), ")"]
    return [hole]


def _write(parts: Sequence[str | Hole], args: Sequence[Any]) -> Statement:
    """Write one statement, with its placeholders numbered from 1."""
    sql: list[str] = []
    values: list[object] = []
    rest = iter(args)
    for part in parts:
        if isinstance(part, str):
            sql.append(part)
            continue
        arg = next(rest)
        sql.append(part.sql(arg, len(values) + 1))
        values.extend(part.values(arg))
    return Statement("".join(sql), values)


def _split(holes: Sequence[Hole], args: list[Any], limit: int) -> list[list[Any]]:
    """Split the largest argument so that each statement keeps to the limit, if splitting one is enough."""
    counts = [len(hole.values(arg)) for hole, arg in zip(holes, args, strict=True)]
    largest = max(counts, default=0)
    room = limit - (sum(counts) - largest)
    if room < 1 or largest <= room:
        return [args]
    # the largest has more than one value, so it is a list
    index, hole = next(
        (index, hole)
        for index, (hole, count) in enumerate(zip(holes, counts, strict=True))
        if count == largest and not isinstance(hole, Parameter)
    )
    return [[*args[:index], piece, *args[index + 1 :]] for piece in hole.pieces(args[index], room)]


def _binder(args: Sequence[Any], scope: Scope) -> Bind:
    constants = [arg if is_constant(arg) else None for arg in args]
    variables = [(index, getter(arg, scope)) for index, arg in enumerate(args) if not is_constant(arg)]
    return _filler(constants, variables)


def _filler(constants: list[object], variables: Sequence[tuple[int, Getter]]) -> Bind:
    placed = [(index, read.index) for index, read in variables if isinstance(read, Placeholder)]
    others = [(index, read) for index, read in variables if not isinstance(read, Placeholder)]

    def bind(run: Run) -> list[object]:
        values, params = constants.copy(), run.params
        for index, source in placed:
            values[index] = params[source]
        for index, read in others:
            values[index] = read(run)
        return values

    return bind


def _list_getter(read: Getter) -> Getter:
    return lambda run: _as_list(read(run))


def _fixed(parts: Sequence[str | Hole], query: TemplateSql, scope: Scope, limit: int, first: int) -> Fixed:
    args, places = query["args"], _places(query)
    rest = iter(places)
    sql = "".join(part if isinstance(part, str) else f"${next(rest) + first}" for part in parts)
    constants: list[object] = [None] * (max(places, default=-1) + 1)
    variables: dict[int, Getter] = {}
    holes = (part for part in parts if not isinstance(part, str))
    for place, hole, arg in zip(places, holes, args, strict=True):
        if is_constant(arg):
            (constants[place],) = hole.values(arg)
        elif place not in variables:
            read = getter(arg, scope)
            variables[place] = _list_getter(read) if isinstance(hole, ArrayParameter) else read
    statement = _within(Statement(sql, constants), limit)
    return Fixed(statement.sql, _filler(statement.args, list(variables.items())), len(statement.args))


def _places(query: TemplateSql) -> list[int]:
    """Tell which bind value each argument is: one placeholder for columns of one type is sent once.

    An upsert names what it writes twice, and that may be a large document.
    """
    known: dict[str, int] = {}
    places = []
    for index, (arg, arg_type) in enumerate(zip(query["args"], query["argTypes"], strict=True)):
        has_type = arg_type.get("dbType") is not None
        key = json.dumps([arg, arg_type]) if has_type and is_param(arg) else str(index)
        places.append(known.setdefault(key, len(known)))
    return places


def _within(statement: Statement, limit: int) -> Statement:
    if len(statement.args) > limit:
        raise UserFacingError("P2029", "The query parameter limit supported by your database is exceeded.")
    return statement


def prepare_raw(query: RawSql, scope: Scope) -> Fixed:
    """Prepare a statement that the user wrote."""
    return Fixed(query["sql"], _binder(query["args"], scope), len(query["args"]))


def prepare_template(query: TemplateSql, scope: Scope, *, limit: int = BIND_LIMIT, first: int = 1) -> Fixed | Varying:
    """Prepare a template; the placeholders of a text that never changes are numbered from `first`.

    Errors: PlanError for an unknown fragment, or when arguments and fragments do not fit. Here, or when a run makes
    the statements: UserFacingError P2029 for more bind values than the limit.
    """
    parts = _parts(query["fragments"])
    places = sum(not isinstance(part, str) for part in parts)
    if places != len(query["args"]):
        raise PlanError(f"the plan has {len(query['args'])} arguments for {places} places in a statement")
    parts, query = _inlined(parts, query, by_key=scope.by_key)
    holes = [part for part in parts if not isinstance(part, str)]
    args, chunkable = query["args"], query["chunkable"]
    if all(isinstance(hole, Parameter) for hole in holes):
        return _fixed(parts, query, scope, limit, first)
    bind = _binder(args, scope)

    def statements(run: Run) -> list[Statement]:
        values = bind(run)
        chunks = _split(holes, values, limit) if chunkable else [values]
        return [_within(_write(parts, chunk), limit) for chunk in chunks]

    return Varying(statements)
