"""Interactive transactions and batches of a generated client."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

SOON = timedelta(milliseconds=150)


async def until_expired(transaction: Any, errors: Any) -> Exception:
    """Write in a transaction until it says that it has expired."""
    for number in count():
        try:
            await transaction.seat.create(data={"row": 1, "number": number})
        except errors.TransactionExpiredError as error:
            return error  # type: ignore[no-any-return]  # the class is known at run time only
    raise AssertionError("unreachable: it counts for ever")


async def test_what_a_transaction_writes_is_there_when_it_is_committed(blog: Any) -> None:
    async with blog.tx() as tx:
        await tx.seat.create(data={"row": 1, "number": 1})
        assert await tx.seat.count() == 1
        assert await blog.seat.count() == 0
    assert await blog.seat.count() == 1


async def test_an_error_in_the_block_rolls_everything_back(blog: Any) -> None:
    with pytest.raises(RuntimeError, match="mine"):
        async with blog.tx() as tx:
            await tx.seat.create(data={"row": 1, "number": 1})
            raise RuntimeError("mine")
    assert await blog.seat.count() == 0


async def test_a_transaction_can_be_ended_by_hand(blog: Any) -> None:
    committed, rolled_back = blog.tx(), blog.tx()
    first, second = await committed.start(), await rolled_back.start()
    await first.seat.create(data={"row": 1, "number": 1})
    await second.seat.create(data={"row": 2, "number": 2})
    await committed.commit()
    await rolled_back.rollback()
    assert [seat.row for seat in await blog.seat.find_many()] == [1]


async def test_an_ended_transaction_says_how_it_ended(blog: Any, blog_client: Any) -> None:
    for end, how in [("commit", "a committed transaction"), ("rollback", "a transaction that was rolled back")]:
        manager = blog.tx()
        tx = await manager.start()
        await getattr(manager, end)()
        with pytest.raises(blog_client.errors.TransactionExpiredError, match=f"A query cannot be executed on {how}"):
            await tx.seat.count()
        with pytest.raises(blog_client.errors.TransactionExpiredError, match=how):
            await manager.commit()


async def test_a_transaction_expires_and_writes_nothing(blog: Any, blog_client: Any) -> None:
    manager = blog.tx(timeout=SOON)
    tx = await manager.start()
    error = await until_expired(tx, blog_client.errors)
    assert "expired transaction. The timeout for this transaction was 150 ms" in str(error)
    with pytest.raises(blog_client.errors.TransactionExpiredError):
        await manager.commit()
    assert await blog.seat.count() == 0


async def test_a_statement_that_runs_into_the_timeout_is_cut(blog: Any, blog_client: Any) -> None:
    manager = blog.tx(timeout=SOON)
    tx = await manager.start()
    with pytest.raises(blog_client.errors.TransactionExpiredError, match="expired transaction"):
        await tx.seat.create(data={"row": 1, "number": 1})
        await tx.query_raw("SELECT 1 FROM pg_sleep(60)")
    assert await blog.seat.count() == 0


async def test_a_commit_that_races_with_the_timeout_either_stores_or_says_that_it_did_not(
    blog: Any, blog_client: Any
) -> None:
    async def write(number: int) -> int | None:
        patient = number % 5 == 0
        manager = blog.tx(timeout=timedelta(milliseconds=60_000 if patient else number % 12 + 1))
        try:
            tx = await manager.start()
            await tx.seat.create(data={"row": number, "number": 1})
            await manager.commit()
        except blog_client.errors.TransactionExpiredError:
            return None
        return number

    committed = {
        number for start in range(0, 60, 3) for number in await asyncio.gather(*map(write, range(start, start + 3)))
    }
    assert {seat.row for seat in await blog.seat.find_many()} == committed - {None}
    assert committed >= set(range(0, 60, 5))


async def test_waiting_for_a_connection_ends_after_max_wait(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=1"}, use_dotenv=False)
    async with client, client.tx():
        with pytest.raises(
            blog_client.errors.TransactionError, match="Unable to start a transaction in the given time"
        ):
            await client.tx(max_wait=SOON).start()


async def test_a_failed_statement_leaves_only_rolling_back(blog: Any, blog_client: Any) -> None:
    with pytest.raises(blog_client.errors.UniqueViolationError):
        async with blog.tx() as tx:
            await tx.seat.create(data={"row": 1, "number": 1})
            await tx.seat.create(data={"row": 1, "number": 1})
    assert await blog.seat.count() == 0


async def test_calls_at_once_in_one_transaction_take_turns(blog: Any) -> None:
    async with blog.tx() as tx:
        await asyncio.gather(*(tx.seat.create(data={"row": 1, "number": number}) for number in range(20)))
    assert await blog.seat.count() == 20


async def test_a_cancelled_block_leaves_nothing_open(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=1"}, use_dotenv=False)

    async def hang(started: asyncio.Event) -> None:
        async with client.tx() as tx:
            await tx.seat.create(data={"row": 1, "number": 1})
            started.set()
            await asyncio.Event().wait()

    async with client:
        started = asyncio.Event()
        task = asyncio.create_task(hang(started))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await client.seat.count() == 0


async def test_disconnecting_rolls_back_what_is_open(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    await client.connect()
    tx = await client.tx().start()
    await tx.seat.create(data={"row": 1, "number": 1})
    await client.disconnect()
    await client.connect()
    assert await client.seat.count() == 0
    await client.disconnect()


async def test_a_batch_stores_all_or_nothing(blog: Any, blog_client: Any) -> None:
    async with blog.batch_() as batch:
        batch.user.create(data={"email": "ada@example.org"})
        batch.user.update(where={"email": "ada@example.org"}, data={"age": 36})
        batch.seat.create_many(data=[{"row": 1, "number": 1}, {"row": 1, "number": 2}])
    assert (await blog.user.find_unique(where={"email": "ada@example.org"})).age == 36
    with pytest.raises(blog_client.errors.UniqueViolationError):
        async with blog.batch_() as batch:
            batch.seat.delete_many()
            batch.user.create(data={"email": "ada@example.org"})
    assert await blog.seat.count() == 2


async def test_a_batch_inside_a_transaction_belongs_to_it(blog: Any) -> None:
    with pytest.raises(RuntimeError):
        async with blog.tx() as tx:
            async with tx.batch_() as batch:
                batch.seat.create(data={"row": 1, "number": 1})
            raise RuntimeError
    assert await blog.seat.count() == 0


async def test_raw_queries_take_parameters_and_fill_models(blog: Any, blog_client: Any) -> None:
    await blog.user.create(data={"email": "ada@example.org", "age": 36, "tags": ["a"]})
    rows = await blog.query_raw(
        "SELECT email, age FROM users WHERE age = $1 AND email = ANY($2)", 36, ["ada@example.org"]
    )
    assert rows == [{"email": "ada@example.org", "age": 36}]
    user = await blog.user.query_first("SELECT *, full_name AS name FROM users WHERE id = $1", 1)
    assert (user.email, user.tags) == ("ada@example.org", ["a"])
    assert await blog.execute_raw("UPDATE users SET age = age + $1", 1) == 1
    with pytest.raises(blog_client.errors.RawQueryError, match="nope"):
        await blog.query_raw("SELECT nope")
