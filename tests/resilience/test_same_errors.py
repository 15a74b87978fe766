"""What goes wrong between a client and its server is the same error in whichever way a statement was sent."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import product
from typing import Any, Final

import pytest

from fix_postgres import Server, cutting
from prisma_engine import WriteConflictError

TROUBLE: Final = """
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  CASE coalesce(NEW.holder, OLD.holder)
    WHEN 'cut' THEN PERFORM pg_terminate_backend(pg_backend_pid());
    WHEN 'slow' THEN PERFORM pg_sleep(30);
    WHEN 'deadlock' THEN RAISE deadlock_detected;
    WHEN 'conflict' THEN RAISE serialization_failure;
    ELSE NULL;
  END CASE;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER trouble BEFORE INSERT OR UPDATE ON "Seat" FOR EACH ROW EXECUTE FUNCTION trouble();
"""
"""What the holder of a seat is called tells what goes wrong when the row is written."""

KEY: Final = {"row_number": {"row": 1, "number": 1}}
INSERT: Final = 'INSERT INTO "Seat" VALUES (1, 1, $1) RETURNING holder'

Way = Callable[[Any, str], Awaitable[object]]


async def done(result: Any) -> Any:
    """What a method gives, of a client with and without async."""
    return await result if inspect.isawaitable(result) else result


@asynccontextmanager
async def entered(manager: Any) -> AsyncIterator[Any]:
    """A block of a client with and without async."""
    if hasattr(manager, "__aenter__"):
        async with manager as value:
            yield value
    else:
        with manager as value:
            yield value


def seat(holder: str) -> dict[str, Any]:
    return {"row": 1, "number": 1, "holder": holder}


async def create(db: Any, holder: str) -> None:
    await done(db.seat.create(seat(holder)))


async def create_many(db: Any, holder: str) -> None:
    await done(db.seat.create_many([seat(holder), {**seat(holder), "row": 2}]))


async def upsert(db: Any, holder: str) -> None:
    await done(db.seat.upsert(KEY, {"create": seat(holder), "update": {"holder": holder}}))


async def update(db: Any, holder: str) -> None:
    await done(db.seat.update({"holder": holder}, {"row_number": {"row": 0, "number": 0}}))


async def update_many(db: Any, holder: str) -> None:
    await done(db.seat.update_many({"holder": holder}, {"row": 0}))


async def batch(db: Any, holder: str) -> None:
    async with entered(db.batch_()) as batch:
        batch.seat.create({"row": 2, "number": 2})
        batch.seat.create(seat(holder))


async def query_raw(db: Any, holder: str) -> None:
    await done(db.query_raw(INSERT, holder))


async def query_first(db: Any, holder: str) -> None:
    await done(db.query_first(INSERT, holder))


async def execute_raw(db: Any, holder: str) -> None:
    await done(db.execute_raw(INSERT, holder))


async def script(db: Any, holder: str) -> None:
    await done(db.execute_raw(f"SELECT 1; {INSERT.replace('$1', repr(holder))}"))


async def raw_of_a_model(db: Any, holder: str) -> None:
    await done(db.seat.query_raw(f"{INSERT}, row, number", holder))


async def raw_in_a_batch(db: Any, holder: str) -> None:
    async with entered(db.batch_()) as batch:
        batch.seat.create({"row": 2, "number": 2})
        batch.execute_raw(INSERT, holder)


CALLS: Final[tuple[Way, ...]] = (create, create_many, upsert, update, update_many, batch)
RAW: Final[tuple[Way, ...]] = (query_raw, query_first, execute_raw, script, raw_of_a_model, raw_in_a_batch)


def in_transaction(way: Way) -> Way:
    async def inside(db: Any, holder: str) -> None:
        async with entered(db.tx()) as tx:
            await way(tx, "anybody")
            await done(tx.seat.delete_many({"row": {"not": 0}}))
            await way(tx, holder)

    return inside


def after_a_cut(way: Way) -> Way:
    """The way, in a transaction whose connection is lost between two statements."""

    async def inside(db: Any, holder: str) -> None:
        async with entered(db.tx()) as tx:
            await way(tx, "anybody")
            [row] = await done(tx.query_raw("SELECT pg_backend_pid() AS pid"))
            await done(db.execute_raw(cutting(row["pid"])))
            await way(tx, holder)

    return inside


def in_a_full_pool(way: Way) -> Way:
    """The way, while another transaction has the only connection."""

    async def inside(db: Any, holder: str) -> None:
        async with entered(db.tx()):
            await way(db, holder)

    return inside


@pytest.fixture(params=["async", "sync"])
def package(request: pytest.FixtureRequest) -> Any:
    """The client's package, with and without async."""
    return request.getfixturevalue("blog_client" if request.param == "async" else "blog_sync_client")


