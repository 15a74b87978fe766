"""One builder for each kind of plan node: it makes the step that runs the node."""

from __future__ import annotations

import operator
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from prisma_engine.errors import PlanError
from prisma_engine.interpreter import records
from prisma_engine.interpreter.data_map import Shape, data_map, exact_types
from prisma_engine.interpreter.one_trip import in_one_trip
from prisma_engine.interpreter.records import Link, Operations, Page
from prisma_engine.interpreter.render import Bind, Fixed, Statement, Varying, prepare_raw, prepare_template
from prisma_engine.interpreter.scope import Getter, Run, Scope, getter
from prisma_engine.interpreter.validation import check, violation
from prisma_engine.plan import Node
from prisma_engine.ports import Connection, Found, Record, Rows, in_one_transaction
from prisma_engine.slices import in_slices

__all__ = ["BUILDERS", "QUERY", "Find", "Single", "Step", "build_step", "shaped"]

Step = Callable[[Run], Awaitable[Any]]
"""Runs one node."""

_Value = TypeVar("_Value")

Builder = Callable[[Any, Scope], Step]
Send = Callable[[Connection, str, Sequence[object]], Awaitable[Any]]


_NO_RUN: Final[Any] = None
"""For getters of what is the same in each run."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """The step that only looks at the state of its run."""

    read: Getter

    async def __call__(self, run: Run) -> Any:
        return self.read(run)


@dataclass(frozen=True, slots=True)
class Single:
    """The step of one statement and of what is made of its answer at once: no step waits for another."""

    send: Send
    sql: str
    bind: Bind
    finish: Callable[[Any, Run], Any]
    shape: Shape | None = None  # the result's, in slices if it is a list

    async def __call__(self, run: Run) -> Any:
        """Run it."""
        value = self.finish(await self.send(run.connection, self.sql, self.bind(run)), run)
        return value if self.shape is None else await shaped(self.shape, value)


def build_step(node: Node, scope: Scope) -> Step:
    """Build the step of a node and of all nodes below it. Errors: PlanError for what this build does not know."""
    builder = BUILDERS.get(node["type"])
    if builder is None:
        raise PlanError(f"the plan has the unknown node {node['type']!r}")
    return builder(node.get("args"), scope)


def _apply(function: Callable[[Any], object], expr: Step) -> Step:
    """The step whose value is the function of another step's value."""
    if isinstance(expr, _Reading):
        read = expr.read
        return _Reading(lambda run: function(read(run)))
    if isinstance(expr, Single) and expr.shape is None:
        first = expr.finish
        return replace(expr, finish=lambda answer, run: function(first(answer, run)))

    async def step(run: Run) -> object:
        return function(await expr(run))

    return step


def _applying(function: Callable[[Any], object]) -> Builder:
    return lambda args, scope: _apply(function, build_step(args, scope))


def _gathering(function: Callable[[list[Any]], object]) -> Builder:
    """Build a node that combines the values of its parts."""

    def build(args: Sequence[Node], scope: Scope) -> Step:
        parts = [build_step(part, scope) for part in args]
        reads = [part.read for part in parts if isinstance(part, _Reading)]
        if len(reads) == len(parts):
            return _Reading(lambda run: function([read(run) for read in reads]))

        async def step(run: Run) -> object:
            return function([await part(run) for part in parts])  # in order: a connection runs one at a time

        return step

    return build


def _last(values: list[Any]) -> object:
    return values[-1] if values else None


def _value(args: Any, scope: Scope) -> Step:
    return _Reading(getter(args, scope))


def _get(args: Any, scope: Scope) -> Step:
    return _Reading(scope.find(args["name"]) or _nothing)


def _nothing(_run: Run) -> None:
    return None


def _get_first_non_empty(args: Any, scope: Scope) -> Step:
    reads = [read for read in map(scope.find, args["names"]) if read is not None]

    def first(run: Run) -> object:
        return next((value for value in (read(run) for read in reads) if value is not None and value != []), [])

    return _Reading(first)


def _unit(_args: Any, _scope: Scope) -> Step:
    return _Reading(_nothing)


def _let(args: Any, scope: Scope) -> Step:
    inner = scope.nested()
    bindings: list[tuple[int, Step]] = []
    for binding in args["bindings"]:
        expr = build_step(binding["expr"], inner)  # before its name is bound: here the name means the outer value
        bindings.append((inner.bind(binding["name"]), expr))
    body = build_step(args["expr"], inner)
    short = _short_let(bindings, body)
    if short is not None:
        return short

    async def step(run: Run) -> object:
        for slot, expr in bindings:
            run.slots[slot] = await expr(run)
        return await body(run)

    return (scope.asked and in_one_trip(args, scope, step)) or step


