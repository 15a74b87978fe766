"""The synchronous client under interrupts, timeouts and cut connections, with many threads at once."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any, Final

import pytest

from database_url import DatabaseUrl
from fix_postgres import Server
from fix_soak import Soak, rounds

THREADS: Final = 4
LIMIT: Final = 3  # connections
SOON: Final = timedelta(milliseconds=30)
ENOUGH: Final = timedelta(seconds=3)  # also ends what is interrupted after its begin and before its block
LONG: Final = timedelta(seconds=60)  # until a test gives up
CUT: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'broken' AND datname = current_database() ORDER BY random() LIMIT 1
"""
STATES: Final = "SELECT state FROM pg_stat_activity WHERE application_name = 'broken' AND datname = current_database()"

pytestmark = pytest.mark.direct("it is the connections of the server that are cut and counted")


@pytest.fixture
def client(blog_sync_client: Any, blog_url: str) -> Iterator[Any]:
    """A synchronous client with few connections, which others know by their name."""
    url = f"{blog_url}&connection_limit={LIMIT}&application_name=broken"
    with blog_sync_client.Prisma(datasource={"url": url}, use_dotenv=False) as client:
        yield client


class Worker:
    """Makes calls of all kinds, and knows which seats must be there and which may be."""

    def __init__(self, client: Any, errors: Any, row: int, seed: int) -> None:
        self._client = client
        self._errors = errors
        self._row = row
        self._random = random.Random(seed)
        self.stored: set[tuple[int, int]] = set()
        self.tried: set[tuple[int, int]] = set()
        self.failures: Counter[str] = Counter()

    def work(self, number: int) -> None:
        """One call, or one transaction; what the faults make of it is counted."""
        kind = self._random.choice((self._create, self._create, self._ask, self._transact, self._expire))
        try:
            kind(number)
        except (self._errors.PrismaError, self._errors.engine_errors) as error:
            self.failures[type(error).__name__] += 1

    def _create(self, number: int) -> None:
        self.tried.add((self._row, number))
        seat = self._client.seat.create(data={"row": self._row, "number": number})
        self.stored.add((seat.row, seat.number))

    def _ask(self, number: int) -> None:
        pause = self._random.choice((0, 0, 0.001, 0.01))
        [answer] = self._client.query_raw("SELECT $1::int AS n FROM pg_sleep($2)", number, pause)
        assert answer["n"] == number

    def _transact(self, number: int) -> None:
        both = {(100 + self._row, number), (200 + self._row, number)}
        self.tried |= both
        with self._client.tx(max_wait=LONG, timeout=ENOUGH) as tx:
            for row, _ in sorted(both):
                tx.seat.create(data={"row": row, "number": number})
        self.stored |= both

    def _expire(self, number: int) -> None:
        with self._client.tx(max_wait=LONG, timeout=SOON) as tx:
            tx.seat.create(data={"row": 300 + self._row, "number": number})
            tx.query_raw("SELECT 1 FROM pg_sleep(1)")  # the server notices at its end only that nobody waits


class _Errors:
    def __init__(self, package: Any) -> None:
        self.PrismaError = package.errors.PrismaError
        self.engine_errors = package.engine.errors.EngineConnectionError


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG.total_seconds()
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.01)


@contextmanager
def cutting(observer: Any) -> Iterator[None]:
    """Meanwhile, one connection after the other is cut."""
    is_over = threading.Event()

    def cut() -> None:
        while not is_over.wait(0.05):
            observer.query_raw(CUT)

    with ThreadPoolExecutor(1) as threads:
        cuts = threads.submit(cut)
        try:
            yield
        finally:
            is_over.set()
        cuts.result()


def test_interrupts_timeouts_and_cut_connections_leave_the_client_whole(
    client: Any, blog_sync: Any, blog_sync_client: Any, soak: Soak
) -> None:
    came = interrupted = 0

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came += 1
        signal.default_int_handler(number, frame)

    count = rounds(100, 3_000)
    [main, *others] = [
        Worker(client, _Errors(blog_sync_client), row, soak.random.getrandbits(32)) for row in range(THREADS)
    ]
    former = signal.signal(signal.SIGALRM, interrupt)
    try:
        with ThreadPoolExecutor(THREADS) as threads, cutting(blog_sync):
            working = [threads.submit(list, map(one.work, range(count))) for one in others]
            for number in range(count):
                try:
                    signal.setitimer(signal.ITIMER_REAL, soak.random.choice((2e-4, 5e-4, 1e-3, 2e-3, 2e-2)))
                    main.work(number)
                    signal.setitimer(signal.ITIMER_REAL, 0)
                except KeyboardInterrupt:
                    interrupted += 1
            for one in working:
                one.result(LONG.total_seconds())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    assert interrupted == came > 0
    until(lambda: {row["state"] for row in blog_sync.query_raw(STATES)} <= {"idle"})
    with ThreadPoolExecutor(LIMIT) as threads:  # and none of them has to wait for ever
        assert len(set(threads.map(lambda _: client.seat.count(), range(10 * LIMIT)))) == 1
    assert len(blog_sync.query_raw(STATES)) <= LIMIT
    there = {(seat.row, seat.number) for seat in client.seat.find_many()}
    assert set().union(*(one.stored for one in (main, *others))) <= there
    assert there <= set().union(*(one.tried for one in (main, *others)))
    assert {number for row, number in there if row == 100} == {number for row, number in there if row == 200}
    failures = sum((one.failures for one in (main, *others)), Counter[str]())
    soak.record("interrupted threads", calls=THREADS * count, interrupts=came, **failures)


def test_a_transaction_expires_while_the_program_does_something_else(
    blog_sync: Any, blog_sync_client: Any, server: Server, blog_url: str
) -> None:
    tx = blog_sync.tx(timeout=ENOUGH).start()
    tx.seat.create(data={"row": 1, "number": 1})

    async def it_ends() -> None:
        connection = await server.connect(DatabaseUrl.parse(blog_url).database)
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        is_open = f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE xact_start IS NOT NULL AND {others})"
        while await connection.fetchval(is_open):  # noqa: ASYNC110  # a server has no events
            await asyncio.sleep(0.02)
        await connection.close()

    asyncio.run(asyncio.wait_for(it_ends(), LONG.total_seconds()))  # on a loop of its own: nobody uses the client
    with pytest.raises(blog_sync_client.errors.TransactionExpiredError):
        tx.seat.count()
