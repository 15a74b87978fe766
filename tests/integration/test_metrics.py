"""`get_metrics()` of a client: what its numbers say about what it did."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest

KEYS: Final = [
    "prisma_client_queries_total",
    "prisma_datasource_queries_total",
    "prisma_pool_connections_closed_total",
    "prisma_pool_connections_opened_total",
    "prisma_client_queries_active",
    "prisma_client_queries_wait",
    "prisma_pool_connections_busy",
    "prisma_pool_connections_idle",
    "prisma_pool_connections_open",
    "prisma_client_queries_duration_histogram_ms",
    "prisma_client_queries_wait_histogram_ms",
    "prisma_datasource_queries_duration_histogram_ms",
]
PATIENCE: Final = 20  # seconds until a condition counts as never true


def values(metrics: Any) -> dict[str, Any]:
    """The metrics by name, without what all names begin with; of a histogram, how often it was observed."""
    found = {metric.key: metric.value for metric in [*metrics.counters, *metrics.gauges]}
    found.update({metric.key: metric.value.count for metric in metrics.histograms})
    return {key.removeprefix("prisma_"): value for key, value in found.items()}


async def numbers(client: Any, *names: str) -> list[float]:
    found = values(await client.get_metrics())
    return [found[name] for name in names]


async def until(client: Any, name: str, expected: int) -> None:
    """Wait until a number is the expected one."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        if await numbers(client, name) == [expected]:
            return
        assert asyncio.get_running_loop().time() < deadline, f"{name} did not become {expected}"
        await asyncio.sleep(0.005)


async def test_a_connected_client_has_opened_a_connection_and_asked_nothing(blog: Any) -> None:
    assert values(await blog.get_metrics()) == {
        "client_queries_total": 0,
        "datasource_queries_total": 0,
        "pool_connections_closed_total": 0,
        "pool_connections_opened_total": 1,
        "client_queries_active": 0,
        "client_queries_wait": 0,
        "pool_connections_busy": 0,
        "pool_connections_idle": 1,
        "pool_connections_open": 1,
        "client_queries_duration_histogram_ms": 0,
        "client_queries_wait_histogram_ms": 1,
        "datasource_queries_duration_histogram_ms": 0,
    }


async def test_calls_and_statements_are_counted(blog: Any) -> None:
    await blog.seat.create(data={"row": 1, "number": 1})
    await blog.seat.count()
    await blog.query_raw("SELECT 1 AS one")
    calls, statements, waits = await numbers(
        blog, "client_queries_total", "datasource_queries_total", "client_queries_wait_histogram_ms"
    )
    assert (calls, waits) == (3, 1 + 3)
    assert statements >= 3
    metrics = await blog.get_metrics()
    duration, _, statement_duration = (metric.value for metric in metrics.histograms)
    assert (duration.count, statement_duration.count) == (3, statements)
    assert 0 < statement_duration.sum < duration.sum
    assert duration.buckets[-1] == (50_000, 3)


async def test_a_failed_call_counts_and_is_not_active_any_more(blog: Any, blog_client: Any) -> None:
    for _ in range(2):
        with pytest.raises(blog_client.errors.PrismaError):
            await blog.query_raw("SELECT nope")
    with pytest.raises(blog_client.errors.PrismaError):
        await blog.seat.find_many(where={"nope": 1})
    assert await numbers(blog, "client_queries_total", "client_queries_active") == [3, 0]


async def test_each_call_of_a_batch_counts_and_so_do_the_statements_around_them(blog: Any) -> None:
    async with blog.batch_() as batch:
        batch.execute_raw("SELECT 1")
        batch.execute_raw("SELECT 2")
    assert await numbers(blog, "client_queries_total", "datasource_queries_total") == [2, 4]


async def test_the_gauges_show_what_is_going_on(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=1"}, use_dotenv=False)
    gauges = ("pool_connections_open", "pool_connections_busy", "pool_connections_idle", "client_queries_active")
    async with client:
        assert await numbers(client, *gauges) == [1, 0, 1, 0]
        async with client.tx():
            assert await numbers(client, *gauges) == [1, 1, 0, 0]
            waiting = asyncio.create_task(client.seat.count())
            await until(client, "client_queries_wait", 1)
            assert await numbers(client, *gauges) == [1, 1, 0, 1]
        assert await waiting == 0
        assert await numbers(client, "client_queries_wait", *gauges) == [0, 1, 0, 1, 0]


async def test_a_lost_connection_is_counted_as_closed_and_replaced(blog: Any, blog_client: Any) -> None:
    with pytest.raises(blog_client.errors.PrismaError):
        await blog.query_raw("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await blog.seat.count() == 0
    counters = ("pool_connections_opened_total", "pool_connections_closed_total", "pool_connections_open")
    assert await numbers(blog, *counters) == [2, 1, 1]


async def test_both_formats_have_the_same_metrics_and_the_labels_asked_for(blog: Any) -> None:
    await blog.seat.count()
    labels = {"server": "a", "app": "b"}
    metrics = await blog.get_metrics(format="json", global_labels=labels)
    listed = [*metrics.counters, *metrics.gauges, *metrics.histograms]
    assert [metric.key for metric in listed] == KEYS
    assert all(metric.labels == labels for metric in listed)
    text = await blog.get_metrics(format="prometheus", global_labels=labels)
    assert [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")] == KEYS
    assert 'prisma_client_queries_total{server="a",app="b"} 1' in text.splitlines()
    assert "prisma_client_queries_total 1" in (await blog.get_metrics(format="prometheus")).splitlines()


async def test_a_client_that_is_not_connected_has_no_metrics(blog_client: Any) -> None:
    client = blog_client.Prisma(use_dotenv=False)
    with pytest.raises(blog_client.errors.ClientNotConnectedError):
        await client.get_metrics()


def test_a_synchronous_client_has_them_too(blog_sync: Any) -> None:
    blog_sync.seat.count()
    assert values(blog_sync.get_metrics())["client_queries_total"] == 1
    assert "prisma_client_queries_total 1" in blog_sync.get_metrics(format="prometheus").splitlines()
