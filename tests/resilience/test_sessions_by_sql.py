"""What sessions are listed and deleted with keeps the promises of the client's own queries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any

import asyncpg
import pytest
from prisma.errors import DataError

from database import DatabaseService
from database_url import DatabaseUrl
from fix_postgres import Server

_PATIENCE = 30.0  # seconds; a bound for a machine under load, not an expectation
BEFORE = datetime(2024, 5, 6, tzinfo=timezone.utc)

READS: list[Callable[[DatabaseService], Awaitable[Any]]] = [
    lambda db: db.sessions.list_sessions(),
    lambda db: db.sessions.list_sessions(order="activity"),
    lambda db: db.sessions.delete_sessions_before(BEFORE, by="activity", dry_run=True),
]
WRITES: list[Callable[[DatabaseService], Awaitable[Any]]] = [
    lambda db: db.sessions.delete_sessions_before(BEFORE),
]


class Holder:
    """A connection that holds the table of sessions, and sees who waits for it."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection = connection

    async def cut_off(self) -> None:
        """Wait until somebody waits for the table, and end his connection."""
        sql = "SELECT pid FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"

        async def blocked() -> int:
            while (pid := await self._connection.fetchval(sql)) is None:
                pass
            return int(pid)

        await self._connection.execute("SELECT pg_terminate_backend($1)", await asyncio.wait_for(blocked(), _PATIENCE))


@asynccontextmanager
async def holding(server: Server, url: str) -> AsyncIterator[Holder]:
    """Hold the table of sessions for the block."""
    connection = await server.connect(DatabaseUrl.parse(url).database)
    try:
        async with connection.transaction():
            await connection.execute('LOCK TABLE "Session"')
            yield Holder(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize("read", READS)
@pytest.mark.direct("it is the server's connection that is cut")
async def test_a_read_whose_connection_is_lost_is_run_once_more(
    migrated_url: str, server: Server, read: Callable[[DatabaseService], Awaitable[Any]]
) -> None:
    async with DatabaseService(url=migrated_url) as db:
        await db.sessions.create_session()
        async with holding(server, migrated_url) as holder:
            reading = asyncio.ensure_future(read(db))
            await holder.cut_off()
        assert await reading in (0, await db.sessions.list_sessions())


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.direct("it is the server's connection that is cut")
async def test_a_write_whose_connection_is_lost_says_so(
    migrated_url: str, server: Server, write: Callable[[DatabaseService], Awaitable[Any]]
) -> None:
    async with DatabaseService(url=migrated_url) as db:
        async with holding(server, migrated_url) as holder:
            writing = asyncio.ensure_future(write(db))
            await holder.cut_off()
        with pytest.raises(DataError) as caught:
            await writing
    assert caught.value.code == "P1017"


@pytest.mark.parametrize("call", [*READS, *WRITES])
async def test_a_statement_that_takes_too_long_has_the_code_of_every_other(
    migrated_url: str, server: Server, call: Callable[[DatabaseService], Awaitable[Any]]
) -> None:
    async with (
        DatabaseService(url=f"{migrated_url}&socket_timeout=1") as db,
        holding(server, migrated_url),
    ):
        with pytest.raises(DataError) as caught:
            await call(db)
        assert caught.value.code == "P1008"
