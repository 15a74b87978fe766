"""Many rows by the plan of one: the statement of a one-row `createMany`, applied to every row that is given.

The compiler would take a second for a thousand rows; one row takes it a few milliseconds, however many follow.
The rows travel as an array for each column, or as the texts of one joined, so that a thousand of them are the same
short statement as two: PostgreSQL parses it once, and it stays prepared. What an array cannot carry is written out row
by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, repeat
from sys import getsizeof
from typing import Any, Final, cast

from prisma_engine.errors import PlanError, SchemaChangedError, UserFacingError
from prisma_engine.interpreter.generators import SEVERAL
from prisma_engine.interpreter.render import BIND_LIMIT, Statement
from prisma_engine.interpreter.scope import Run, Scope, getter, is_constant
from prisma_engine.plan import Node, TemplateSql
from prisma_engine.ports import Connection, in_one_transaction

__all__ = ["Insert", "Part", "build_insert", "insert_all"]

_VALUES: Final = "VALUES ("
_SKIP_DUPLICATES: Final = " ON CONFLICT DO NOTHING"
_ARRAY: Final = "[]"
_TEXT: Final = '"pg_catalog"."text"'
_SEPARATOR: Final = "\x01"  # no text that somebody has written has it; one that does travels as an item of an array
_SEPARATOR_IN_SQL: Final = r"E'\x01'"
_DATATYPE_MISMATCH: Final = "42804"  # SQLSTATE; the server looks at the types before it stores anything

_MOST_ROWS: Final = 1000
"""Rows of one statement: the event loop waits while their values are encoded, some microseconds for each row."""

_MOST_BYTES: Final = 64 * 1024 * 1024
"""Values of one statement, roughly; PostgreSQL takes up to a gigabyte."""

Column = Sequence[object]
"""The values of one column, row by row."""

Part = tuple["Insert", int, Sequence[Column]]
"""Rows of one shape that follow each other: how many they are, and the columns of their parameters."""


class _Shared(list[object]):
    """A column whose rows all have one value, such as the instant of the call."""

    __slots__ = ()


Source = Callable[[Run, int], Column]
"""Makes a column of so many rows, in a run whose params and slots are columns too."""


@dataclass(slots=True)
class Insert:
    """An INSERT of any number of rows: its text around the rows, the text of a row, and how to get the columns."""

    head: str
    row: tuple[str, ...]  # the pieces between the values
    tail: str
    bindings: tuple[tuple[int, Source], ...]  # what the interpreter makes for each row, such as its id
    sources: tuple[Source, ...]
    slots: int
    types: Sequence[str | None] | None = None  # of the values, once a server has been asked

    @property
    def most_rows(self) -> int:
        """How many rows one statement may have."""
        return min(_MOST_ROWS, BIND_LIMIT // len(self.sources)) if self.sources else 1

    def columns(self, run: Run, rows: int, params: Sequence[Column]) -> list[Column]:
        """Return the columns of so many rows, from those of their parameters."""
        run.params = params
        for slot, make in self.bindings:
            run.slots[slot] = make(run, rows)
        return [make(run, rows) for make in self.sources]

    def one_by_one(self, columns: Sequence[Column], rows: int) -> Statement:
        """Write every row's values out."""
        if not columns:  # DEFAULT VALUES
            return Statement(self.head, [])
        numbers = count(1)
        texts = (self._row(f"${next(numbers)}" for _ in columns) for _ in range(rows))
        sql = f"{self.head}VALUES {', '.join(f'({text})' for text in texts)}{self.tail}"
        return Statement(sql, list(chain.from_iterable(zip(*columns, strict=True))))

    def as_arrays(self, columns: Sequence[Column], types: Sequence[str | None]) -> Statement | None:
        """Give each column as one array, or its texts as one, and one value for all rows as it is.

        None where no array can carry them.
        """
        values: list[str] = []
        arrays: list[str] = []
        args: list[object] = []
        texts = _joined_texts(columns, types)
        for number, (column, type_) in enumerate(zip(columns, types, strict=True), 1):
            shared = isinstance(column, _Shared)
            if type_ is None or (type_.endswith(_ARRAY) and not shared):
                return None
            values.append(f"${number}::{type_}" if shared else f"u.c{len(arrays)}")
            if shared:
                args.append(column[0])
            elif number in texts:
                arrays.append(f"string_to_array(${number}::{type_}, {_SEPARATOR_IN_SQL})")
                args.append(texts[number])
            else:
                arrays.append(f"${number}::{type_}{_ARRAY}")
                args.append(column)
        if not arrays:
            return None
        names = ", ".join(f"c{number}" for number in range(len(arrays)))
        rows = f"SELECT {self._row(values)} FROM unnest({', '.join(arrays)}) AS u({names})"  # noqa: S608  # of the plan
        return Statement(self.head + rows + self.tail, args)

    def _row(self, values: Iterable[str]) -> str:
        first, *rest = self.row
        return first + "".join(f"{value}{piece}" for value, piece in zip(values, rest, strict=True))


def _joined_texts(columns: Sequence[Column], types: Sequence[str | None]) -> dict[int, str]:
    """The columns of texts by their number, each as one text: half of the driver's work on an array of them.

    All of them or none, so that there are two statements for an insert and no more.
    """
    texts: dict[int, str] = {}
    for number, (column, type_) in enumerate(zip(columns, types, strict=True), 1):
        if type_ == _TEXT and not isinstance(column, _Shared):
            if set(map(type, column)) != {str}:
                return {}
            texts[number] = _SEPARATOR.join(cast("Sequence[str]", column))
            if texts[number].count(_SEPARATOR) >= len(column):
                return {}
    return texts


