"""Every wait has an end: what a call says when its time is up, and that it says so in time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from fix_proxy import Proxy
from fix_soak import rounds
from prisma_engine.postgres import PostgresDatabase, Settings, parse
from stop_watch import ending_within

BOUND: Final = 0.4  # seconds
SHORT: Final = timedelta(seconds=BOUND)
LONG: Final = timedelta(seconds=60)


@asynccontextmanager
async def connected(package: Any, url: str, **parameters: float) -> AsyncIterator[Any]:
    """A connected client whose URL has more parameters."""
    more = "".join(f"&{name}={value}" for name, value in parameters.items())
    client = package.Prisma(datasource={"url": url + more}, use_dotenv=False)
    await client.connect()
    await client.seat.count()
    try:
        yield client
    finally:
        await client.disconnect(timeout=SHORT)


@pytest.fixture
def url(blog_url: str, proxy: Proxy) -> str:
    """A database's URL, through the proxy."""
    return f"{proxy.url(blog_url)}&sslmode=disable"


def code(error: BaseException) -> object:
    """Prisma's code of an error of the client."""
    return getattr(error, "code", None)


def test_the_bounds_are_prismas_unless_the_url_has_others() -> None:
    settings = parse("postgresql://localhost/db")
    assert (settings.connect_timeout, settings.pool_timeout, settings.socket_timeout) == (5, 10, None)


# Connecting


async def test_connecting_ends_with_connect_timeout(blog_client: Any, url: str, proxy: Proxy) -> None:
    proxy.pull_cable()
    client = blog_client.Prisma(datasource={"url": f"{url}&connect_timeout={BOUND}"}, use_dotenv=False)
    with ending_within(BOUND), pytest.raises(blog_client.engine.errors.EngineConnectionError, match="P1001"):
        await client.connect()
    with ending_within(BOUND), pytest.raises(Exception, match="Can't reach database server") as caught:
        await client.seat.count()
    assert code(caught.value) == "P1001"
    await client.disconnect()


async def test_connecting_ends_with_the_timeout_of_connect(blog_client: Any, url: str, proxy: Proxy) -> None:
    proxy.pull_cable()
    client = blog_client.Prisma(datasource={"url": url}, use_dotenv=False, connect_timeout=SHORT)
    with ending_within(BOUND), pytest.raises(blog_client.engine.errors.EngineConnectionError, match="P1002"):
        await client.connect()
    await client.disconnect()


# Acquiring


async def test_waiting_for_a_connection_ends_with_pool_timeout(blog_client: Any, url: str, proxy: Proxy) -> None:
    async with connected(blog_client, url, connection_limit=1, pool_timeout=BOUND) as client:
        proxy.pull_cable()
        stuck = asyncio.create_task(client.seat.count())
        await asyncio.sleep(0)
        with ending_within(BOUND), pytest.raises(Exception, match="Timed out fetching a new connection") as caught:
            await client.seat.count()
        assert code(caught.value) == "P2024"
        stuck.cancel()
        await asyncio.wait([stuck])


async def test_opening_a_connection_after_a_wait_ends_with_pool_timeout(
    blog_client: Any, url: str, proxy: Proxy
) -> None:
    limits = {"connection_limit": 1, "pool_timeout": 2 * BOUND, "socket_timeout": BOUND, "connect_timeout": 60}
    async with connected(blog_client, url, **limits) as client:
        proxy.pull_cable()
        with ending_within(2 * BOUND):
            ends = await asyncio.gather(*(client.seat.count() for _ in range(4)), return_exceptions=True)
        assert [code(error) for error in ends if isinstance(error, Exception)] == ["P1008", *["P2024"] * 3]


async def test_a_connection_that_was_idle_for_long_is_tried_within_pool_timeout(url: str, proxy: Proxy) -> None:
    database = PostgresDatabase(_settings(url, pool_timeout=BOUND, connect_timeout=60))
    async with database.acquire() as one, database.acquire() as two:
        pass
    one.idle_since -= 60
    two.idle_since -= 60
    proxy.pull_cable()
    with ending_within(BOUND), pytest.raises(Exception, match="P2024"):
        async with database.acquire():
            pass
    proxy.restore()
    async with database.acquire() as connection:
        assert await connection.query("SELECT 1 AS one", ()) == [{"one": 1}]
    await database.close()


def _settings(url: str, **parameters: float) -> Settings:
    return parse(url + "".join(f"&{name}={value}" for name, value in parameters.items()))


# Queries


@pytest.mark.parametrize("call", ["read", "write", "batch", "nested write", "raw", "many"])
async def test_a_call_ends_with_socket_timeout(blog_client: Any, url: str, proxy: Proxy, call: str) -> None:
    async with connected(blog_client, url, socket_timeout=BOUND) as client:

        async def in_batch() -> None:
            async with client.batch_() as batch:
                batch.seat.create({"row": 1, "number": 1})
                batch.seat.create({"row": 1, "number": 2})

        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "read": client.seat.find_many,
            "write": lambda: client.seat.create({"row": 1, "number": 1}),
            "batch": in_batch,
            "nested write": lambda: client.user.create({"email": "a@", "posts": {"create": [{"title": "t"}]}}),
            "raw": lambda: client.query_raw("SELECT 1"),
            "many": lambda: client.seat.create_many([{"row": 1, "number": number} for number in range(5_000)]),
        }
        proxy.pull_cable()
        with ending_within(BOUND), pytest.raises(Exception, match=r"timed out|TimeoutError") as caught:
            await calls[call]()
        assert code(caught.value) == "P1008"


