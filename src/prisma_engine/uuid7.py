"""UUIDs of version 7; a module of its own, because a program makes some without the interpreter of plans."""

from __future__ import annotations

import os
import secrets
import struct
import threading
import time
from collections.abc import Callable
from typing import Final

__all__ = ["UuidSequence", "uuid7"]

_COUNTER_BITS: Final = 12


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


class UuidSequence:
    """Version 7 UUIDs that only ever rise, whatever the clock does.

    Source: RFC 9562, section 6.2, method 1: the 12 bits of `rand_a` count within a millisecond.
    """

    def __init__(self, clock: Callable[[], int] = _milliseconds) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moment = 0
        self._count = 0

    def __call__(self) -> str:
        """Return the next one."""
        random = int.from_bytes(os.urandom(8), "big")
        with self._lock:
            moment, count = self._advance(self._clock())
        return _uuid7(moment, count, random)

    def take(self, count: int) -> list[str]:
        """Return the next so many: the random bits of all are read at once."""
        random = struct.unpack(f">{count}Q", os.urandom(8 * count))
        with self._lock:
            beginnings = [self._advance(self._clock()) for _ in range(count)]
        return [_uuid7(*beginning, low) for beginning, low in zip(beginnings, random, strict=True)]

    def _advance(self, now: int) -> tuple[int, int]:
        self._count += 1
        if now > self._moment or self._count >> _COUNTER_BITS:
            self._moment = max(now, self._moment + 1)  # a full counter borrows the next millisecond
            self._count = secrets.randbits(_COUNTER_BITS - 1)  # the top bit stays free as room to count
        return self._moment, self._count


def _uuid7(moment: int, count: int, random: int) -> str:
    low = 0b10 << 62 | random >> 2
    return f"{moment >> 16:08x}-{moment & 0xFFFF:04x}-7{count:03x}-{low >> 48:04x}-{low & 0xFFFF_FFFF_FFFF:012x}"


uuid7: Final = UuidSequence()
"""Return a version 7 UUID as text; within this process every result is greater than the one before."""
