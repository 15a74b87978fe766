"""The event loop of the synchronous clients: which thread runs a call, and what befalls calls meanwhile."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Final

import pytest

from prisma_engine.shared_loop import _shared, run
from stop_watch import ending_within

LONG: Final = 60.0  # seconds until a test gives up
SHORT: Final = 0.2  # seconds
THREAD: Final = "prisma-sync-client"
CALLS: Final = 2_000


class Alarm(Exception):  # noqa: N818  # as it is not an error
    """What the handler of a signal raises."""


async def where() -> str:
    """The thread that runs the call."""
    await asyncio.sleep(0)
    return threading.current_thread().name


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true"


@pytest.fixture
def alarms() -> Iterator[list[int]]:
    """SIGALRM raises, and is counted here."""
    came: list[int] = []

    def handler(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        raise Alarm

    former = signal.signal(signal.SIGALRM, handler)
    yield came
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert signal.signal(signal.SIGALRM, former) is handler


def test_calls_on_a_stack_that_is_nearly_full_fail_or_not_and_leave_nothing_behind() -> None:
    def at(depth: int) -> str:
        return at(depth - 1) if depth else run(where)

    until(lambda: run(where) == threading.current_thread().name)
    limit = sys.getrecursionlimit()
    found = set()
    for depth in range(limit - 300, limit):
        with suppress(RecursionError):
            found.add(at(depth))
    assert THREAD in found
    until(lambda: run(where) == threading.current_thread().name)
    assert not _shared._calls  # noqa: SLF001  # what would keep the loop's thread from leaving the seat


def test_a_signal_during_a_call_is_told_once_to_a_loop_of_the_programs_own() -> None:
    told: list[int] = []

    async def signalled() -> None:
        signal.raise_signal(signal.SIGUSR1)

    loop = asyncio.new_event_loop()
    loop.add_signal_handler(signal.SIGUSR1, told.append, 1)
    try:
        until(lambda: run(where) == threading.current_thread().name)
        run(signalled)
        loop.run_until_complete(asyncio.sleep(0.1))
    finally:
        loop.remove_signal_handler(signal.SIGUSR1)
        loop.close()
    assert told == [1]


@pytest.mark.parametrize(
    "program",
    [
        "class Late:\n    def __del__(self): run(where)\nimport sys; sys.late = Late()",
        "",
        "def calls():\n    while True: run(where)\n"
        "for _ in range(4): threading.Thread(target=calls, daemon=True).start()",
    ],
    ids=["an object that is freed last", "a handler at exit alone", "daemon threads"],
)
def test_a_program_ends_whoever_still_calls(program: str) -> None:
    """It comes to its end in time, though somebody calls after the loop has been closed."""
    text = (
        "import asyncio, atexit, threading\n"
        "atexit.register(lambda: run(where))\n"  # before the client's own, so that it comes after that
        "from prisma_engine.shared_loop import run\n"
        "async def where(): await asyncio.sleep(0)\n"
        f"run(where)\n{program}"
    )
    with ending_within(10):
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=LONG, check=False)
    assert done.returncode == 0, done.stderr


def test_a_thread_that_calls_again_and_again_runs_its_calls_itself() -> None:
    assert run(where) in {THREAD, threading.current_thread().name}
    until(lambda: run(where) == threading.current_thread().name)
    with ThreadPoolExecutor(1, thread_name_prefix="another") as threads:
        until(lambda: threads.submit(run, where).result() == "another_0")


def test_calls_of_other_threads_go_on_while_one_waits() -> None:
    async def wait() -> str:
        has_begun.set()
        await is_released.wait()
        return threading.current_thread().name

    has_begun, is_released = threading.Event(), run(_event)
    with ThreadPoolExecutor(5) as threads:
        waiting = threads.submit(run, wait)
        assert has_begun.wait(LONG)
        with ending_within(1):
            assert len(list(threads.map(run, [where] * 100))) == 100
            run(where)
        assert not waiting.done()

        async def release() -> None:
            is_released.set()

        run(release)
        assert waiting.result(LONG)


async def _event() -> asyncio.Event:
    return asyncio.Event()


def test_what_is_due_between_two_calls_happens_without_one() -> None:
    happened = threading.Event()

    async def plan() -> None:
        asyncio.get_running_loop().call_later(SHORT, happened.set)

    run(plan)
    with ending_within(SHORT):
        assert happened.wait(LONG)


def test_inside_another_event_loop_the_own_thread_runs_the_call() -> None:
    async def cell() -> str:
        return run(where)

    assert asyncio.run(cell()) == THREAD


def test_a_call_inside_a_call_is_refused_whoever_runs_it() -> None:
    async def call() -> None:
        run(where)

    async def cell() -> None:
        run(call)

    with pytest.raises(RuntimeError, match="inside the thread that runs its calls"):
        run(call)
    with pytest.raises(RuntimeError, match="inside the thread that runs its calls"):
        asyncio.run(cell())


async def fail(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(3), KeyboardInterrupt()])
def test_errors_and_exits_of_a_call_are_its_callers_and_the_loop_goes_on(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        run(partial(fail, error))
    assert raised.value is error

    async def cell() -> None:
        with pytest.raises(type(error)):
            run(partial(fail, error))

    asyncio.run(cell())  # the own thread runs the call
    assert run(where)


def test_a_handler_may_call_itself_and_the_interrupted_call_ends(alarms: list[int]) -> None:
    names: list[str] = []

    def handler(_number: int, _frame: FrameType | None) -> None:
        names.append(run(where))

    async def wait() -> int:
        await asyncio.sleep(SHORT)
        return 7

    raising = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, SHORT / 4)
    assert run(wait) == 7
    assert len(names) == 1
    signal.signal(signal.SIGALRM, raising)
    assert alarms == []


def test_a_signal_whose_handler_raises_cancels_the_call(alarms: list[int]) -> None:
    ends: list[str] = []

    async def wait() -> None:
        signal.setitimer(signal.ITIMER_REAL, SHORT / 4)
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    with ending_within(SHORT), pytest.raises(Alarm):
        run(wait)
    until(lambda: bool(ends))
    assert len(alarms) == 1


def test_signals_at_any_moment_reach_the_caller_and_no_code_of_the_loop(alarms: list[int]) -> None:
    """Were one raised inside the loop, it would be lost, or another call would get it, or a lock would stay locked."""
    choice = random.Random(11)
    inside = raised = 0

    async def work() -> int:
        nonlocal inside
        inside += 1
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            await asyncio.sleep(choice.choice((0, 0.0005)))
        finally:
            inside -= 1
        return 7

    for _ in range(CALLS):
        try:
            signal.setitimer(signal.ITIMER_REAL, choice.choice((1e-5, 5e-5, 1e-4, 2e-4, 1e-3)))
            assert run(work) == 7
            signal.setitimer(signal.ITIMER_REAL, 0)
        except Alarm:
            raised += 1
    assert raised == len(alarms) > CALLS / 10
    until(lambda: inside == 0)


def test_calls_and_moments_of_many_threads_lose_nothing() -> None:
    """Each number comes back to who asked for it, in whichever thread the loop is at the moment."""

    def work(seed: int) -> int:
        choice = random.Random(seed)

        async def answer(number: int) -> int:
            for _ in range(choice.randrange(3)):
                await asyncio.sleep(0)
            return number

        for number in range(200):
            assert run(lambda number=number: answer(number)) == number  # type: ignore[misc]
            if choice.random() < 0.02:
                time.sleep(0.03)  # long enough for the own thread to sit down
        return seed

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(8))) == list(range(8))
