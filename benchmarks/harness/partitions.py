"""What partitions cost: the move of many messages into them while programs work, and each call afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from statistics import median
from typing import Final

import asyncpg
from prisma.models import Message

from database import DatabaseService
from harness.growth import CALLS, Asked, Call, filled, ratio
from harness.server import Server
from partition_online import connected, partition
from prisma_engine.namespace import table_of
from steps import say, step

_PLAIN: Final = "one table"
_PARTITIONED: Final = "partitions"
_TEXT: Final = "quick"  # which every message has
_PAUSE: Final = 0.005  # seconds between two calls of one kind while the messages move


async def measure_partitions(server: Server, size: int) -> None:
    """Print how long the move takes, how long others wait for it, and what each call takes before and after it."""
    plain, sessions = await filled(server, _PLAIN, size)
    with step("copy the database"):
        maintenance = await asyncpg.connect(replace(server, database="postgres").url)
        await maintenance.execute(f'CREATE DATABASE "{_PARTITIONED}" TEMPLATE "{_PLAIN}" STRATEGY FILE_COPY')
        await maintenance.close()
    partitioned = replace(server, database=_PARTITIONED).url
    await _move(partitioned, sessions)
    async with AsyncExitStack() as stack:
        after, before = [await stack.enter_async_context(Asked(url, sessions)) for url in (partitioned, plain)]
        say(f"{'':<22}{_PLAIN:>11}{_PARTITIONED:>13}{'ratio':>8}")
        for name, call in {**CALLS, **_MORE}.items():
            await ratio(name, call, after, before)


async def _message_of(db: DatabaseService, session: str) -> object:
    """Ask for one of the messages, whose ids go by those of their sessions."""
    first = 50 * int(session[-12:]) + 1
    return await db.messages.get_message_by_id(f"00000000-0000-7000-9000-{first:012}")


_MORE: Final[Mapping[str, Call]] = {
    "message by id": _message_of,
    "text in a session": lambda db, session: db.messages.search_messages(_TEXT, session_id=session),
    "text in all sessions": lambda db, _: db.messages.search_messages(_TEXT),
    "list by activity": lambda db, _: db.sessions.list_sessions(order="activity"),
}


async def _move(url: str, sessions: Sequence[str]) -> None:
    """Move the messages while others read and write."""
    async with DatabaseService(url) as db:
        table = await table_of(db.client, Message)
    async with _in_use(url, sessions), connected(url) as connection:
        await partition(connection, table)


@asynccontextmanager
async def _in_use(url: str, sessions: Sequence[str]) -> AsyncIterator[None]:
    """Read and write for the block, then print how long that took at the most. Units: milliseconds."""
    over = asyncio.Event()
    async with Asked(url, sessions) as reader, Asked(url, sessions) as writer:
        users = [_use(reader, CALLS["last 50 messages"], over), _use(writer, CALLS["create a message"], over)]
        using = asyncio.gather(*users)
        try:
            yield
        finally:
            over.set()
        for user, times in zip(("reader", "writer"), await using, strict=True):
            say(
                f"a {user} made {len(times):,} calls; the longest took {max(times):.0f} ms, half {median(times):.1f} ms"
            )


async def _use(asked: Asked, call: Call, over: asyncio.Event) -> list[float]:
    """The times of calls that are made until it is over. Units: milliseconds."""
    times = []
    while not over.is_set():
        times.append(await asked.once(call))
        await asyncio.sleep(_PAUSE)
    return times
