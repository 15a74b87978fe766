"""Calls between connects, disconnects, cancellations and cut connections: only the client's own errors come of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from fix_postgres import Server
from fix_soak import Soak, rounds

WORKERS: Final = 4
URLS: Final = ("&connection_limit=2", "&connection_limit=4&pool_timeout=1&socket_timeout=0.3")
CUT: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
CANCEL: Final = CUT.replace("terminate", "cancel")
CHANGES: Final = (
    'ALTER TABLE "Seat" ADD COLUMN IF NOT EXISTS more int',
    'ALTER TABLE "Seat" DROP COLUMN IF EXISTS more',
)

numbers: Final = count()


class ChangedMindError(Exception):
    """The program's own."""


@pytest_asyncio.fixture
async def saboteur(server: Server, blog_url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection that cuts those of others."""
    connection = await server.direct.connect(blog_url.rpartition("/")[2].partition("?")[0])
    yield connection
    await connection.close()


async def read(client: Any, _random: Random) -> None:
    await client.seat.find_many(take=2)


async def read_anew(client: Any, _random: Random) -> None:
    """A shape that has to be compiled."""
    number = next(numbers)
    await client.seat.find_many(where={"OR": [{"holder": "a"}] * (number % 50 + 1), "row": {"not": number}}, take=1)


async def ask(client: Any, random: Random) -> None:
    await client.query_raw(f"SELECT $1 AS a{random.randrange(1000)}, pg_sleep($2)::text", 1, random.random() / 50)


async def write(client: Any, random: Random) -> None:
    posts = [{"title": "a"}] * random.randrange(3)
    data = {"email": f"{next(numbers)}@", "posts": {"create": posts}}
    await client.user.create(data, include={"posts": True})


async def write_many(client: Any, random: Random) -> None:
    await client.category.create_many([{"name": f"{next(numbers)}"} for _ in range(random.choice([1, 200]))])


async def batch(client: Any, _random: Random) -> None:
    batch = client.batch_()
    batch.category.create({"name": f"{next(numbers)}"})
    batch.execute_raw("SELECT $1", 1)
    batch.seat.update_many(where={"OR": [{"holder": "a"}] * (next(numbers) % 50 + 1)}, data={"holder": "b"})
    await batch.commit()


def transaction(client: Any, random: Random) -> Any:
    return client.tx(
        timeout=timedelta(milliseconds=random.choice([5, 50, 5000])),
        max_wait=timedelta(milliseconds=random.choice([2, 200, 5000])),
    )


async def transact(client: Any, random: Random) -> None:
    async with transaction(client, random) as tx:
        await tx.category.create({"name": f"{next(numbers)}"})
        await read_anew(tx, random)
        await asyncio.sleep(random.random() / 50)
        await tx.query_raw("SELECT 1 / $1 AS x", random.choice([0, 1]))
        if random.random() < 0.3:
            raise ChangedMindError


async def transact_at_once(client: Any, random: Random) -> None:
    manager = transaction(client, random)
    tx = await manager.start()
    ends = random.choice([manager.commit, manager.rollback])
    await asyncio.gather(read(tx, random), read_anew(tx, random), batch(tx, random), ends())


async def measure(client: Any, _random: Random) -> None:
    await client.get_metrics()


CALLS: Final = (read, read_anew, ask, write, write_many, batch, transact, transact_at_once, measure)


class Record:
    """What has come of the calls."""

    def __init__(self, package: Any) -> None:
        self._expected = (package.errors.PrismaError, ChangedMindError)
        self.outcomes: Counter[str] = Counter()
        self.strange: list[BaseException] = []

    def note(self, error: BaseException) -> None:
        self.outcomes[type(error).__name__] += 1
        if not isinstance(error, self._expected):
            self.strange.append(error)

    def attempt(self, work: Callable[[], object]) -> None:
        """Do some work that blocks."""
        try:
            work()
            self.outcomes["answered"] += 1
        except BaseException as error:  # noqa: BLE001  -- what this looks at
            self.note(error)

    async def watch(self, work: Awaitable[object], *expected: type[BaseException]) -> None:
        """Wait for some work, from which these errors may come too."""
        try:
            await work
            self.outcomes["answered"] += 1
        except expected:
            self.outcomes["cancelled"] += 1
        except BaseException as error:  # noqa: BLE001  -- what this looks at
            self.note(error)


async def call(client: Any, random: Random, record: Record) -> None:
    """One call, which is cancelled after some time, or may take so long, or is left alone."""
    work = random.choice(CALLS)(client, random)
    how = random.random()
    if how < 0.3:
        task = asyncio.ensure_future(work)
        asyncio.get_running_loop().call_later(random.random() / 30, task.cancel)
        await record.watch(task, asyncio.CancelledError)
    elif how < 0.5:
        await record.watch(asyncio.wait_for(work, random.random() / 30), asyncio.TimeoutError)
    else:
        await record.watch(work)


Trouble = Callable[[], Awaitable[object]]


def troubles(client: Any, saboteur: asyncpg.Connection[asyncpg.Record], random: Random) -> Sequence[Trouble]:
    """What happens meanwhile."""

    async def disconnect() -> None:
        await client.disconnect(timeout=random.choice([None, timedelta(0), timedelta(milliseconds=5)]))

    async def connect() -> None:
        await client.connect(timeout=random.choice([timedelta(milliseconds=1), timedelta(seconds=20)]))

    async def all_at_once() -> None:
        for error in await asyncio.gather(connect(), disconnect(), connect(), return_exceptions=True):
            if error is not None:
                raise error

    sabotage = [lambda sql=sql: saboteur.execute(sql) for sql in (CUT, CUT, CANCEL, *CHANGES)]
    return [disconnect, connect, all_at_once, *sabotage]


async def disturb(
    client: Any,
    saboteur: asyncpg.Connection[asyncpg.Record],
    random: Random,
    record: Record,
    done: asyncio.Event,
) -> None:
    """Trouble after trouble; the client is mostly connected."""
    kinds = troubles(client, saboteur, random)
    while not done.is_set():
        await asyncio.sleep(random.random() / 10)
        await record.watch(random.choice(kinds)(), asyncpg.PostgresError)
        if random.random() < 0.7:
            await record.watch(client.connect())


@pytest.mark.direct("a pooler's connections are not the client's")
@pytest.mark.parametrize("options", URLS)
async def test_only_the_clients_errors_come_of_calls_whatever_happens_meanwhile(
    blog_client: Any, blog_url: str, saboteur: asyncpg.Connection[asyncpg.Record], soak: Soak, options: str
) -> None:
    client = blog_client.Prisma(datasource={"url": f"{blog_url}{options}"}, use_dotenv=False)
    record = Record(blog_client)

    async def work() -> None:
        for _ in range(rounds(12, 500)):
            while not client.is_connected():  # noqa: ASYNC110  # the client has no event for it
                await asyncio.sleep(0.001)
            await call(client, soak.random, record)

    await record.watch(client.connect())
    done = asyncio.Event()
    disturbing = asyncio.ensure_future(disturb(client, saboteur, soak.random, record, done))
    await asyncio.gather(*(work() for _ in range(WORKERS)))
    done.set()
    await disturbing
    await client.disconnect()
    if record.strange:
        raise record.strange[0]
    assert record.outcomes["answered"] > 0
    async with blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as later:
        assert await later.query_raw("SELECT 1 AS one") == [{"one": 1}]
    soak.record(f"Interleavings {options}", **record.outcomes)


def act(client: Any, random: Random) -> None:
    """One call of a client without async."""
    kind = random.randrange(5)
    if kind == 0:
        client.seat.find_many(where={"OR": [{"holder": "a"}] * (next(numbers) % 50 + 1)})
    elif kind == 1:
        client.category.create({"name": f"{next(numbers)}"})
    elif kind == 2:
        client.query_raw("SELECT $1 AS a, pg_sleep(0.01)::text", 1)
    elif kind == 3:
        with client.batch_() as batch:
            batch.category.create({"name": f"{next(numbers)}"})
            batch.category.create({"name": f"{next(numbers)}"})
    else:
        with client.tx(timeout=timedelta(milliseconds=random.choice([5, 5000]))) as tx:
            tx.category.create({"name": f"{next(numbers)}"})
            tx.seat.count()


@pytest.mark.direct("a pooler's connections are not the client's")
async def test_only_the_clients_errors_come_of_the_threads_of_a_client_without_async(
    blog_sync_client: Any, blog_url: str, saboteur: asyncpg.Connection[asyncpg.Record], soak: Soak
) -> None:
    client = blog_sync_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=3"}, use_dotenv=False)
    record = Record(blog_sync_client)
    done = threading.Event()

    def work(random: Random) -> None:
        for _ in range(rounds(12, 500)):
            while not client.is_connected():
                time.sleep(0.001)
            record.attempt(lambda: act(client, random))

    def disturb(random: Random) -> None:
        while not done.wait(random.random() / 20):
            record.attempt(random.choice([client.connect, client.connect, client.disconnect]))

    async def cut() -> None:
        while not done.is_set():
            await saboteur.execute(CUT)
            await asyncio.sleep(0.05)

    cutting = asyncio.ensure_future(cut())
    disturbing = asyncio.ensure_future(asyncio.to_thread(disturb, Random(soak.random.random())))
    seeds = [soak.random.random() for _ in range(WORKERS)]
    await asyncio.gather(*(asyncio.to_thread(work, Random(seed)) for seed in seeds))
    done.set()
    await asyncio.gather(cutting, disturbing)
    await asyncio.to_thread(client.disconnect)
    if record.strange:
        raise record.strange[0]
    assert record.outcomes["answered"] > 0
