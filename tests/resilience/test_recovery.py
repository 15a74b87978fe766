"""What happens to a client when its server, its connections or the network between them go away and come back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypeVar

import asyncpg
import pytest
import pytest_asyncio

from fix_own_server import OwnServer
from fix_proxy import Proxy
from fix_soak import Soak, rounds
from stop_watch import ending_within

BACK_WITHIN: Final = 2.0  # seconds in which the service returns after its server
LOST: Final = {"P1001", "P1017"}
"""What a call may say whose server goes away: it was not reached, or the connection was lost."""

_PATIENCE: Final = 60.0  # seconds until a service that does not come back counts as gone

_Found = TypeVar("_Found")
Admin: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def blog_server(own_server: OwnServer, blog_folder: Path) -> OwnServer:
    """The module's own server with the tables of the schema."""
    await own_server.execute((blog_folder / "create.sql").read_text(encoding="utf-8"))
    return own_server


@pytest_asyncio.fixture
async def admin(blog_server: OwnServer) -> AsyncIterator[Admin]:
    """A connection of the superuser, on a server without seats; it must not be there when the server stops."""
    connection = await blog_server.connect()
    await connection.execute('TRUNCATE "Seat"')
    yield connection
    await connection.close()


@asynccontextmanager
async def connected(package: Any, url: str) -> AsyncIterator[Any]:
    """A connected client."""
    async with package.Prisma(datasource={"url": url}, use_dotenv=False) as client:
        yield client


@pytest_asyncio.fixture
async def client(blog_client: Any, blog_server: OwnServer) -> AsyncIterator[Any]:
    """A client with room for four connections."""
    async with connected(blog_client, f"{blog_server.url}?connection_limit=4&sslmode=disable") as client:
        yield client


async def until(condition: Callable[[], Awaitable[_Found]]) -> _Found:
    """Wait until the condition gives something and return that."""
    while True:
        found = await condition()
        if found:
            return found
        await asyncio.sleep(0.01)


async def fill_pool(client: Any) -> None:
    """Have the client open all four of its connections."""
    async with client.tx(), client.tx(), client.tx(), client.tx():
        pass


async def others(admin: Admin) -> list[int]:
    """The server's processes for the client's connections."""
    sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    return [row["pid"] for row in await admin.fetch(sql)]


async def waiters(admin: Admin, kind: str) -> list[int]:
    """The processes that wait for what PostgreSQL calls `kind`."""
    rows = await admin.fetch("SELECT pid FROM pg_stat_activity WHERE wait_event = $1", kind)
    return [row["pid"] for row in rows]


@asynccontextmanager
async def locked_seats(server: OwnServer) -> AsyncIterator[None]:
    """Have everybody else wait for the table of seats."""
    connection = await server.connect()
    async with connection.transaction():
        await connection.execute('LOCK TABLE "Seat"')
        yield
    await connection.close()


async def terminate(admin: Admin, pids: list[int]) -> None:
    """Cut connections on the server and wait until their processes have ended."""
    for pid in pids:
        await admin.execute("SELECT pg_terminate_backend($1, 10000)", pid)


def in_a_thread(work: Callable[[], object]) -> None:
    """Do something while the test's own event loop stands still, so that the driver cannot see what happens."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def code(error: BaseException) -> str | None:
    """Prisma's code of an error."""
    found = getattr(error, "code", None)
    return found if found is None or isinstance(found, str) else str(found)


# A server that is restarted


