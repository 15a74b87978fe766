"""Keeps the program's signal handlers out of code that an exception must not leave in the middle."""

from __future__ import annotations

import signal
import threading

# Those of `signal` make an enum of each number and each handler, and take ten times as long.
from _signal import getsignal as handler_of  # type: ignore[import-not-found]  # what `signal` is made of
from _signal import signal as set_handler
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final

__all__ = ["DeferredSignals"]

_CAUGHT: Final = sorted(int(number) for number in signal.valid_signals())


class DeferredSignals:
    """`with` notes the signals that come in its block, and raises them anew at its end, where their handlers are back.

    Python runs handlers in the main thread, between any two steps of its code; in other threads the block is like any.
    `tell` is called for each signal, as a handler is: so the block can come to its end.
    """

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._handlers: dict[int, Any] = {}
        self.noted: list[int] = []

    def __enter__(self) -> DeferredSignals:
        if threading.get_ident() == threading.main_thread().ident:
            try:
                self._take_over()
            except BaseException:  # of the handler of a signal that came before its turn
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._give_back()
        finally:
            self._raise_noted()

    def _take_over(self) -> None:
        with suppress(ValueError):  # Python's main thread is another one, in a server that has embedded it
            for number in _CAUGHT:
                handler = handler_of(number)
                if callable(handler):
                    self._handlers[number] = handler
                    set_handler(number, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.noted.append(number)
        self._tell()

    def _give_back(self) -> None:
        while self._handlers:
            number = next(iter(self._handlers))
            try:
                set_handler(number, self._handlers[number])
                del self._handlers[number]
            except BaseException:  # of a handler that is back
                self._give_back()
                raise

    def _raise_noted(self) -> None:
        while self.noted:
            try:
                _raise(self.noted.pop())
            except BaseException:  # of its handler
                self._raise_noted()
                raise


def _raise(number: int) -> None:
    """Raise a signal for its handler; whoever waits for the byte that tells of signals has got it when it came."""
    told = signal.set_wakeup_fd(-1)
    try:
        signal.raise_signal(number)
    finally:
        with suppress(OSError):  # the handler has closed it
            signal.set_wakeup_fd(told)
