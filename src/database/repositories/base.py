"""What the repositories share: a client that connects itself, and a replica that may serve reads."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from prisma import Prisma
from prisma.errors import ForeignKeyViolationError, UniqueViolationError

from database.client import connected, shared_client
from database.errors import IdTakenError
from database.recent_writes import RecentWrites
from prisma_engine.namespace import Table

__all__ = ["Repository", "all_or_none", "is_id_taken", "is_reference"]

_LONGEST: Final = timedelta(minutes=5)
"""Of a transaction that is one call: it depends on how much is stored, and ends by itself."""


class Repository:
    """Works on the given client, or on the shared one of the process.

    With a replica's client, reads go there, except of the sessions in `writes`, to which each write adds its own.
    Errors: TypeError for an id that is not a str.
    """

    def __init__(
        self, client: Prisma | None = None, *, replica: Prisma | None = None, writes: RecentWrites | None = None
    ) -> None:
        self._client = client
        self._replica = replica
        self._writes = writes

    async def _connected(self, *ids: object) -> Prisma:
        _check(ids)
        return await connected(self._client or shared_client())

    async def _for_reading(self, *session_ids: str) -> Prisma:
        _check(session_ids)
        was_written = self._writes is not None and any(session_id in self._writes for session_id in session_ids)
        return await connected(self._replica) if self._replica and not was_written else await self._connected()

    def _wrote(self, session_id: str) -> None:
        if self._writes is not None:
            self._writes.add(session_id)


@asynccontextmanager
async def all_or_none(client: Prisma) -> AsyncIterator[Prisma]:
    """Make a block one transaction: the one that the client is in, or one of its own."""
    if client.is_transaction():
        yield client
    else:
        async with client.tx(timeout=_LONGEST) as tx:
            yield tx


def is_id_taken(error: UniqueViolationError, table: Table, *more: str) -> bool:
    """Whether it is the id that is taken, and not a unique column of the project's own.

    `more` is what a key may have beside the id; the database decides: a client may be older or newer than its tables.
    """
    key = [table.columns[name] for name in ("id", *more)]
    return not isinstance(error, IdTakenError) and error.meta.get("target") in (key[:1], key)


def is_reference(error: ForeignKeyViolationError, table: Table, field: str) -> bool:
    """Whether it is this field that refers to nothing, by the name that Prisma gives its constraint."""
    return f"_{table.columns[field]}_fkey" in str(error.meta.get("field_name"))


def _check(ids: Iterable[object]) -> None:
    for value in ids:  # a dict would be a filter, and any row might fit it
        if not isinstance(value, str):
            raise TypeError(f"An id is a str, not {type(value).__name__}.")
