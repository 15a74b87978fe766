"""The engine of a synchronous client: each call runs on one event loop in the background, and the caller waits for it.

The loop's thread starts with the first call and serves all synchronous clients of the process, and other libraries that
`run` calls there. A forked child starts one of its own: the parent goes on using the sockets that the child inherits.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import CancelledError
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast
from weakref import WeakSet

from prisma_engine.engine import Engine

__all__ = ["SyncEngine", "close_at_exit", "run"]

_EXIT_TIMEOUT: Final = 5.0  # seconds, for each step of closing at exit; a server that is slower is left alone

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


class Closable(Protocol):
    """What has to be closed before the loop ends."""

    async def aclose(self) -> None:
        """Close it; a second call does nothing."""


class _Background:
    """An event loop in a daemon thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop
        self._inherited: list[asyncio.AbstractEventLoop] = []
        self._calls: WeakSet[asyncio.Task[Any]] = WeakSet()
        self.closed_at_exit: WeakSet[Closable] = WeakSet()
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def run(self, call: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        """Run a call on the loop and wait for its result; an interrupted wait cancels it.

        Errors: RuntimeError inside the loop's own thread, which would wait for itself.
        """
        loop = self._started()
        if threading.current_thread() is self._thread:
            raise RuntimeError("A synchronous client cannot be used inside the thread that runs its calls.")
        future = asyncio.run_coroutine_threadsafe(self._noted(call), loop)
        try:
            return future.result()
        except BaseException as error:
            future.cancel()  # has no effect on one that is done
            if isinstance(error, CancelledError) and not self.is_running():
                _wait_for_the_end()
            raise
        finally:
            del future  # or else the error, its traceback and this frame would keep each other alive

    def is_running(self) -> bool:
        """Whether the thread has been started."""
        return self._thread is not None

    def stop(self) -> None:
        """Close what is open and end the thread, when the program ends."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            closing = asyncio.run_coroutine_threadsafe(self._close_all(), self._loop)
            closing.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._loop.stop))
            thread.join(4 * _EXIT_TIMEOUT)

    def forget(self) -> None:
        """Begin anew in a forked child, where the thread does not exist and the parent uses the sockets."""
        if self._thread is not None:
            self._inherited.append(self._loop)  # freeing it would take the sockets away from the parent's loop
        self._reset()

    async def _noted(self, call: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
        self._calls.add(cast("asyncio.Task[Any]", asyncio.current_task()))
        return await call()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._thread is None:
            with self._lock:
                if self._thread is None:  # nobody else was faster
                    self._start()
        return self._loop

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        thread = threading.Thread(target=_serve, args=(self._loop,), name="prisma-sync-client", daemon=True)
        thread.start()
        self._thread = thread

    async def _close_all(self) -> None:
        # only the calls: the pools' own tasks tell the server what has been cancelled
        calls = [call for call in self._calls if not call.done()]
        for call in calls:
            call.cancel()
        if calls:
            await asyncio.wait(calls, timeout=_EXIT_TIMEOUT)
        closing = [asyncio.ensure_future(one.aclose()) for one in self.closed_at_exit]
        if closing:
            await asyncio.wait(closing, timeout=_EXIT_TIMEOUT)
        await asyncio.get_running_loop().shutdown_asyncgens()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _wait_for_the_end() -> None:
    """Hold a daemon thread whose call was cancelled because the program ends, instead of letting it complain."""
    while True:
        time.sleep(_EXIT_TIMEOUT)


_background: Final = _Background()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_background.forget)
atexit.register(_background.stop)


def run(call: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run a call on the loop in the background and wait for its result; an interrupted wait cancels it.

    Errors: RuntimeError inside the loop's own thread, which would wait for itself.
    """
    return _background.run(call)


def close_at_exit(closable: Closable) -> None:
    """Have something that calls are run on closed when the program ends, unless nobody refers to it any more."""
    _background.closed_at_exit.add(closable)


def _blocking(
    method: Callable[Concatenate[Engine, _Arguments], Coroutine[Any, Any, _Result]],
) -> Callable[Concatenate[SyncEngine, _Arguments], _Result]:
    """A method that runs the given one in the background and waits for it."""

    @wraps(method)
    def call(self: SyncEngine, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        return run(partial(method, self._engine, *args, **kwargs))

    return call


class SyncEngine:
    """Runs the calls of one synchronous client, from any number of threads; a subclass is its `SyncQueryEngine`.

    Errors: as `Engine`. A call that is interrupted (KeyboardInterrupt) is cancelled on the server, too.
    """

    engine_class: ClassVar[type[Engine]]
    """What runs the calls in the background."""

    url: Final = None  # as in `Engine`
    process: Final = None
    file: Final = None

    def __init__(
        self, *, dml_path: Path, log_queries: bool = False, http_config: Mapping[str, Any] | None = None
    ) -> None:
        self.dml_path = dml_path
        self._engine = self.engine_class(dml_path=dml_path, log_queries=log_queries, http_config=http_config)
        close_at_exit(self._engine)

    def __repr__(self) -> str:
        return f"<SyncEngine of {self._engine!r}>"

    def read_from(self, datasource: Mapping[str, Any]) -> None:
        """As `Engine.read_from`."""
        self._engine.read_from(datasource)

    connect = _blocking(Engine.connect)
    query = _blocking(Engine.query)
    start_transaction = _blocking(Engine.start_transaction)
    commit_transaction = _blocking(Engine.commit_transaction)
    rollback_transaction = _blocking(Engine.rollback_transaction)
    metrics = _blocking(Engine.metrics)
    health = _blocking(Engine.health)
    _close = _blocking(Engine.aclose)

    def close(self, *, timeout: timedelta | None = None) -> None:
        """Roll back open transactions and close every connection; a second call does nothing."""
        if _background.is_running():
            self._close(timeout=timeout)

    async def aclose(self, *, timeout: timedelta | None = None) -> None:
        """The same as `close`; only the base class asks for it."""
        self.close(timeout=timeout)

    def stop(self, *, timeout: timedelta | None = None) -> None:
        """Cut every connection without waiting, for a client that is dropped; that happens in any thread."""
        self._engine.stop(timeout=timeout)
