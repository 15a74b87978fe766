"""Which of several hosts a connection goes to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final, TypeAlias

import asyncpg

from prisma_engine.postgres.driver import Driver

__all__ = ["Attempt", "first_of"]

Attempt: TypeAlias = Callable[[], Coroutine[Any, Any, Driver]]
"""Connects to one host."""

_HEAD_START: Final = 1.0  # seconds; a host that is there answers sooner, one that is cut off never does
_ELSEWHERE: Final = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TargetServerAttributeNotMatched,
)
"""Errors after which another host may do better; a wrong password is wrong everywhere."""


async def first_of(attempts: Iterable[Attempt]) -> Driver:
    """Connect to the first host that can be used, in their order, each with a head start over the next.

    Errors: the driver's; of hosts that cannot be used, the last one's.
    """
    waiting = list(attempts)
    running: set[asyncio.Task[Driver]] = set()
    try:
        while True:
            if waiting:
                running.add(asyncio.ensure_future(waiting.pop(0)()))
            patience = _HEAD_START if waiting else None
            done, _ = await asyncio.wait(running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                running.remove(task)
                if not (waiting or running) or not isinstance(task.exception(), _ELSEWHERE):
                    return task.result()
    finally:
        for task in running:
            task.add_done_callback(_hang_up)
            task.cancel()


def _hang_up(task: asyncio.Task[Driver]) -> None:
    """End what a slower host has come to after all."""
    if not task.cancelled() and task.exception() is None:
        task.result().terminate()
