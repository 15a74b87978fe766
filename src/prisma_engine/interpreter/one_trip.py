"""A record by its key and what belongs to it, in one statement instead of one for each relation.

A plan reads the record first, takes the key of its relations out of it, and asks for each of them by that. Where the
call names that key itself, nothing has to be waited for: the statements of the plan, as they are, become the parts of
one `UNION ALL`, whose rows begin with the number of their part and are padded with nulls.

The key of the record that comes back is compared with the one that was asked for. Where they differ (`citext`, blanks
of `char(n)`, a collation that takes different texts for equal), and in a transaction, which a statement that fails
would end, the plan runs step by step. So it does for good where a column has no type to write a null of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from prisma_engine.errors import UserFacingError
from prisma_engine.interpreter import records
from prisma_engine.interpreter.records import Link
from prisma_engine.interpreter.render import Fixed, prepare_template
from prisma_engine.interpreter.scope import Getter, Run, Scope
from prisma_engine.ports import Column, Connection, Rows

__all__ = ["in_one_trip"]

_NEXT: Final = "@part"  # as the plan's own names, it is nobody's column
_WRONG_STATEMENT: Final = "42"  # the class of SQLSTATE: the tables are not what they were

Step = Callable[[Run], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class _Key:
    """A column by which relations are read: where a run keeps its value, and what the call says of it."""

    column: str
    slot: int
    asked: Getter


@dataclass(frozen=True, slots=True)
class _Union:
    """One statement made of several, and the columns of each; no text where a column's nulls cannot be written."""

    sql: str
    parts: Sequence[Sequence[Column]]


def _union(texts: Sequence[str], parts: Sequence[Sequence[Column]]) -> _Union:
    if any(column.sql_type is None for part in parts for column in part):
        return _Union("", parts)
    nulls = [", ".join(f"NULL::{column.sql_type}" for column in part) for part in parts]

    def padded(number: int) -> str:
        return ", ".join([f"{number} AS part", *nulls[:number], "p.*", *nulls[number + 1 :]])

    selects = (f"SELECT {padded(number)} FROM ({text}) AS p" for number, text in enumerate(texts))  # noqa: S608  # the plan's
    return _Union(" UNION ALL ".join(selects), parts)


async def _columns(texts: Sequence[str], connection: Connection) -> list[list[Column]]:
    """The columns of each statement, asked for at once."""
    numbers = range(len(texts))
    names = ", ".join(f'NULL AS "{_NEXT}", p{number}.*' for number in numbers)
    tables = ", ".join(f"({text}) AS p{number}" for number, text in zip(numbers, texts, strict=True))
    parts: list[list[Column]] = []
    for column in await connection.columns(f"SELECT {names} FROM {tables}"):  # noqa: S608  # the plan's
        if column.name == _NEXT:
            parts.append([])
        else:
            parts[-1].append(column)
    return parts


class _OneTrip:
    """The step that reads a record and its relations."""

    __slots__ = ("_keys", "_links", "_missing", "_parts", "_step_by_step", "_union")

    def __init__(
        self, keys: Sequence[_Key], parts: Sequence[Fixed], links: Sequence[Link], missing: Step, step_by_step: Step
    ) -> None:
        self._keys = keys
        self._parts = parts
        self._links = links
        self._missing = missing
        self._step_by_step = step_by_step
        self._union: _Union | None = None

    async def __call__(self, run: Run) -> Any:
        """Run it."""
        parts = None if run.connection.in_transaction else await self._read(run)
        if parts is None:
            return await self._step_by_step(run)
        (found, *related) = parts
        if not found:
            return await self._missing(run)
        (record,) = found
        if any(record[key.column] != key.asked(run) for key in self._keys):
            return await self._step_by_step(run)
        for link, children in zip(self._links, related, strict=True):
            records.attach(record, children, link)
        return record

    async def _read(self, run: Run) -> list[Rows] | None:
        union = self._union or await self._prepare(run.connection)
        if not union.sql:
            return None
        for key in self._keys:
            run.slots[key.slot] = key.asked(run)
        arguments = list(chain.from_iterable(part.bind(run) for part in self._parts))
        try:
            return await run.connection.parts(union.sql, arguments, union.parts)
        except UserFacingError as error:
            if not _is_wrong_statement(error):
                raise
            self._union = None
            return None

    async def _prepare(self, connection: Connection) -> _Union:
        texts = [part.sql for part in self._parts]
        self._union = union = _union(texts, await _columns(texts, connection))
        return union


def _is_wrong_statement(error: UserFacingError) -> bool:
    report = error.meta.get("driverAdapterError")
    return isinstance(report, dict) and str(report["cause"].get("originalCode")).startswith(_WRONG_STATEMENT)


def in_one_trip(let: Any, scope: Scope, step_by_step: Step) -> Step | None:
    """Make the step for a `let` that reads a record and its relations, None for any other."""
    match let:
        case {
            "bindings": [{"name": name, "expr": {"type": "unique", "args": unique}}],
            "expr": {"type": "let", "args": {"bindings": bindings, "expr": {"type": "join", "args": join}}},
        } if join["parent"] == _get(name):
            inner = scope.nested()
            is_checked = unique["type"] == "validate"  # the rule is that there is a record
            record = unique["args"]["expr"] if is_checked else unique
            keys = _keys(bindings, name, inner)
            parts = keys and _parts([record, *(child["child"] for child in join["children"])], inner)
            if parts:
                missing = step_by_step if is_checked else _none
                return _OneTrip(keys, parts, [Link.of(child) for child in join["children"]], missing, step_by_step)
    return None


async def _none(_run: Run) -> None:
    return None


def _get(name: str) -> dict[str, object]:
    return {"type": "get", "args": {"name": name}}


def _keys(bindings: Sequence[Any], record: str, scope: Scope) -> list[_Key]:
    """The keys that are taken out of the record; none at all where the call does not say each of them."""
    keys = []
    for binding in bindings:
        match binding["expr"]:
            case {"type": "mapField", "args": {"field": column, "records": source}} if source == _get(record):
                asked = scope.find(scope.asked.get(column, ""))
            case _:
                asked = None
        if asked is None:
            return []
        keys.append(_Key(column, scope.bind(binding["name"]), asked))
    return keys


def _parts(nodes: Sequence[Any], scope: Scope) -> list[Fixed]:
    """The statements of these nodes, with the placeholders of all in one row; none where a node is of another kind."""
    parts: list[Fixed] = []
    for node in nodes:
        if node["type"] != "query" or node["args"]["type"] != "templateSql":
            return []
        part = prepare_template(node["args"], scope, first=1 + sum(part.size for part in parts))
        if not isinstance(part, Fixed):
            return []
        parts.append(part)
    return parts
