"""UUIDs of version 7; a module of its own, because a program makes some without the interpreter of plans."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from string import hexdigits
from typing import Final

__all__ = ["VARIANTS", "UuidSequence", "milliseconds", "uuid7"]

VARIANTS: Final = {digit: "89ab"[int(digit, 16) & 0b11] for digit in hexdigits.lower()}
"""The digit of a UUID that starts with the bits 10, for each random one. Source: RFC 9562, section 4.1."""

_COUNTER_BITS: Final = 12


def milliseconds() -> int:
    """Return the milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class UuidSequence:
    """Version 7 UUIDs that only ever rise, whatever the clock does.

    Source: RFC 9562, section 6.2, method 1: the 12 bits of `rand_a` count within a millisecond.
    """

    def __init__(self, clock: Callable[[], int] = milliseconds) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._moment = 0
        self._count = 0

    def __call__(self) -> str:
        """Return the next one."""
        digits = os.urandom(8).hex()
        with self._lock:
            moment, count = self._advance(self._clock())
        return _uuid7(moment, count, digits)

    def take(self, count: int) -> list[str]:
        """Return the next so many: the random bits of all are read at once."""
        digits = os.urandom(8 * count).hex()
        with self._lock:
            now = self._clock()
            beginnings = [self._advance(now) for _ in range(count)]
        return [_uuid7(*beginning, digits[16 * row : 16 * row + 16]) for row, beginning in enumerate(beginnings)]

    def _advance(self, now: int) -> tuple[int, int]:
        self._count += 1
        if now > self._moment or self._count >> _COUNTER_BITS:
            self._moment = max(now, self._moment + 1)  # a full counter borrows the next millisecond
            self._count = secrets.randbits(_COUNTER_BITS - 1)  # the top bit stays free as room to count
        return self._moment, self._count


def _uuid7(moment: int, count: int, digits: str) -> str:
    return f"{_time_in(moment)}-7{count:03x}-{VARIANTS[digits[0]]}{digits[1:4]}-{digits[4:]}"


@lru_cache(maxsize=16)
def _time_in(moment: int) -> str:
    return f"{moment >> 16:08x}-{moment & 0xFFFF:04x}"


uuid7: Final = UuidSequence()
"""Return a version 7 UUID as text; within this process every result is greater than the one before."""
