"""JavaScript's promises, microtasks and timers for a wasm module, on the event loop of asyncio.

Rust's futures go on when a closure of the module is called, which happens in microtasks only. After every entry into
the module from outside (a call, an answer to it, a timer) the microtasks run until there are none. Whatever is raised
in there is the module's end, and nobody in the module would tell the caller: `Jobs` does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.values import UNDEFINED, JsError, to_text

__all__ = ["CLOSURE_EXPORTS", "BrokenError", "Jobs", "Promise", "promise_functions"]

Function: TypeAlias = Callable[..., Any]

_INVOKE: Final = (
    "wasm_bindgen_353b96ef71864b03___convert__closures_____invoke___wasm_bindgen_353b96ef71864b03___JsValue"
)
_INVOKE_CLOSURE: Final = f"{_INVOKE}_____"
_INVOKE_EXECUTOR: Final = f"{_INVOKE}__wasm_bindgen_353b96ef71864b03___JsValue_____"
_DESTROY_CLOSURE: Final = (
    "wasm_bindgen_353b96ef71864b03___closure__destroy___dyn_core_9b3796e30d99ddb7___ops__function__FnMut__"
    "wasm_bindgen_353b96ef71864b03___JsValue____Output_______"
)
CLOSURE_EXPORTS: Final = (_INVOKE_CLOSURE, _INVOKE_EXECUTOR, _DESTROY_CLOSURE)
"""What the module must export for its closures to be called; the names are those of the pinned build."""


_CLOSED: Final = "it was closed"


class BrokenError(Exception):
    """The module has stopped, or no answer of its can come any more; the cause is what was raised in it."""


class Jobs:
    """The microtasks, timers and awaited answers of one instance; one call at a time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._microtasks: deque[tuple[Function, tuple[object, ...]]] = deque()
        self._tasks: set[asyncio.Task[object]] = set()
        self._timers: set[asyncio.TimerHandle] = set()
        self._answer: asyncio.Future[object] | None = None
        self._is_closed = False

    async def call(self, function: Function, *arguments: object) -> object:
        """Call a function that gives a promise, and wait until that is settled.

        Errors: JsError, which the promise is rejected with; BrokenError, after which the module is of no use.
        """
        if self._is_closed:
            raise BrokenError(_CLOSED)
        self._answer = self._loop.create_future()
        self._enter(self._ask, function, *arguments)
        return await self._answer

    def add(self, function: Function, *arguments: object) -> None:
        """Add a microtask."""
        self._microtasks.append((function, arguments))

    def promise(self, work: Coroutine[Any, Any, object]) -> Promise:
        """A promise of what Python gives; a JsError rejects it, and so does every other exception, as one."""
        promise = Promise(self)
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._enter(self._settle, promise, done))
        return promise

    def set_timer(self, function: Function, milliseconds: int) -> float:
        """Call a function later; the result stands for a timer's number, by which nobody stops one."""

        def ring() -> None:
            self._timers.discard(timer)
            self._enter(function)

        timer = self._loop.call_later((milliseconds & 0xFFFF_FFFF) / 1000, ring)
        self._timers.add(timer)
        return 1.0

    async def close(self) -> None:
        """Let go of everything, and tell whoever waits for an answer; the module is never entered again."""
        self._is_closed = True
        self._give_up(BrokenError(_CLOSED))
        self._microtasks.clear()
        for timer in self._timers:
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _enter(self, function: Function, *arguments: object) -> None:
        """Enter the module from outside."""
        if self._is_closed:
            return
        try:
            function(*arguments)
            while self._microtasks:
                job, values = self._microtasks.popleft()
                job(*values)
        except Exception as error:  # noqa: BLE001  # whatever it was, the caller is to hear of it
            self._break(error)
        else:
            if not (self._tasks or self._timers):
                self._break(None)

    def _break(self, cause: Exception | None) -> None:
        """Tell the caller, if there still is one."""
        self._is_closed = cause is not None
        broken = BrokenError(str(cause) if cause else "it stopped without an answer")
        broken.__cause__ = cause
        self._give_up(broken)

    def _give_up(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _ask(self, function: Function, *arguments: object) -> None:
        promise = function(*arguments)
        if not isinstance(promise, Promise):
            raise TypeError(f"the module gave {promise!r} in place of a promise")
        promise.then(self._succeed, self._fail)

    def _settle(self, promise: Promise, done: asyncio.Task[object]) -> None:
        self._tasks.discard(done)
        error = asyncio.CancelledError() if done.cancelled() else done.exception()
        if error is None:
            promise.resolve(done.result())
        else:
            promise.reject(error if isinstance(error, JsError) else JsError(str(error), name=type(error).__name__))

    def _succeed(self, value: object) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(value)

    def _fail(self, reason: object) -> None:
        self._give_up(reason if isinstance(reason, JsError) else JsError(to_text(reason)))


class Promise:
    """JavaScript's Promise; whoever waits for it is called in a microtask."""

    __slots__ = ("_is_pending", "_is_rejected", "_is_resolved", "_jobs", "_reactions", "_value")

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._is_resolved = False  # which it also is while it follows another promise
        self._is_pending = True
        self._is_rejected = False
        self._value: object = UNDEFINED
        self._reactions: list[tuple[Function, Function]] = []

    def __repr__(self) -> str:
        return "[object Promise]"

    def resolve(self, value: object = UNDEFINED) -> None:
        """Fulfil it with a value, or have it follow a promise; only the first of all calls counts."""
        if self._is_resolved:
            return
        self._is_resolved = True
        if isinstance(value, Promise):
            self._jobs.add(value.then, self._fulfil, self._reject)
        else:
            self._fulfil(value)

    def reject(self, reason: object = UNDEFINED) -> None:
        """Reject it; only the first of all calls counts."""
        if not self._is_resolved:
            self._is_resolved = True
            self._reject(reason)

    def then(self, fulfilled: object, rejected: object = UNDEFINED) -> Promise:
        """A promise of what the function gives that fits how this one ends."""
        following = Promise(self._jobs)
        reactions = (
            _reaction(following, fulfilled, following.resolve),
            _reaction(following, rejected, following.reject),
        )
        if self._is_pending:
            self._reactions.append(reactions)
        else:
            self._jobs.add(reactions[self._is_rejected], self._value)
        return following

    def _fulfil(self, value: object) -> None:
        self._end(value, is_rejected=False)

    def _reject(self, reason: object) -> None:
        self._end(reason, is_rejected=True)

    def _end(self, value: object, *, is_rejected: bool) -> None:
        self._is_pending = False
        self._is_rejected = is_rejected
        self._value = value
        for reactions in self._reactions:
            self._jobs.add(reactions[is_rejected], value)
        self._reactions.clear()


def _reaction(following: Promise, function: object, otherwise: Function) -> Function:
    if not callable(function):
        return otherwise

    def react(value: object) -> None:
        try:
            following.resolve(function(value))
        except JsError as error:
            following.reject(error)

    return react


class Closure:
    """A function of the module's that JavaScript may keep; it lives as long as its references."""

    __slots__ = ("_data", "_guest", "_references", "_table")

    def __init__(self, guest: Guest, data: int, table: int) -> None:
        self._guest = guest
        self._data = data
        self._table = table
        self._references = 1

    def __call__(self, value: object = UNDEFINED) -> object:
        self._references += 1
        data, self._data = self._data, 0  # so that the module notices when it calls itself
        try:
            self._guest.run(_INVOKE_CLOSURE, data, self._table, value)
        finally:
            self._data = data
            self.release()
        return UNDEFINED

    def release(self) -> None:
        """Give one reference back."""
        self._references -= 1
        if self._references == 0:
            self._guest.run(_DESTROY_CLOSURE, self._data, self._table)
            self._data = 0


def _make_promise(jobs: Jobs, guest: Guest, data: int, table: int) -> Promise:
    """`new Promise(executor)`: the module gets the functions that settle it, at once."""
    promise = Promise(jobs)
    guest.run(_INVOKE_EXECUTOR, data, table, promise.resolve, promise.reject)
    return promise


def _resolved(jobs: Jobs, value: object) -> Promise:
    if isinstance(value, Promise):
        return value
    promise = Promise(jobs)
    promise.resolve(value)
    return promise


def promise_functions(jobs: Jobs, guest: Guest) -> dict[str, Function]:
    """The imports that make promises and closures and wait for them, by their full names."""
    return {
        "__wbg_instanceof_Promise_001fdd42afa1b7ef": lambda value: isinstance(value, Promise),
        "__wbg_new_3c3d849046688a66": lambda data, table: _make_promise(jobs, guest, data, table),
        "__wbg_resolve_caf97c30b83f7053": lambda value: _resolved(jobs, value),
        "__wbg_then_4f46f6544e6b4a28": lambda promise, fulfilled: promise.then(fulfilled),
        "__wbg_then_70d05cf780a18d77": lambda promise, fulfilled, rejected: promise.then(fulfilled, rejected),
        "__wbg_queueMicrotask_6d79674585219521": jobs.add,
        "__wbg_setTimeout_5d6a1d4fc51ea450": jobs.set_timer,
        "__wbindgen_cast_a9993887db3ced61": lambda data, table: Closure(guest, data, table),
        "__wbg__wbg_cb_unref_2454a539ea5790d9": lambda closure: closure.release(),
    }