@pytest.fixture
async def url(blog_url: str, blog_client: Any) -> str:
    """A database where writing seats goes wrong as their holders say."""
    async with blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as client:
        await client.execute_raw(TROUBLE)
        await client.seat.create({"row": 0, "number": 0})
    return blog_url


async def failures(
    package: Any, url: str, ways: Iterable[Way], holder: str, *places: Callable[[Way], Way]
) -> dict[str, Any]:
    """The error that each way of writing a seat ends with in each place; nothing is written, and the client goes on."""
    found = {}
    async with entered(package.Prisma(datasource={"url": url}, use_dotenv=False)) as client:
        for way, place in product(ways, places):
            with pytest.raises(package.errors.PrismaError) as raised:
                await place(way)(client, holder)
            rows = await done(client.query_raw('SELECT "row", holder FROM "Seat"'))
            assert rows == [{"row": 0, "holder": None}]
            found[f"{way.__name__} {place.__name__}"] = raised.value
    return found


def alone(way: Way) -> Way:
    return way


@pytest.mark.parametrize(
    ("holder", "parameters", "places", "code"),
    [
        ("cut", "", [alone, in_transaction], "P1017"),
        ("slow", "&socket_timeout=0.2", [alone, in_transaction], "P1008"),
        ("anybody", "", [after_a_cut], "P1017"),
        ("anybody", "&connection_limit=1&pool_timeout=0.6", [in_a_full_pool], "P2024"),
    ],
    ids=["cut", "timeout", "cut between", "full pool"],
)
async def test_a_lost_connection_a_timeout_and_a_full_pool_are_the_same_in_every_way(
    package: Any, url: str, holder: str, parameters: str, *, places: list[Callable[[Way], Way]], code: str
) -> None:
    errors = await failures(package, url + parameters, CALLS + RAW, holder, *places)
    found = {way: (type(error), error.code) for way, error in errors.items()}
    assert found == dict.fromkeys(errors, (package.errors.DataError, code))


@pytest.mark.direct("a pooler's connections are not the client's")
async def test_a_connection_that_was_lost_before_a_statement_is_replaced_unnoticed_in_every_way(
    package: Any, url: str, server: Server
) -> None:
    if await server.version() < 14:
        pytest.skip("only from 14 on PostgreSQL tells when a connection's process has ended")
    async with (
        entered(package.Prisma(datasource={"url": url}, use_dotenv=False)) as other,
        entered(package.Prisma(datasource={"url": f"{url}&connection_limit=1"}, use_dotenv=False)) as client,
    ):
        for way in (*CALLS, *RAW, *map(in_transaction, CALLS + RAW)):
            [row] = await done(client.query_raw("SELECT pg_backend_pid() AS pid"))
            await done(other.query_raw("SELECT pg_terminate_backend($1::int, 10000)", row["pid"]))
            await way(client, "anybody")
            await done(other.seat.delete_many({"row": {"not": 0}}))


@pytest.mark.parametrize(("holder", "state"), [("deadlock", "40P01"), ("conflict", "40001")])
async def test_a_conflict_is_the_same_in_every_call_and_in_every_raw_statement(
    package: Any, url: str, holder: str, state: str
) -> None:
    calls = await failures(package, url, CALLS, holder, alone, in_transaction)
    raw = await failures(package, url, RAW, holder, alone, in_transaction)
    assert all(isinstance(error, WriteConflictError) for error in (*calls.values(), *raw.values()))
    assert {way: error.code for way, error in calls.items()} == dict.fromkeys(calls, "P2034")
    assert not any(isinstance(error, package.errors.RawQueryError) for error in calls.values())
    assert {way: (error.code, error.meta["code"]) for way, error in raw.items()} == dict.fromkeys(raw, ("P2010", state))
    assert all(isinstance(error, package.errors.RawQueryError) for error in raw.values())


@pytest.mark.direct("no `options` of a URL reach the server")
async def test_a_statement_that_the_server_ends_shows_its_sqlstate_in_every_way(package: Any, url: str) -> None:
    limited = f"{url}&options=-c%20statement_timeout%3D200"
    calls = await failures(package, limited, CALLS, "slow", alone, in_transaction)
    raw = await failures(package, limited, RAW, "slow", alone, in_transaction)
    for error in (*calls.values(), *raw.values()):
        assert error.data["user_facing_error"]["meta"]["code"] == "57014"
    assert {way: type(error) for way, error in calls.items()} == dict.fromkeys(calls, package.errors.DataError)
    words = 'PostgresError { code: "57014", message: "canceling statement due to statement timeout"'
    assert all(words in str(error) for error in calls.values())
    assert {way: (type(error), error.code) for way, error in raw.items()} == dict.fromkeys(
        raw, (package.errors.RawQueryError, "P2010")
    )
