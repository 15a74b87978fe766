"""A program that blocks its own event loop: an answer that is there wins over a timer that is late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final

import pytest

from prisma_engine.health import health
from prisma_engine.patience import OutOfTimeError, Patience, within

BOUND: Final = 0.3  # seconds
BLOCKED: Final = 1.0  # seconds


async def while_blocked(work: Awaitable[Any], turns: int = 3) -> Any:
    """Begin some work, then block the loop for longer than any bound."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    time.sleep(BLOCKED)  # noqa: ASYNC251  -- what this is about
    return await task


def client_of(package: Any, url: str, **options: Any) -> Any:
    return package.Prisma(datasource={"url": url}, use_dotenv=False, **options)


@pytest.mark.parametrize("turns", [1, 5, 20])
async def test_a_transaction_opens(blog_client: Any, blog_url: str, turns: int) -> None:
    async with client_of(blog_client, blog_url) as client:
        transaction = client.tx(max_wait=timedelta(seconds=BOUND), timeout=timedelta(seconds=60))
        tx = await while_blocked(transaction.start(), turns)
        assert await tx.seat.count() == 0
        await transaction.rollback()


@pytest.mark.parametrize("turns", [1, 5, 20])
async def test_a_client_connects(blog_client: Any, blog_url: str, turns: int) -> None:
    url = f"{blog_url}&connect_timeout={BOUND}"
    client = client_of(blog_client, url, connect_timeout=timedelta(seconds=BOUND))
    await while_blocked(client.connect(), turns)
    assert await while_blocked(health(client, timeout=BOUND), turns)
    assert (await while_blocked(health(client, timeout=BOUND), turns)).is_up
    await client.disconnect()


async def test_a_call_gets_its_connection(blog_client: Any, blog_url: str) -> None:
    async with client_of(blog_client, f"{blog_url}&pool_timeout={BOUND}&connection_limit=1") as client:
        counts = await while_blocked(asyncio.gather(*(client.seat.count() for _ in range(5))))
        assert counts == [0] * 5


async def test_a_bound_that_falls_says_that_the_loop_stood_still(blog_client: Any, blog_url: str) -> None:
    async with client_of(blog_client, f"{blog_url}&pool_timeout={3 * BLOCKED}&connection_limit=1") as client:
        await client.seat.count()  # what compiles waits for no connection yet
        async with client.tx(timeout=timedelta(seconds=60)):
            with pytest.raises(blog_client.errors.DataError, match=r"stood still for \d+\.\d s") as raised:
                await while_blocked(client.seat.count(), turns=5)
        assert raised.value.code == "P2024"


async def test_a_bound_without_a_blocked_loop_falls_in_time_and_without_a_remark() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTimeError):
        await within(asyncio.sleep(60), Patience(BOUND))
    assert time.monotonic() - began >= BOUND


async def test_work_that_is_cancelled_from_outside_is_cancelled() -> None:
    task = asyncio.ensure_future(within(asyncio.sleep(60), Patience(60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_inner_bound_does_not_use_up_the_outer_one() -> None:
    async def inner() -> str:
        with pytest.raises(OutOfTimeError):
            await within(asyncio.sleep(60), Patience(BOUND / 3))
        return "went on"

    assert await within(inner(), Patience(60)) == "went on"
