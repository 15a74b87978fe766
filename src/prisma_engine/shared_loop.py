"""The event loop of all synchronous clients of the process: who waits for a call runs it, or else a thread of its own.

One thread at a time has the seat from which the loop is run. A caller that finds it free takes it until its call has
ended, and meanwhile runs what others left there; a caller that does not leaves its call to who has the seat. The loop's
own thread sits down for calls that were left, and when nobody has called for a moment: timers, connections that are
being reset and sockets that were closed need a loop, too. So a program that calls again and again switches no threads.
A forked child starts a loop of its own: the parent goes on using the sockets that the child inherits.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import selectors
import sys
import threading
import time
from asyncio import _get_running_loop
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Generic, Protocol, TypeVar
from weakref import WeakSet

from prisma_engine.deferred_signals import DeferredSignals

__all__ = ["close_at_exit", "is_running", "run"]

_MOMENT: Final = 0.02  # seconds; what waits for the loop between two calls is later by that much at most
_TURNS: Final = 8  # of a busy loop, until it looks at its sockets
_ROOM: Final = 200  # calls that must still fit on the stack of a thread that runs the loop
_EXIT_TIMEOUT: Final = 5.0  # seconds, for each step of closing at exit; a server that is slower is left alone

_Result = TypeVar("_Result")


class Closable(Protocol):
    """What has to be closed before the loop ends."""

    async def aclose(self) -> None:
        """Close it; a second call does nothing."""


class _Call(Generic[_Result]):
    """A call: started, cancelled and ended where the loop is run, and awaited in the thread of its caller."""

    __slots__ = ("_begin", "_end", "_ended", "_error", "_result", "has_ended", "task")

    def __init__(
        self, begin: Callable[[], Coroutine[Any, Any, _Result]], end: Callable[[_Call[_Result]], object]
    ) -> None:
        self._begin = begin
        self._end = end  # is told of the end
        self._error: BaseException | None = None
        self._result: _Result
        self.task: asyncio.Task[_Result] | None = None  # while it runs
        self.has_ended = False
        self._ended = threading.Lock()  # is released at the end
        self._ended.acquire()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.has_ended:  # nobody has given it up before
            self.task = loop.create_task(self._begin())
            self.task.add_done_callback(self._take_result)

    def cancel(self) -> None:
        if self.task is not None:
            self.task.remove_done_callback(self._take_result)
            self.task.add_done_callback(self._take_result)  # its caller may have been interrupted before it was there
            self.task.cancel()
        elif not self.has_ended:
            self._finish(asyncio.CancelledError())

    def wait(self, timeout: float = -1) -> None:
        self._ended.acquire(timeout=timeout)

    def wake(self) -> None:
        """Tell who waits that it has ended."""
        self._ended.release()

    def result(self) -> _Result:
        if self._error is not None:
            try:
                raise self._error
            finally:
                del self  # or else the error, its traceback and this frame would keep each other alive
        return self._result

    def _take_result(self, task: asyncio.Task[_Result]) -> None:
        if self.has_ended:  # `cancel` has come between the task's end and this
            return
        self.task = None  # a task that is freed runs Python's code, and in the caller's thread a signal may come then
        if task.cancelled():
            self._finish(asyncio.CancelledError())
            return
        error = task.exception()
        if error is None:
            self._result = task.result()
        self._finish(error)

    def _finish(self, error: BaseException | None) -> None:
        self._error = error
        self.has_ended = True
        self._end(self)


class _Selector(selectors.DefaultSelector):
    """Asks the system about the sockets when the loop has nothing else to do, and not at each of its turns."""

    def __init__(self) -> None:
        super().__init__()
        self._busy_turns = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout == 0 and self._busy_turns < _TURNS:
            self._busy_turns += 1
            return []
        self._busy_turns = 0
        return super().select(timeout)


class _SharedLoop:
    """The loop, its seat, and its thread, which starts with the first call."""

    def __init__(self) -> None:
        self._inherited: list[asyncio.AbstractEventLoop] = []
        self.closed_at_exit: WeakSet[Closable] = WeakSet()
        self._reset()

    def _reset(self) -> None:
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._is_over = False
        self._has_stopped = False  # because the program ends
        self._seat = threading.Lock()
        self._seated: int | None = None  # the thread that runs the loop
        self._calls: set[_Call[Any]] = set()  # that have not ended
        self._ended: deque[_Call[Any]] = deque()  # of which nobody has been told
        self._is_asked = threading.Lock()  # is released to call the loop's thread; the locks of an Event are not safe
        self._is_asked.acquire()  # from exceptions of signal handlers
        self._is_quiet = False  # nobody has called since the loop's thread has looked

    def run(self, begin: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        """Run a call on the loop and wait for its result; an interrupted wait cancels it.

        Errors: RuntimeError inside a call, which would wait for itself, and when Python itself comes to its end.
        """
        self._start()
        if self._seated == threading.get_ident():
            raise RuntimeError("A synchronous client cannot be used inside the thread that runs its calls.")
        call: _Call[_Result] = _Call(begin, self._end)
        try:
            with DeferredSignals(self._interrupt) as signals:
                self._try_to_run(call, signals)
                if not call.has_ended:
                    self._leave(call)
            if not call.has_ended:
                call.wait()
            return call.result()
        except BaseException as error:
            self._give_up(call, error)
            raise
        finally:
            del call  # as in `result`

    def is_running(self) -> bool:
        """Whether there has been a call, and the program does not end yet."""
        return self._thread is not None

    def stop(self) -> None:
        """Close what is open and end the thread, when the program ends."""
        with self._starting:
            thread, self._thread = self._thread, None
            self._has_stopped = True
        if thread is not None:
            closing = _Call(self._close_all, self._end)
            self._leave(closing)
            closing.wait(3 * _EXIT_TIMEOUT)
            self._is_over = True
            self._interrupt()
            self._ask_thread()
            thread.join(_EXIT_TIMEOUT)

    def forget(self) -> None:
        """Begin anew in a forked child, where the thread does not exist and the parent uses the sockets."""
        if self._thread is not None:
            self._inherited.append(self._loop)  # freeing it would take the sockets away from the parent's loop
        self._reset()

    def _try_to_run(self, call: _Call[Any], signals: DeferredSignals) -> None:
        """Run the loop until the call has ended or a signal has come, if nobody runs it and no other in this thread."""
        if _get_running_loop() is None and _has_room() and self._seat.acquire(blocking=False):
            try:
                self._is_quiet = False
                self._calls.add(call)
                call.start(self._loop)
                self._run_until(lambda: call.has_ended or bool(signals.noted))
            finally:
                self._seat.release()
                self._wake()

    def _leave(self, call: _Call[Any]) -> None:
        """Leave a call to who runs the loop now, and to the loop's thread."""
        if call not in self._calls:
            self._calls.add(call)
            try:
                self._loop.call_soon_threadsafe(call.start, self._loop)
            except BaseException:  # such as that the stack is full
                self._calls.discard(call)
                raise
        self._ask_thread()

    def _give_up(self, call: _Call[Any], error: BaseException) -> None:
        """Cancel a call whose caller was interrupted; if it was cancelled because the program ends, wait for that."""
        if not call.has_ended:
            with DeferredSignals(_pass):
                self._loop.call_soon_threadsafe(call.cancel)
                self._ask_thread()
        elif isinstance(error, asyncio.CancelledError) and not self.is_running():
            _wait_for_the_end()

    def _ask_thread(self) -> None:
        with suppress(RuntimeError):  # it has been asked already
            self._is_asked.release()

    def _run_until(self, is_enough: Callable[[], bool]) -> None:
        """Run the loop, whose seat has been taken, until it is enough at the end of a call or at an interruption."""
        self._seated = threading.get_ident()
        try:
            self._run_loop()
            while not is_enough():
                self._wake()
                self._run_loop()
        finally:
            self._seated = None

    def _run_loop(self) -> None:
        with suppress(SystemExit, KeyboardInterrupt):  # of a call, whose caller gets it; asyncio raises it here, too
            self._loop.run_forever()

    def _end(self, call: _Call[Any]) -> None:
        self._calls.discard(call)
        self._ended.append(call)
        self._loop.stop()

    def _wake(self) -> None:
        """Tell the callers whose calls have ended: after the seat was left, so that their next calls find it free."""
        with suppress(IndexError):
            while True:
                self._ended.popleft().wake()

    def _interrupt(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _start(self) -> None:
        if self._thread is None:
            if self._has_stopped:
                _refuse_or_wait()
            with DeferredSignals(_pass), self._starting:
                if self._thread is None:  # nobody else was faster
                    self._loop = asyncio.SelectorEventLoop(_Selector())
                    self._is_over = False
                    thread = threading.Thread(target=self._serve, name="prisma-sync-client", daemon=True)
                    thread.start()
                    self._thread = thread

    def _serve(self) -> None:
        """What the loop's thread does: run the loop where nobody else does."""
        while not self._is_over:
            self._is_quiet = True
            if self._is_asked.acquire(timeout=_MOMENT) or self._is_quiet:
                with self._seat:
                    self._run_until(self._is_nothing_left)
                self._wake()
        with self._seat:
            self._loop.close()

    def _is_nothing_left(self) -> bool:
        self._is_asked.acquire(blocking=False)  # before the look at the calls: each is among them before it is left
        return not self._calls

    async def _close_all(self) -> None:
        # only the calls: the pools' own tasks tell the server what has been cancelled
        own = asyncio.current_task()
        calls = [call.task for call in self._calls if call.task is not None and call.task is not own]
        for task in calls:
            task.cancel()
        if calls:
            await asyncio.wait(calls, timeout=_EXIT_TIMEOUT)
        closing = [asyncio.ensure_future(one.aclose()) for one in self.closed_at_exit]
        if closing:
            await asyncio.wait(closing, timeout=_EXIT_TIMEOUT)
        await asyncio.get_running_loop().shutdown_asyncgens()


def _has_room() -> bool:
    """Whether the stack of this thread is not so deep that what the loop calls would not fit on it."""
    try:
        sys._getframe(sys.getrecursionlimit() - _ROOM)  # noqa: SLF001  # the one way to ask that costs nothing
    except ValueError:
        return True
    return False


def _refuse_or_wait() -> None:
    """Let nobody begin anew who comes after the end, but a handler of `atexit`. Errors: RuntimeError."""
    if sys.is_finalizing():  # Python would wait for ever for a new thread
        raise RuntimeError("A synchronous client cannot be used any more: Python has come to its end.")
    if threading.current_thread().daemon:
        _wait_for_the_end()


def _pass() -> None:
    """Make nothing of a signal."""


def _wait_for_the_end() -> None:
    """Hold a daemon thread whose call was cancelled because the program ends, instead of letting it complain."""
    while True:
        time.sleep(_EXIT_TIMEOUT)


_shared: Final = _SharedLoop()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_shared.forget)
atexit.register(_shared.stop)

is_running: Final = _shared.is_running
run: Final = _shared.run


def close_at_exit(closable: Closable) -> None:
    """Have something that calls are run on closed when the program ends, unless nobody refers to it any more."""
    _shared.closed_at_exit.add(closable)