def _short_let(bindings: Sequence[tuple[int, Step]], body: Step) -> Step | None:
    """A `let` that is one statement, or none: it is bound to a name, or it is what the names are for."""
    reads = [(slot, expr.read) for slot, expr in bindings if isinstance(expr, _Reading)]
    if len(reads) == len(bindings) and isinstance(body, Single):
        return replace(body, bind=_binding(reads, body.bind))
    if len(reads) == len(bindings) and isinstance(body, _Reading):
        return _Reading(_binding(reads, body.read))
    if len(bindings) == 1 and isinstance(body, _Reading):
        ((slot, expr),) = bindings
        if isinstance(expr, Single) and expr.shape is None:
            return replace(expr, finish=_keeping(slot, expr.finish, body.read))
    return None


def _binding(reads: Sequence[tuple[int, Getter]], read_body: Callable[[Run], _Value]) -> Callable[[Run], _Value]:
    """Give a run the values of some names before that is read which they are for."""

    def bound(run: Run) -> _Value:
        for slot, read in reads:
            run.slots[slot] = read(run)
        return read_body(run)

    return bound


def _keeping(slot: int, finish: Callable[[Any, Run], Any], read_body: Getter) -> Callable[[Any, Run], Any]:
    """Give a run what is made of an answer under a name, and read what the name is for."""

    def kept(answer: object, run: Run) -> object:
        run.slots[slot] = finish(answer, run)
        return read_body(run)

    return kept


def _query(connection: Connection, sql: str, args: Sequence[object]) -> Awaitable[list[Record]]:
    return connection.query(sql, args)


QUERY: Final[Send] = _query
"""How a statement of the plan's own is sent whose rows are wanted."""


@dataclass(frozen=True, slots=True)
class Find:
    """How a statement is sent whose rows are results as they are, if its columns are of these types."""

    types: Mapping[str, type]

    async def __call__(self, connection: Connection, sql: str, args: Sequence[object]) -> Found | Rows:
        """Send it; rows of other types are made, slice by slice."""
        found = await connection.find(sql, args)
        if found.types == self.types:
            return found
        return Rows(await in_slices(found.reader(), found.records), found.types)


_SEND_TEMPLATE: Final[Mapping[str, Send]] = {
    "query": QUERY,
    "execute": lambda connection, sql, args: connection.execute(sql, args),
}
_SEND_RAW: Final[Mapping[str, Send]] = {
    "query": lambda connection, sql, args: connection.query_raw(sql, args),
    "execute": lambda connection, sql, args: connection.execute_raw(sql, args),
}


def _database(kind: str, combine: Callable[[list[Any]], object]) -> Builder:
    """Build a node that sends statements; `combine` makes one value of the answers to several."""

    def build(args: Any, scope: Scope) -> Step:
        if args["type"] == "rawSql":
            return _single(prepare_raw(args, scope), _SEND_RAW[kind])
        if args["type"] != "templateSql":
            raise PlanError(f"the plan has a database query of the unknown type {args['type']!r}")
        prepared = prepare_template(args, scope)
        send = _SEND_TEMPLATE[kind]
        return _single(prepared, send) if isinstance(prepared, Fixed) else _several(prepared, send, combine)

    return build


def _single(fixed: Fixed, send: Send) -> Step:
    return Single(send, fixed.sql, fixed.bind, _unchanged)


def _unchanged(answer: object, _run: Run) -> object:
    return answer


def _first(rows: object, _run: Run) -> object:
    return records.unique(rows)


def _unique(args: Any, scope: Scope) -> Step:
    expr = build_step(args, scope)
    if isinstance(expr, Single) and expr.finish is _unchanged:
        return replace(expr, finish=_first)
    return _apply(records.unique, expr)


def _several(varying: Varying, send: Send, combine: Callable[[list[Any]], object]) -> Step:
    async def all_of(connection: Connection, statements: list[Statement]) -> object:
        return combine([await send(connection, statement.sql, statement.args) for statement in statements])

    async def step(run: Run) -> object:
        statements = varying.statements(run)
        if len(statements) == 1:
            return await all_of(run.connection, statements)
        return await in_one_transaction(run.connection, lambda: all_of(run.connection, statements))

    return step


def _transaction(args: Node, scope: Scope) -> Step:
    body = build_step(args, scope)

    return lambda run: in_one_transaction(run.connection, lambda: body(run))


def _map_field(args: Any, scope: Scope) -> Step:
    column = args["field"]
    return _apply(lambda value: records.map_field(column, value), build_step(args["records"], scope))


def _join(args: Any, scope: Scope) -> Step:
    parent = build_step(args["parent"], scope)
    children = [(build_step(child["child"], scope), Link.of(child)) for child in args["children"]]

    async def step(run: Run) -> object:
        parents = await parent(run)
        if parents is None:
            return None
        for child, link in children:
            records.attach(parents, await child(run), link)
        return parents

    return step


def _diff(args: Any, scope: Scope) -> Step:
    source, known = build_step(args["from"], scope), build_step(args["to"], scope)
    columns = args["fields"]

    async def step(run: Run) -> object:
        return records.diff(await source(run), await known(run), columns)

    return step


def _validate(args: Any, scope: Scope) -> Step:
    expr = build_step(args["expr"], scope)
    checks = [check(rule) for rule in args["rules"]]
    error = violation(args["errorIdentifier"], args["context"])

    def checked(value: object) -> object:
        if not all(holds(value) for holds in checks):
            raise error(value)
        return value

    return _apply(checked, expr)


