"""Long work in slices."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

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


async def test_short_work_is_done_at_once() -> None:
    assert await in_slices(lambda items: [len(items)], range(1000)) == [1000]