async def test_a_call_whose_answer_is_lost_on_the_way_ends_with_socket_timeout(
    blog_client: Any, url: str, proxy: Proxy
) -> None:
    async with connected(blog_client, url, socket_timeout=BOUND) as client:
        for direction in (proxy.to_client, proxy.to_server):
            for number in range(rounds(2, 50)):
                direction.stop()
                with ending_within(BOUND), pytest.raises(Exception, match="timed out"):
                    await client.user.create({"email": f"{number}@", "posts": {"create": [{"title": "t"}]}})
                direction.resume()
                await client.seat.count()


async def test_a_slow_network_is_no_error(blog_client: Any, url: str, proxy: Proxy) -> None:
    async with connected(blog_client, url, socket_timeout=5) as client:
        proxy.to_client.delay = proxy.to_server.delay = 0.05
        assert await asyncio.gather(*(client.seat.count() for _ in range(10))) == [0] * 10


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/net/tcp, which only Linux has")
@pytest.mark.direct("the server knows another port")
async def test_the_system_watches_over_a_connection_that_waits_without_a_bound(blog_url: str) -> None:
    database = PostgresDatabase(parse(blog_url))
    async with database.acquire() as connection:
        [row] = await connection.query("SELECT inet_client_port() AS port", ())
        timers = [line.split()[5] for line in _tcp_sockets() if line.split()[1].endswith(f":{row['port']:04X}")]
    await database.close()
    kinds, ticks = zip(*(timer.split(":") for timer in timers), strict=True)
    assert kinds == ("02",), "2 stands for keepalive"
    assert 0 < int(ticks[0], 16) <= 30 * 100, "a hundredth of a second each, until the peer is asked"


def _tcp_sockets() -> list[str]:
    return Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]


# Transactions


async def test_starting_a_transaction_ends_with_max_wait(blog_client: Any, url: str, proxy: Proxy) -> None:
    async with connected(blog_client, url) as client:
        proxy.pull_cable()
        with ending_within(BOUND), pytest.raises(blog_client.errors.TransactionError, match="Unable to start"):
            await client.tx(max_wait=SHORT).start()


async def test_a_statement_in_a_transaction_ends_with_its_timeout(blog_client: Any, url: str, proxy: Proxy) -> None:
    async with connected(blog_client, url) as client:
        with ending_within(BOUND), pytest.raises(blog_client.errors.TransactionExpiredError, match="expired"):
            async with client.tx(timeout=SHORT) as tx:
                proxy.pull_cable()
                await tx.seat.count()


async def test_a_commit_that_is_not_answered_ends_with_the_timeout_and_says_that_nobody_knows(
    blog_client: Any, url: str, proxy: Proxy
) -> None:
    async with connected(blog_client, url) as client:
        with ending_within(BOUND), pytest.raises(blog_client.errors.TransactionError, match="not known whether"):
            async with client.tx(timeout=SHORT) as tx:
                await tx.seat.create({"row": 1, "number": 1})
                proxy.pull_cable()
        proxy.restore()
        assert await client.seat.count() in {0, 1}


async def test_a_rollback_that_is_not_answered_ends_with_the_timeout_and_keeps_the_error(
    blog_client: Any, url: str, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(blog_client, url) as client:
        with ending_within(BOUND), pytest.raises(KeyError, match="mine"):
            async with client.tx(timeout=SHORT) as tx:
                await tx.seat.create({"row": 1, "number": 1})
                proxy.pull_cable()
                raise KeyError("mine")
        assert [record.name for record in caplog.records if record.levelname == "WARNING"] == ["prisma_engine.postgres"]
        proxy.restore()
        assert await client.seat.count() == 0


# Closing


async def busy(client: Any) -> list[asyncio.Task[Any]]:
    """Have a client with idle connections, a running query, an open transaction, and one whose statement runs."""
    await asyncio.gather(*(client.query_raw("SELECT pg_sleep(0.05)::text") for _ in range(5)))
    await client.tx(timeout=LONG).start()
    working = await client.tx(timeout=LONG).start()
    return [asyncio.create_task(work) for work in (client.seat.count(), working.seat.count())]


@pytest.mark.parametrize(("timeout", "bound"), [(SHORT, BOUND), (None, 5.0)])
async def test_disconnecting_ends_while_the_cable_is_pulled_and_never_blocks_the_loop(
    blog_client: Any, url: str, proxy: Proxy, timeout: timedelta | None, bound: float
) -> None:
    client = blog_client.Prisma(datasource={"url": f"{url}&connection_limit=8"}, use_dotenv=False)
    await client.connect()
    running = await busy(client)
    proxy.pull_cable()
    await asyncio.sleep(0)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.01)

    counting = asyncio.create_task(count_turns())
    with ending_within(bound) as watch:
        await client.disconnect(timeout=timeout)
    counting.cancel()
    assert turns > watch.elapsed * 25
    with ending_within(0):
        done, _ = await asyncio.wait(running, timeout=LONG.total_seconds())
    assert all(isinstance(task.exception(), blog_client.errors.PrismaError) for task in done)
    assert len(done) == len(running)


async def test_a_client_that_disconnected_from_a_dead_server_connects_again(
    blog_client: Any, url: str, proxy: Proxy
) -> None:
    client = blog_client.Prisma(datasource={"url": url}, use_dotenv=False)
    for _ in range(2):
        await client.connect()
        assert await client.seat.count() == 0
        proxy.pull_cable()
        await client.disconnect(timeout=SHORT)
        proxy.restore()
