"""Many rows by the plan of one: the statement of a one-row `createMany`, repeated for every row that is given.

The compiler would take a second for a thousand rows; one row takes it a few milliseconds, however many follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from prisma_engine.errors import PlanError
from prisma_engine.interpreter.render import BIND_LIMIT, Statement
from prisma_engine.interpreter.scope import Getter, Run, Scope, getter
from prisma_engine.plan import Node, TemplateSql
from prisma_engine.ports import Connection, in_one_transaction

__all__ = ["Insert", "build_insert", "insert_all"]

_VALUES: Final = "VALUES ("
_SKIP_DUPLICATES: Final = " ON CONFLICT DO NOTHING"

Rows = Sequence[Sequence[object]]
"""The parameters of each row."""


@dataclass(frozen=True, slots=True)
class Insert:
    """An INSERT of any number of rows: its text around the rows, the text of a row, and how to get a row's values."""

    head: str
    row: tuple[str, ...]  # the pieces between the values
    tail: str
    bindings: tuple[tuple[int, Getter], ...]  # what the interpreter makes for each row, such as its id
    values: tuple[Getter, ...]
    slots: int

    def statements(self, connection: Connection, rows: Rows) -> list[Statement]:
        """Write the statements for these rows, each within the limit of bind values."""
        run = Run(connection, (), self.slots)  # one run, so that all rows see one instant
        values = [self._row_values(run, params) for params in rows]
        size = BIND_LIMIT // len(self.values) if self.values else 1
        return [self._statement(values[start : start + size]) for start in range(0, len(values), size)]

    def _row_values(self, run: Run, params: Sequence[object]) -> list[object]:
        run.params = params
        for slot, read in self.bindings:
            run.slots[slot] = read(run)
        return [read(run) for read in self.values]

    def _statement(self, rows: list[list[object]]) -> Statement:
        numbers = iter(range(1, len(rows) * len(self.values) + 1))
        texts = (self._row_text(islice(numbers, len(self.values))) for _ in rows)
        return Statement(self.head + ", ".join(texts) + self.tail, list(chain.from_iterable(rows)))

    def _row_text(self, numbers: Iterable[int]) -> str:
        first, *rest = self.row
        return first + "".join(f"${number}{piece}" for number, piece in zip(numbers, rest, strict=True))


def build_insert(plan: Node) -> Insert:
    """Make an insert of many rows from the plan of a `createMany` of one row.

    Errors: PlanError when the plan is of another kind.
    """
    scope = Scope()
    node = plan["args"]["expr"]
    bindings = []
    while node["type"] == "let":
        for binding in node["args"]["bindings"]:
            read = getter(_expect(binding["expr"], "value"), scope)
            bindings.append((scope.bind(binding["name"]), read))
        node = node["args"]["expr"]
    query: TemplateSql = _expect(node, "execute")
    head, row, tail = _pieces(query["fragments"])
    values = tuple(getter(arg, scope) for arg in query["args"])
    return Insert(head, row, tail, tuple(bindings), values, scope.layout.slots)


def _expect(node: Node, kind: str) -> Any:
    if node["type"] != kind:
        raise PlanError(f"a createMany of one row has the node {node['type']!r} where {kind!r} belongs")
    return node["args"]


def _pieces(fragments: Sequence[Mapping[str, Any]]) -> tuple[str, tuple[str, ...], str]:
    """Split the template around its row: `INSERT … VALUES `, the texts between the row's values, and what follows."""
    texts = [""]
    for fragment in fragments:
        if fragment["type"] == "stringChunk":
            texts[-1] += fragment["chunk"]
        else:
            texts.append("")
    head, values, opening = texts[0].rpartition(_VALUES)
    if not values:  # DEFAULT VALUES: a row without a value
        return texts[0], ("",), ""
    texts[0] = f"({opening}"
    tail = _SKIP_DUPLICATES if texts[-1].endswith(_SKIP_DUPLICATES) else ""
    texts[-1] = texts[-1].removesuffix(tail)
    return head + "VALUES ", tuple(texts), tail


async def insert_all(inserts: Sequence[tuple[Insert, Rows]], connection: Connection) -> dict[str, int]:
    """Insert the rows of each insert, all of them or none, and count those that were stored."""
    statements = [statement for insert, rows in inserts for statement in insert.statements(connection, rows)]
    if len(statements) <= 1:
        return {"count": await _execute(statements, connection)}
    async with in_one_transaction(connection):
        return {"count": await _execute(statements, connection)}


async def _execute(statements: Sequence[Statement], connection: Connection) -> int:
    return sum([await connection.execute(statement.sql, statement.args) for statement in statements])
