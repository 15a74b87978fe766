"""The longest time for which an event loop did nothing else: a timer that should run each millisecond shows it."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

_TICK: Final = 0.001


@dataclass(frozen=True, slots=True)
class Moment:
    """Clocks at one instant. Units: nanoseconds."""

    wall: int
    cpu: int  # of this thread
    collecting: int  # time that garbage collection has taken so far


class Collections:
    """Sums up the time that garbage collection takes in this process."""

    def __init__(self) -> None:
        self.total = 0
        self._began = 0

    def note(self, phase: str, _info: dict[str, int]) -> None:
        """Be called by the collector when it begins and ends."""
        if phase == "start":
            self._began = time.perf_counter_ns()
        else:
            self.total += time.perf_counter_ns() - self._began


class Gaps:
    """The times between two ticks of the running loop; keeps the longest without the garbage collection in it.

    A full collection looks at every object of the process, and may come in whatever allocates: that time is summed up
    on its own.
    """

    def __init__(self, collections: Collections) -> None:
        self._loop = asyncio.get_running_loop()
        self._collections = collections
        self._last = self._now()
        self._longest = (self._last, self._last)
        self._longest_in_all = 0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to tick."""
        self._last = self._now()
        self._longest = (self._last, self._last)
        self._timer = self._loop.call_later(_TICK, self._tick)

    def stop(self) -> None:
        """End with a last tick, for what blocked until now."""
        if self._timer is not None:
            self._timer.cancel()
        self._note()

    def longest(self) -> dict[str, float]:
        """The longest gap without collection, how much of it this thread computed, and the longest gap of all.

        Units: milliseconds.
        """
        began, ended = self._longest
        return {
            "gap": _without_collection(began, ended) / 1e6,
            "computing": (ended.cpu - began.cpu - (ended.collecting - began.collecting)) / 1e6,
            "with collection": self._longest_in_all / 1e6,
        }

    def _tick(self) -> None:
        self._note()
        self._timer = self._loop.call_later(_TICK, self._tick)

    def _note(self) -> None:
        now = self._now()
        if _without_collection(self._last, now) > _without_collection(*self._longest):
            self._longest = (self._last, now)
        self._longest_in_all = max(self._longest_in_all, now.wall - self._last.wall)
        self._last = now

    def _now(self) -> Moment:
        return Moment(time.perf_counter_ns(), time.thread_time_ns(), self._collections.total)


def _without_collection(began: Moment, ended: Moment) -> int:
    return ended.wall - began.wall - (ended.collecting - began.collecting)


class Watcher:
    """Collects the longest gap of each piece of work."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self._collections = Collections()

    @asynccontextmanager
    async def watching(self, name: str) -> AsyncIterator[None]:
        """Watch the loop while the body runs."""
        gaps = Gaps(self._collections)
        gc.callbacks.append(self._collections.note)
        gaps.start()
        try:
            yield
        finally:
            gaps.stop()
            gc.callbacks.remove(self._collections.note)
        self.found[name] = gaps.longest()