def _if(args: Any, scope: Scope) -> Step:
    value, holds = build_step(args["value"], scope), check(args["rule"])
    then, otherwise = build_step(args["then"], scope), build_step(args["else"], scope)

    async def step(run: Run) -> object:
        return await (then if holds(await value(run)) else otherwise)(run)

    return step


def _process(args: Any, scope: Scope) -> Step:
    expr = build_step(args["expr"], scope)
    operations = _operations(args["operations"], scope)
    if not _has_cursor(args["operations"]):
        fixed = operations(_NO_RUN)
        return _apply(lambda value: records.process(value, fixed), expr)

    async def step(run: Run) -> object:
        return records.process(await expr(run), operations(run))

    return step


def _has_cursor(spec: Any) -> bool:
    page = spec["pagination"]
    return (page is not None and page["cursor"] is not None) or any(map(_has_cursor, spec["nested"].values()))


def _operations(spec: Any, scope: Scope) -> Callable[[Run], Operations]:
    page = _page(spec["pagination"], scope)
    nested = {column: _operations(inner, scope) for column, inner in spec["nested"].items()}
    return lambda run: Operations(
        distinct=spec["distinct"],
        page=page(run),
        reverse=spec["reverse"],
        linking=spec["linkingFields"] or (),
        nested={column: inner(run) for column, inner in nested.items()},
    )


def _page(spec: Any, scope: Scope) -> Callable[[Run], Page | None]:
    if spec is None:
        return _nothing
    cursor = _cursor(spec["cursor"], scope)
    return lambda run: Page(cursor=cursor(run), skip=spec["skip"] or 0, take=spec["take"])


def _cursor(spec: Any, scope: Scope) -> Callable[[Run], dict[str, object] | None]:
    if spec is None:
        return _nothing
    reads = {column: getter(value, scope) for column, value in spec.items()}
    return lambda run: {column: read(run) for column, read in reads.items()}


def _data_map(args: Any, scope: Scope) -> Step:
    expr, shape = build_step(args["expr"], scope), data_map(args)
    if isinstance(expr, Single):
        if expr.finish is _first:
            # rows that are results already are seen at once, and a record is not
            return replace(expr, finish=lambda rows, _run: records.unique(shape(rows)))
        types = exact_types(args) if scope.unmade and expr.send is QUERY and expr.finish is _unchanged else None
        if types is not None:
            return replace(expr, send=Find(types), shape=lambda rows: rows if isinstance(rows, Found) else shape(rows))
        return replace(expr, shape=shape)

    async def step(run: Run) -> object:
        return await shaped(shape, await expr(run))

    return step


async def shaped(shape: Shape, value: object) -> object:
    """Give a value its shape, and a list in slices."""
    return await in_slices(shape, value) if isinstance(value, list) else shape(value)


def _initialize_record(args: Any, scope: Scope) -> Step:
    expr = build_step(args["expr"], scope)
    reads = {name: _initial_value(spec, scope) for name, spec in args["fields"].items()}

    async def step(run: Run) -> object:
        await expr(run)
        return {name: read(run) for name, read in reads.items()}

    return step


def _initial_value(spec: Any, scope: Scope) -> Getter:
    if spec["type"] != "value":
        raise PlanError(f"PostgreSQL gives no value of the kind {spec['type']!r} for a new record")
    return getter(spec["value"], scope)


def _divide(left: Any, right: Any) -> object:
    return None if right == 0 else left / right


_ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], object]]] = {
    "set": lambda _left, right: right,
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _divide,
}


def _map_record(args: Any, scope: Scope) -> Step:
    expr = build_step(args["expr"], scope)
    changes = [(name, _change(spec), getter(spec["value"], scope)) for name, spec in args["fields"].items()]

    async def step(run: Run) -> object:
        record: Record = dict(await expr(run) or {})
        for name, change, read in changes:
            record[name] = change(record.get(name), read(run))
        return record

    return step


def _change(spec: Any) -> Callable[[Any, Any], object]:
    if spec["type"] not in _ARITHMETIC:
        raise PlanError(f"the plan changes a record by the unknown operation {spec['type']!r}")
    return _ARITHMETIC[spec["type"]]


BUILDERS: Final[Mapping[str, Builder]] = {
    "value": _value,
    "get": _get,
    "getFirstNonEmpty": _get_first_non_empty,
    "unit": _unit,
    "seq": _gathering(_last),
    "let": _let,
    "query": _database("query", records.concat),
    "execute": _database("execute", sum),
    "transaction": _transaction,
    "concat": _gathering(records.concat),
    "sum": _gathering(sum),
    "reverse": _applying(records.reverse),
    "unique": _unique,
    "required": _applying(records.required),
    "mapField": _map_field,
    "join": _join,
    "diff": _diff,
    "validate": _validate,
    "if": _if,
    "process": _process,
    "dataMap": _data_map,
    "initializeRecord": _initialize_record,
    "mapRecord": _map_record,
}
"""The builder of every node kind in `plan.NODE_TYPES`."""