@pytest.mark.parametrize("mode", ["fast", "immediate"])
@pytest.mark.parametrize("method", ["read", "write"])
async def test_idle_connections_to_a_restarted_server_are_replaced_before_anybody_uses_them(
    blog_server: OwnServer, client: Any, mode: Literal["fast", "immediate"], method: str
) -> None:
    await client.seat.delete_many()
    await fill_pool(client)
    in_a_thread(lambda: blog_server.restart(mode))
    if method == "write":
        await asyncio.gather(*(client.seat.create({"row": 1, "number": number}) for number in range(8)))
        assert await client.seat.count() == 8
    else:
        assert await asyncio.gather(*(client.seat.count() for _ in range(8))) == [0] * 8


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_a_busy_service_is_back_right_after_its_server(
    blog_server: OwnServer, client: Any, soak: Soak, mode: Literal["fast", "immediate"]
) -> None:
    await client.seat.delete_many()
    back_after: list[float] = []
    stored: set[int] = set()
    failed: set[int] = set()
    codes: set[str | None] = set()
    numbers = iter(range(1_000_000))
    running = True

    async def work() -> None:
        while running:
            number = next(numbers)
            try:
                await client.seat.create({"row": 1, "number": number})
                stored.add(number)
                await client.seat.count()
            except Exception as error:  # noqa: BLE001  # which errors come is what the test looks at
                failed.add(number)
                codes.add(code(error))
                await asyncio.sleep(0.01)

    async def progress() -> None:
        aim = len(stored) + 20

        async def is_there() -> bool:
            return len(stored) >= aim

        await until(is_there)

    workers = [asyncio.create_task(work()) for _ in range(8)]
    for _ in range(rounds(2, 50)):
        await progress()
        await asyncio.to_thread(blog_server.restart, mode)
        back_after.append(await back(progress()))
    running = False
    await asyncio.gather(*workers)
    found = [seat.number for seat in await client.seat.find_many()]
    assert stored <= set(found) <= stored | failed
    assert codes <= LOST
    soak.record(
        f"Server restarted, {mode}",
        restarts=len(back_after),
        writes_acknowledged=len(stored),
        errors=len(failed),
        seconds_until_20_writes_at_most=max(back_after),
    )


# Connections that are cut


async def test_a_connection_that_was_cut_while_idle_is_replaced_unnoticed(client: Any, admin: Admin) -> None:
    await fill_pool(client)
    await terminate(admin, await others(admin))
    await client.seat.create({"row": 1, "number": 1})
    assert await client.seat.count() == 1


@pytest.mark.parametrize("times_before", [0, 2])
async def test_a_read_whose_connection_is_cut_is_run_again(
    blog_server: OwnServer, client: Any, admin: Admin, times_before: int
) -> None:
    await fill_pool(client)
    for _ in range(times_before):
        await client.seat.find_many()
        await client.seat.find_first()
    async with locked_seats(blog_server):
        reads = [
            asyncio.create_task(read)
            for read in (
                client.seat.find_many(),
                client.seat.count(),
                client.seat.group_by(["row"], count=True),
                client.seat.find_first(),
            )
        ]

        async def all_of_them() -> list[int]:
            found = await waiters(admin, "relation")
            return found if len(found) == len(reads) else []

        first = await until(all_of_them)
        await terminate(admin, first)
        assert not set(first) & set(await until(all_of_them))
    assert await asyncio.gather(*reads) == [[], 0, [], None]


@pytest.mark.parametrize("times_before", [0, 2])
async def test_a_read_is_run_again_once_only(
    blog_server: OwnServer, client: Any, admin: Admin, times_before: int
) -> None:
    for _ in range(times_before):
        await client.seat.find_first()
    async with locked_seats(blog_server):
        read = asyncio.create_task(client.seat.find_first())
        for _ in range(2):
            await terminate(admin, await until(lambda: waiters(admin, "relation")))
        with pytest.raises(Exception, match="closed the connection") as caught:
            await read
    assert code(caught.value) == "P1017"
    assert await client.seat.count() == 0


@pytest.mark.parametrize("call", ["create", "create again", "batch", "execute_raw", "query_raw", "transaction"])
async def test_what_may_have_written_is_never_run_again(
    blog_server: OwnServer, client: Any, admin: Admin, call: str
) -> None:
    insert = 'INSERT INTO "Seat" ("row", "number") VALUES (1, 1)'

    async def in_batch() -> None:
        async with client.batch_() as batch:
            batch.seat.create({"row": 1, "number": 1})

    async def in_transaction() -> None:
        async with client.tx() as tx:
            await tx.seat.count()

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: client.seat.create({"row": 1, "number": 1}),
        "create again": lambda: client.seat.create({"row": 1, "number": 1}),
        "batch": in_batch,
        "execute_raw": lambda: client.execute_raw(insert),
        "query_raw": lambda: client.query_raw(f"{insert} RETURNING 1"),
        "transaction": in_transaction,
    }
    if call == "create again":
        for number in (1, 2):
            await client.seat.create({"row": 2, "number": number})
        await client.seat.delete_many()
    async with locked_seats(blog_server):
        write = asyncio.ensure_future(calls[call]())
        await terminate(admin, await until(lambda: waiters(admin, "relation")))
        with pytest.raises(Exception, match=r"closed the connection|terminating connection"):
            await write
    assert await client.seat.count() == 0


