"""The session that migrations run in: how it begins, and how it begins again after each script."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from prisma_engine.admin.session import connected, quoted
from prisma_engine.migrate.errors import in_prismas_words, lock_timed_out
from prisma_engine.postgres.connection import PostgresConnection
from prisma_engine.postgres.url import Settings

__all__ = ["lock", "restore", "session"]

_LOCK: Final = "SELECT pg_advisory_lock(72707369)"  # Prisma's own number
_LOCK_PATIENCE: Final = 10.0  # seconds; Prisma's own
_NO_LOCK: Final = "PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK"
_RESTORE: Final = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL"


@asynccontextmanager
async def session(settings: Settings) -> AsyncIterator[PostgresConnection]:
    """A connection for the block, in the schema of the URL. Errors: UserFacingError."""
    async with connected(settings) as connection:
        with in_prismas_words():
            await connection.execute(_search_path(settings.schema), ())
        yield connection


async def lock(connection: PostgresConnection) -> None:
    """Keep other deployments out until the connection closes. Errors: P1002 when one is at work for ten seconds."""
    if os.environ.get(_NO_LOCK):
        return
    try:
        with in_prismas_words():
            await asyncio.wait_for(connection.execute(_LOCK, ()), _LOCK_PATIENCE)
    except asyncio.TimeoutError as error:
        raise lock_timed_out(_LOCK, _LOCK_PATIENCE) from error


async def restore(connection: PostgresConnection, schema: str) -> None:
    """Take a session back to how it began: the next script, and the notes on this one, find it as the first one did.

    Dumps empty the `search_path`; others change the role, forbid writes, or set a timeout. Errors: UserFacingError.
    """
    with in_prismas_words():
        if connection.in_transaction:
            await connection.execute("ROLLBACK", ())
        await connection.execute(f"{_RESTORE}; {_search_path(schema)}", ())


def _search_path(schema: str) -> str:
    return f"SET search_path TO {quoted(schema)}"
