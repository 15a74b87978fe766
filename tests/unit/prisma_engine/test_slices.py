"""Long work in slices."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from threading import Thread

import pytest

from prisma_engine.slices import in_slices


async def test_long_work_lets_other_tasks_run_in_between() -> None:
    events: list[str] = []

    async def other() -> None:
        for _ in range(3):
            events.append("other")
            await asyncio.sleep(0)

    def work(items: Sequence[int]) -> list[int]:
        events.append("work")
        return [item + 1 for item in items]

    task = asyncio.create_task(other())
    assert await in_slices(work, range(2500)) == list(range(1, 2501))
    await task

    assert events == ["work", "other", "work", "other", "work", "other"]


@pytest.mark.parametrize("is_enabled", [True, False])
async def test_the_garbage_collector_waits_for_each_slice_and_is_as_before_afterwards(*, is_enabled: bool) -> None:
    was_enabled = gc.isenabled()

    def look(_items: Sequence[int]) -> list[bool]:
        return [gc.isenabled()]

    (gc.enable if is_enabled else gc.disable)()
    try:
        seen = await in_slices(look, range(2000))
        with pytest.raises(ZeroDivisionError):
            await in_slices(lambda items: [1 // item for item in items], range(2000))
        found = gc.isenabled()
    finally:
        (gc.enable if was_enabled else gc.disable)()

    assert seen == [False, False]
    assert found == is_enabled


@pytest.mark.parametrize(("length", "waits"), [(1, False), (99, False), (100, True), (1000, True)])
async def test_the_garbage_collector_waits_where_there_are_many_items(length: int, *, waits: bool) -> None:
    assert await in_slices(lambda _: [gc.isenabled()], range(length)) == [not waits]
    assert gc.isenabled()


async def test_the_garbage_collector_stays_disabled_in_the_midst_of_work_that_waits_too() -> None:
    def both(items: Sequence[int]) -> list[bool]:
        inner = in_slices(lambda _: [gc.isenabled()], items)
        with pytest.raises(StopIteration) as ended:
            inner.send(None)
        return [*ended.value.value, gc.isenabled()]

    assert await in_slices(both, range(500)) == [False, False]
    assert gc.isenabled()


def test_the_garbage_collector_is_enabled_after_work_in_many_threads() -> None:
    def work() -> None:
        for _ in range(200):
            asyncio.run(in_slices(list, range(100)))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()


async def test_short_work_is_done_at_once() -> None:
    assert await in_slices(lambda items: [len(items)], range(1000)) == [1000]