async def test_a_transaction_that_loses_its_connection_stores_nothing_and_the_client_goes_on(
    client: Any, admin: Admin
) -> None:
    with pytest.raises(Exception, match="closed the connection") as caught:
        async with client.tx() as tx:
            await tx.seat.create({"row": 1, "number": 1})
            await terminate(admin, await others(admin))
            await tx.seat.create({"row": 1, "number": 2})
    assert code(caught.value) == "P1017"
    assert await client.seat.count() == 0


@pytest.fixture
def slow_commit(blog_server: OwnServer) -> Iterator[None]:
    """Have each COMMIT that stores a seat take long."""
    asyncio.run(
        blog_server.execute(
            """CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON "Seat" DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION slow()"""
        )
    )
    yield
    asyncio.run(blog_server.execute("DROP FUNCTION slow CASCADE"))


@pytest.mark.usefixtures("slow_commit")
async def test_a_commit_that_loses_its_connection_is_an_error(client: Any, admin: Admin) -> None:
    async def write() -> None:
        async with client.tx() as tx:
            await tx.seat.create({"row": 1, "number": 1})

    commit = asyncio.create_task(write())
    await terminate(admin, await until(lambda: waiters(admin, "PgSleep")))
    with pytest.raises(Exception, match="closed the connection") as caught:
        await commit
    assert code(caught.value) == "P1017"
    assert await client.seat.count() == 0


async def test_connections_cut_at_random_moments_under_load_lose_nothing(client: Any, admin: Admin, soak: Soak) -> None:
    cuts = 0
    stored: list[int] = []
    failed: list[int] = []
    codes: set[str | None] = set()

    async def write(number: int) -> None:
        try:
            async with client.batch_() as batch:
                batch.seat.create({"row": 1, "number": number})
                batch.seat.create({"row": 2, "number": number})
            stored.append(number)
        except Exception as error:  # noqa: BLE001  # which errors come is what the test looks at
            failed.append(number)
            codes.add(code(error))

    total = rounds(400, 20_000)
    for start in range(0, total, 40):
        writes = [asyncio.create_task(write(number)) for number in range(start, start + 40)]
        while not all(task.done() for task in writes):
            pids = await others(admin)
            await admin.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
            cuts += len(pids)
            await asyncio.wait(writes, timeout=0.02)
    rows = await admin.fetch('SELECT number, count(*) AS seats FROM "Seat" GROUP BY number')
    assert {row["seats"] for row in rows} <= {2}, "a batch is stored whole or not at all"
    assert set(stored) <= {row["number"] for row in rows} <= set(stored) | set(failed)
    assert codes <= LOST
    assert await client.seat.count() == 2 * len(rows)
    soak.record("Connections cut", cuts=cuts, writes_acknowledged=len(stored), errors=len(failed))


# A network that fails


@pytest.mark.parametrize("fault", ["cut", "reset"])
async def test_a_client_goes_on_after_the_network_dropped_its_connections(
    blog_client: Any, blog_url: str, proxy: Proxy, fault: str
) -> None:
    async with connected(blog_client, f"{proxy.url(blog_url)}&connection_limit=4") as client:
        for number in range(3):
            await fill_pool(client)
            await getattr(proxy, fault)()
            await client.seat.create({"row": 1, "number": number})
            assert await client.seat.count() == number + 1


async def test_a_client_goes_on_when_the_cable_is_plugged_in_again(
    blog_client: Any, blog_url: str, proxy: Proxy
) -> None:
    url = f"{proxy.url(blog_url)}&connection_limit=4&socket_timeout=0.5&connect_timeout=0.5&pool_timeout=1"
    async with connected(blog_client, url) as client:
        for number in range(rounds(2, 20)):
            await client.seat.create({"row": 1, "number": number})
            proxy.pull_cable()
            results = await asyncio.gather(*(client.seat.count() for _ in range(20)), return_exceptions=True)
            assert {code(error) for error in results if isinstance(error, Exception)} <= {"P1001", "P1008", "P2024"}
            assert not [result for result in results if not isinstance(result, Exception)]
            proxy.restore()
            await back(until_count(client, number + 1))