def build_insert(plan: Node) -> Insert:
    """Make an insert of many rows from the plan of a `createMany` of one row.

    Errors: PlanError when the plan is of another kind.
    """
    scope = Scope()
    node = plan["args"]["expr"]
    bindings = []
    while node["type"] == "let":
        for binding in node["args"]["bindings"]:
            make = _source(_expect(binding["expr"], "value"), scope)
            bindings.append((scope.bind(binding["name"]), make))
        node = node["args"]["expr"]
    query: TemplateSql = _expect(node, "execute")
    head, row, tail = _pieces(query["fragments"])
    sources = tuple(_source(arg, scope) for arg in query["args"])
    return Insert(head, row, tail, tuple(bindings), sources, scope.layout.slots)


def _expect(node: Node, kind: str) -> Any:
    if node["type"] != kind:
        raise PlanError(f"a createMany of one row has the node {node['type']!r} where {kind!r} belongs")
    return node["args"]


def _source(value: Any, scope: Scope) -> Source:
    """Tell how to make the column of an argument: what a getter reads in a run of columns, or for each of the rows."""
    if isinstance(value, list) and not is_constant(value):
        raise PlanError("a createMany of one row has a list of placeholders, where one placeholder is a list")
    read = getter(value, scope)
    if is_constant(value) or value["prisma__value"]["name"] == "now":
        return lambda run, rows: _Shared(repeat(read(run), rows))
    if value["prisma__type"] == "param":
        return lambda run, _rows: cast("Column", read(run))
    spec = value["prisma__value"]
    several = SEVERAL.get((spec["name"], *spec["args"])) if is_constant(spec["args"]) else None
    if several is not None:
        return lambda _run, rows: several(rows)
    return lambda run, rows: [read(run) for _ in range(rows)]


def _pieces(fragments: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...], str]:
    """Split the template around its row: `INSERT …`, the texts around the row's values, and what follows."""
    texts = [""]
    for fragment in fragments:
        if fragment["type"] == "stringChunk":
            texts[-1] += fragment["chunk"]
        else:
            texts.append("")
    # A plan has no node for a row: it is what follows the last `VALUES (` before the first value. Table and columns are
    # named before that; between it and the value is at most `CAST(`, whose type, a name of the schema, comes after.
    head, values, texts[0] = texts[0].rpartition(_VALUES)
    if not values:  # DEFAULT VALUES: a row without a value
        return texts[0], ("",), ""
    tail = _SKIP_DUPLICATES if texts[-1].endswith(_SKIP_DUPLICATES) else ""
    texts[-1] = texts[-1].removesuffix(tail).removesuffix(")")
    return head, tuple(texts), tail


async def insert_all(parts: Sequence[Part], connection: Connection) -> dict[str, int]:
    """Insert the rows of each part in their order, all of them or none, and count those that were stored."""
    run = Run(connection, (), max((insert.slots for insert, _, _ in parts), default=0))  # one, so all see one instant
    statements = list(_statements(parts))

    async def insert() -> dict[str, int]:
        return {"count": sum([await _insert(statement, run) for statement in statements])}

    return await (in_one_transaction(connection, insert) if len(statements) > 1 else insert())


def _statements(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Cut and join the parts into what one statement takes: rows that go into the same columns, within the limits."""
    statement: list[Part] = []
    room = 0
    for insert, rows, params in parts:
        start = 0
        cost = 1 + insert.most_rows * _size(params) // (rows * _MOST_BYTES)  # more than 1 for very large rows
        while start < rows:
            if statement and (room < cost or not _same_text(statement[0][0], insert)):
                yield statement
                statement = []
            if not statement:
                room = insert.most_rows
            end = min(rows, start + max(1, room // cost))
            statement.append((insert, end - start, [column[start:end] for column in params]))
            room -= cost * (end - start)
            start = end
    if statement:
        yield statement


def _size(columns: Sequence[Column]) -> int:
    return sum(map(getsizeof, chain.from_iterable(columns)))


def _same_text(one: Insert, other: Insert) -> bool:
    return (one.head, one.row, one.tail) == (other.head, other.row, other.tail)


async def _insert(parts: Sequence[Part], run: Run) -> int:
    insert = parts[0][0]
    rows = sum(rows for _, rows, _ in parts)
    pieces = [insert.columns(run, rows, params) for insert, rows, params in parts]
    columns = [_joined(of_one) for of_one in zip(*pieces, strict=True)]
    kept = insert.types
    try:
        arrays = insert.as_arrays(columns, await _types(insert, run.connection)) if rows > 1 else None
        statement = arrays or insert.one_by_one(columns, rows)
        return await run.connection.execute(statement.sql, statement.args)
    except UserFacingError as error:
        insert.types = None  # perhaps the table has changed
        if not _is_wrong_type(error) or (kept is None and run.connection.in_transaction):
            raise
        if run.connection.in_transaction:
            raise SchemaChangedError from error
    return await in_one_transaction(run.connection, lambda: _insert(parts, run))


def _is_wrong_type(error: UserFacingError) -> bool:
    report = error.meta.get("driverAdapterError")
    return isinstance(report, dict) and report["cause"]["originalCode"] == _DATATYPE_MISMATCH


def _joined(pieces: Sequence[Column]) -> Column:
    if len(pieces) == 1:
        return pieces[0]
    shared = all(isinstance(piece, _Shared) and piece[0] is pieces[0][0] for piece in pieces)
    return (_Shared if shared else list)(chain.from_iterable(pieces))


async def _types(insert: Insert, connection: Connection) -> Sequence[str | None]:
    types = insert.types
    if types is None:
        one = insert.one_by_one([[None]] * len(insert.sources), 1)
        types = insert.types = await connection.parameter_types(one.sql)
    return types
