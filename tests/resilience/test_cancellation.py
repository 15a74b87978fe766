"""Calls that are cancelled at random moments take nothing with them: no connection, no transaction, no answer."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from fix_postgres import EMPTYING, Server
from fix_soak import Soak, rounds

LIMIT: Final = 5
SEATS: Final = 50
LONGEST: Final = 0.03  # seconds until a call is cancelled; some take less, others longer
AT_ONCE: Final = 2 * LIMIT
PATIENCE: Final = timedelta(seconds=60)  # how long 600 calls wait for a connection is the machine's business

Call = Callable[[int], Awaitable[bool]]
"""Makes a call that belongs to a number, and tells whether its answer does."""


@pytest_asyncio.fixture
async def client(blog_client: Any, blog_url: str) -> AsyncIterator[Any]:
    """A client with a small pool, on a table where each seat's holder is told by its number."""
    pool = f"connection_limit={LIMIT}&pool_timeout={PATIENCE.seconds}"
    client = blog_client.Prisma(datasource={"url": f"{blog_url}&{pool}"}, use_dotenv=False)
    async with client:
        await client.seat.create_many([{"row": 0, "number": n, "holder": f"holder {n}"} for n in range(SEATS)])
        yield client


def calls(client: Any) -> list[Call]:
    """One call of each kind."""

    async def find(number: int) -> bool:
        seat = await client.seat.find_unique(where={"row_number": {"row": 0, "number": number % SEATS}})
        return bool(seat.holder == f"holder {number % SEATS}")

    async def find_many(number: int) -> bool:
        seats = await client.seat.find_many(where={"row": 0, "number": {"lt": number % SEATS}})
        return len(seats) == number % SEATS

    async def create(number: int) -> bool:
        seat = await client.seat.create({"row": 1, "number": number, "holder": f"new {number}"})
        return bool(seat.holder == f"new {number}")

    async def ask(number: int) -> bool:
        [row] = await client.query_raw("SELECT $1::int AS n FROM pg_sleep($2)", number, number % 4 / 1000)
        return bool(row["n"] == number)

    async def batch(number: int) -> bool:
        async with client.batch_() as batch:
            batch.seat.create({"row": 2, "number": number})
            batch.seat.create({"row": 3, "number": number})
        return True

    async def transact(number: int) -> bool:
        async with client.tx(max_wait=PATIENCE, timeout=PATIENCE) as tx:
            await tx.seat.create({"row": 4, "number": number})
            found = await tx.seat.find_first(where={"row": 4, "number": number})
            await tx.seat.create({"row": 5, "number": number})
        return bool(found.number == number)

    return [find, find_many, create, ask, batch, transact]


async def by_cancel(work: Awaitable[bool], moment: float) -> bool:
    """Run a call in a task and cancel it at the moment; CancelledError is what comes of it then."""
    task = asyncio.ensure_future(work)
    timer = asyncio.get_running_loop().call_later(moment, task.cancel)
    try:
        return await task
    finally:
        timer.cancel()


async def by_timeout(work: Awaitable[bool], moment: float) -> bool:
    """Run a call with a timeout; TimeoutError is what comes of it."""
    return await asyncio.wait_for(work, moment)


async def test_calls_cancelled_at_random_moments_leave_nothing_behind(
    client: Any, server: Server, blog_url: str, soak: Soak, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = calls(client)
    total = rounds(1_000, 10_000)
    outcomes: Counter[str] = Counter()

    async def run(number: int) -> None:
        call = soak.random.choice(kinds)
        ended = soak.random.choice([by_cancel, by_timeout])
        try:
            assert await ended(call(number), soak.random.uniform(0, LONGEST)), f"{call.__name__} {number}"
            outcomes["answered"] += 1
        except (asyncio.CancelledError, asyncio.TimeoutError):
            outcomes["cancelled"] += 1

    numbers = count()

    async def work() -> None:
        while outcomes["cancelled"] < total:
            await run(next(numbers))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    assert outcomes["answered"] > 0

    answers = await asyncio.gather(*(call(next(numbers)) for _ in range(100) for call in kinds))
    assert all(answers), "a later answer belongs to its own caller"
    await until_idle(client)
    connection = await server.direct.connect(blog_url.rpartition("/")[2].partition("?")[0])
    try:
        assert await backends(connection) <= LIMIT
        assert await states(connection) <= {"idle"}
        assert await halves(connection) == 0, "what belongs together is stored whole or not at all"
    finally:
        await connection.close()
    gc.collect()
    assert [record.getMessage() for record in caplog.records] == [], "nothing is left for the event loop to complain of"
    soak.record("Cancellation", calls=outcomes.total(), **outcomes)


async def until_idle(client: Any) -> None:
    """Wait until nobody holds a connection: those of the last cancelled calls are being reset in the background."""
    while True:
        gauges = {gauge.key: gauge.value for gauge in (await client.get_metrics()).gauges}
        if gauges["prisma_pool_connections_busy"] == 0:
            assert gauges["prisma_pool_connections_idle"] == gauges["prisma_pool_connections_open"] <= LIMIT
            return
        await asyncio.sleep(0.01)


_OTHERS: Final = f"""
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> '{EMPTYING}'
"""


async def backends(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """How many connections the client has, as the server counts them."""
    return int(await connection.fetchval(f"SELECT count(*) {_OTHERS}"))


async def states(connection: asyncpg.Connection[asyncpg.Record]) -> set[str]:
    """What the client's connections do, as the server sees it."""
    return {row["state"] for row in await connection.fetch(f"SELECT state {_OTHERS}")}


async def halves(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """How many seats are there without the one that was to be stored with them."""
    sql = """SELECT count(*) FROM "Seat" a FULL JOIN "Seat" b ON b.row = a.row + 1 AND b.number = a.number
        WHERE (a.row IN (2, 4) AND b.row IS NULL) OR (b.row IN (3, 5) AND a.row IS NULL)"""
    return int(await connection.fetchval(sql))
