"""Stand-ins for a database that are real classes: they replay what a database once answered."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from prisma_engine.ports import Column, Found, RawResult, RawTypes, Record, Rows

__all__ = ["ScriptedConnection", "as_prisma_sends"]

_PLACE = re.compile(
    r"(?P<operator> = ANY| <> ALL)\(\$(?P<array>\d+)\)|\$(?P<single>\d+)|(?P<clause> LIMIT | OFFSET )(?P<constant>\d+)"
)
_TRANSACTION = frozenset({"BEGIN", "COMMIT", "ROLLBACK"})
_IN = {" = ANY": " IN ", " <> ALL": " NOT IN "}


def as_prisma_sends(sql: str, args: Sequence[Any]) -> tuple[str, list[Any]]:
    """Rewrite a statement as Prisma's runtime would send it: a placeholder for each item and number."""
    values: list[Any] = []

    def place(found: re.Match[str]) -> str:
        first = len(values) + 1
        if found["single"]:
            values.append(args[int(found["single"]) - 1])
            return f"${first}"
        if found["clause"]:
            values.append(found["constant"])
            return f"{found['clause']}${first}"
        values.extend(args[int(found["array"]) - 1])
        return _IN[found["operator"]] + f"({','.join(f'${n}' for n in range(first, len(values) + 1)) or 'NULL'})"

    return _PLACE.sub(place, sql), values


def _cell(value: Any) -> Any:
    return base64.b64decode(value["$bytes"]) if isinstance(value, dict) and "$bytes" in value else value


class ScriptedConnection:
    """A `ports.Connection` that answers from a recorded trace, each entry once.

    A statement gets the first unused entry with the same text. `sent` holds statements as they came, `log` the text
    of everything that happened and `log_args` its values, both in the trace's form. `types` are those of raw results
    or of a statement's parameters.
    """

    def __init__(
        self,
        trace: Sequence[Mapping[str, Any]] = (),
        *,
        in_transaction: bool = False,
        types: Sequence[str] = (),
    ) -> None:
        self._unused = [entry for entry in trace if entry["sql"] not in _TRANSACTION]
        self._in_transaction = in_transaction
        self._types = list(types)
        self.sent: list[tuple[str, list[Any]]] = []
        self.log: list[str] = []
        self.log_args: list[list[Any]] = []

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._in_transaction

    async def query(self, sql: str, args: Sequence[object]) -> list[Record]:
        """Answer with the recorded rows."""
        entry = self._answer(sql, args)
        return [
            {name: _cell(value) for name, value in zip(entry["columns"], row, strict=True)} for row in entry["rows"]
        ]

    async def find(self, sql: str, args: Sequence[object]) -> Found:
        """Answer with the recorded rows."""
        return Found(await self.query(sql, args), {}, lambda: list)

    async def execute(self, sql: str, args: Sequence[object]) -> int:
        """Answer with the recorded count."""
        return int(self._answer(sql, args)["affected"])

    async def parameter_types(self, sql: str) -> list[str | None]:
        """Answer with the types that the test gave."""
        self._note(sql, [])
        return [*self._types]

    async def columns(self, sql: str) -> list[Column]:
        """Refuse to tell: what recorded plans are run for is the way step by step."""
        raise AssertionError(f"nothing is recorded of the columns of: {sql}")

    async def parts(self, sql: str, args: Sequence[object], parts: Sequence[Sequence[Column]]) -> list[Rows]:
        """Refuse, as `columns`."""
        raise AssertionError(f"nothing is recorded of the {len(parts)} parts of: {sql} {args}")

    async def query_raw(self, sql: str, args: Sequence[object], types: RawTypes = ()) -> RawResult:  # noqa: ARG002  # recorded plans have none
        """Answer with the recorded rows and the types that the test gave."""
        entry = self._answer(sql, args)
        return RawResult(columns=entry["columns"], types=self._types, rows=entry["rows"])

    async def execute_raw(self, sql: str, args: Sequence[object], types: RawTypes = ()) -> int:  # noqa: ARG002  # likewise
        """Answer with the recorded count."""
        return int(self._answer(sql, args)["affected"])

    def transaction(self, isolation: str | None = None) -> AbstractAsyncContextManager[None]:
        """Log the transaction's begin and end."""
        return self._transaction(isolation)

    def terminate(self) -> None:
        """Log that the connection was cut."""
        self._note("TERMINATE", [])

    @asynccontextmanager
    async def _transaction(self, isolation: str | None) -> AsyncIterator[None]:
        assert not self._in_transaction, "a transaction is open already"
        assert isolation is None, "plans name no isolation level"
        self._in_transaction = True
        self._note("BEGIN", [])
        try:
            yield
        except BaseException:
            self._note("ROLLBACK", [])
            raise
        else:
            self._note("COMMIT", [])
        finally:
            self._in_transaction = False

    def _note(self, sql: str, args: Sequence[Any]) -> None:
        self.log.append(sql)
        self.log_args.append(list(args))

    def _answer(self, sql: str, args: Sequence[Any]) -> Mapping[str, Any]:
        self.sent.append((sql, list(args)))
        recorded_sql, recorded_args = as_prisma_sends(sql, args)
        self._note(recorded_sql, recorded_args)
        for index, entry in enumerate(self._unused):
            if entry["sql"] == recorded_sql:
                return self._unused.pop(index)
        raise AssertionError(f"the trace has no answer left for: {recorded_sql}")