async def back(work: Awaitable[object]) -> float:
    """Wait for what only a service that is back can do, which has to be soon; return the seconds that it took."""
    with ending_within(BACK_WITHIN, margin=0) as watch:
        await asyncio.wait_for(work, _PATIENCE)
    return watch.elapsed


async def until_count(client: Any, count: int) -> None:
    """Count until that works and gives the wanted number."""
    while True:
        with suppress(Exception):
            assert await client.seat.count() == count
            return
        await asyncio.sleep(0.01)


# Several hosts


@pytest_asyncio.fixture
async def altered(blog_server: OwnServer) -> AsyncIterator[OwnServer]:
    """The module's server without seats, for a test that stops it or changes its settings."""
    await blog_server.execute('TRUNCATE "Seat"')
    yield blog_server
    if blog_server.postgres.pid is None:
        blog_server.start()
    await blog_server.execute("ALTER SYSTEM RESET ALL")
    await blog_server.execute("SELECT pg_reload_conf()")


def both(one: OwnServer, two: OwnServer) -> str:
    """The URL of whichever of two servers takes writes."""
    return f"{one.url.replace(one.place, f'{one.place},{two.place}')}?target_session_attrs=read-write"


async def test_a_client_follows_the_primary_to_the_server_that_replaces_it(
    blog_client: Any, altered: OwnServer
) -> None:
    with altered.standby() as standby:
        await altered.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        await altered.execute("SELECT pg_reload_conf()")
        async with connected(blog_client, both(altered, standby)) as client:
            await client.seat.create({"row": 1, "number": 1})
            await asyncio.to_thread(altered.stop, "immediate")
            with pytest.raises(Exception, match=r"reach|closed") as caught:
                await client.seat.create({"row": 1, "number": 2})
            assert code(caught.value) in LOST
            await standby.execute("SELECT pg_promote()")
            await back(until_count(client, 1))
            await client.seat.create({"row": 1, "number": 2})
            assert await client.seat.count() == 2


async def test_a_primary_that_is_cut_off_does_not_keep_a_client_from_the_server_that_replaces_it(
    blog_client: Any, altered: OwnServer
) -> None:
    with altered.standby() as standby:
        async with Proxy("127.0.0.1", altered.port) as proxy:
            url = both(altered, standby).replace(altered.place, f"127.0.0.1:{proxy.port}")
            async with connected(blog_client, f"{url}&socket_timeout=0.5") as client:
                await client.seat.create({"row": 1, "number": 1})
                await fill_pool(client)
                proxy.pull_cable()
                with pytest.raises(Exception, match="timed out") as caught:
                    await client.seat.count()
                assert code(caught.value) == "P1008"
                await standby.execute("SELECT pg_promote()")
                while True:
                    with suppress(Exception):
                        await client.seat.create({"row": 1, "number": 2})
                        break
                assert await client.seat.count() == 2


async def test_a_server_that_stops_taking_writes_is_left_for_one_that_takes_them(
    blog_client: Any, altered: OwnServer
) -> None:
    with altered.standby() as other:
        await other.execute("SELECT pg_promote()")
        async with connected(blog_client, both(altered, other)) as client:
            await fill_pool(client)
            await altered.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            await altered.execute("SELECT pg_reload_conf()")
            with pytest.raises(Exception, match="read-only transaction"):
                while True:
                    await client.seat.create({"row": 1, "number": await client.seat.count()})
            await client.seat.delete_many()
            await client.seat.create({"row": 2, "number": 1})
            assert await client.seat.count() == 1


# A client that could not connect


async def test_a_client_whose_server_was_not_there_works_as_soon_as_it_is(
    blog_client: Any, blog_server: OwnServer
) -> None:
    await asyncio.to_thread(blog_server.stop)
    client = blog_client.Prisma(datasource={"url": blog_server.url}, use_dotenv=False)
    try:
        with pytest.raises(blog_client.engine.errors.EngineConnectionError, match="P1001"):
            await client.connect()
        with pytest.raises(Exception, match="Can't reach database server"):
            await client.seat.count()
    finally:
        await asyncio.to_thread(blog_server.start)
    assert await client.seat.count() >= 0
    await client.disconnect()
