"""Runs what must clean up after itself, however a person or a system ends the program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

__all__ = ["run"]

_Result = TypeVar("_Result")

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # the last one is not in every system
_BASE_STATUS: Final = 128  # a shell's status of a program that a signal ended is this and the signal's number


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run to the end, as `asyncio.run`; a signal that ends programs cancels the work, which then cleans up.

    Inside a running event loop, which waits meanwhile, it runs in a thread of its own.
    Errors: KeyboardInterrupt after SIGINT, SystemExit after SIGTERM and SIGHUP; those of the work.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_interruptible(work))
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _interruptible(work)).result()


async def _interruptible(work: Coroutine[Any, Any, _Result]) -> _Result:
    task = asyncio.ensure_future(work)
    received: list[int] = []

    def stop(number: int) -> None:
        received.append(number)
        task.cancel()

    loop = asyncio.get_running_loop()
    for name in _SIGNALS:
        with suppress(
            AttributeError, NotImplementedError, RuntimeError, ValueError
        ):  # Windows; a thread that is not the main one
            loop.add_signal_handler(getattr(signal, name), stop, getattr(signal, name))
    try:
        return await task
    except asyncio.CancelledError:
        if not received:
            raise
    raise KeyboardInterrupt if received[0] == signal.SIGINT else SystemExit(_BASE_STATUS + received[0])
