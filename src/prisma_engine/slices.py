"""Work on long lists that lets other tasks run in between."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

__all__ = ["in_slices"]

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_MANY: Final = 100  # items: so few make the collector look once at most
_SLICE: Final = 1000  # items: a few milliseconds for the slowest work that is done with them


async def in_slices(work: Callable[[Sequence[_Item]], list[_Result]], items: Sequence[_Item]) -> list[_Result]:
    """Work on a list at once if it is short, else slice by slice with a turn of the event loop after each."""
    if len(items) < _MANY:
        return work(items)
    results: list[_Result] = []
    for start in range(0, len(items), _SLICE):
        results += _uncollected(work, items, start)
        if len(items) > _SLICE:
            await asyncio.sleep(0)
    return results


def _uncollected(work: Callable[[Sequence[_Item]], list[_Result]], items: Sequence[_Item], start: int) -> list[_Result]:
    """Work on a slice while Python's garbage collector waits, because all that is made here is in use.

    It would look at the new objects again and again, and with every few thousand of them at all objects of the process.
    """
    is_mine = gc.isenabled()
    gc.disable()
    try:
        return work(items[start : start + _SLICE])
    finally:
        if is_mine:
            gc.enable()
