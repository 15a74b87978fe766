"""Bounds on waiting that count only the time in which the program's event loop runs.

While a program blocks its own loop, answers lie unread and timers fall due together with them. A timer that came late
by that much proves nothing about the server, so what it is late does not count, and what has arrived is read first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

__all__ = ["OutOfTimeError", "Patience", "within"]

_Result = TypeVar("_Result")

_TICK: Final = 0.1  # seconds between two looks at the clock
_LATE: Final = 0.05  # seconds; a loop that does its work is less late
_WORTH_TELLING: Final = 0.1  # seconds


class OutOfTimeError(Exception):
    """A bound has passed; `remark` tells whether the event loop stood still meanwhile, and is empty if not."""

    def __init__(self, remark: str) -> None:
        super().__init__(remark)
        self.remark = remark


class Patience:
    """So many seconds of waiting, in one stretch or several; None stands for any number."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._left = seconds
        self._stalled = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def remark(self) -> str:
        """A sentence on the event loop that stood still, beginning with a space; empty where it did not."""
        if self._stalled < _WORTH_TELLING:
            return ""
        return f" The program's event loop stood still for {self._stalled:.1f} s meanwhile."

    def start(self, expire: Callable[[], object]) -> None:
        """Begin to wait: `expire` is called when nothing is left."""
        if self._left is not None:
            self._arm(asyncio.get_running_loop(), expire)

    def stop(self) -> None:
        """End a stretch of waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, loop: asyncio.AbstractEventLoop, expire: Callable[[], object]) -> None:
        step = min(self._left or 0.0, _TICK)
        self._timer = loop.call_later(step, self._tick, loop, loop.time() + step, step, expire)

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float, step: float, expire: Callable[[], object]) -> None:
        late = loop.time() - due
        self._left = max((self._left or 0.0) - step, 0.0)
        if late > _LATE:
            self._stalled += late
            self._left = max(self._left, _LATE)  # what has arrived meanwhile is read before this ends
        if self._left > 0:
            self._arm(loop, expire)
        else:
            self._timer = None
            expire()


async def within(work: Awaitable[_Result], patience: Patience) -> _Result:
    """Wait for some work, which is cancelled when the time is up. Errors: OutOfTimeError."""
    task = asyncio.current_task()
    is_up = False

    def expire() -> None:
        nonlocal is_up
        is_up = True
        if task is not None:
            task.cancel()

    patience.start(expire)
    try:
        return await work
    except asyncio.CancelledError as error:
        if not is_up or _is_cancelled_by_others(task):
            raise
        raise OutOfTimeError(patience.remark) from error
    finally:
        patience.stop()


def _is_cancelled_by_others(task: asyncio.Task[object] | None) -> bool:
    """Take our own cancellation back, and tell whether another one is left; Python 3.10 does not know."""
    uncancel: Callable[[], int] | None = getattr(task, "uncancel", None)
    return uncancel is not None and uncancel() > 0
