"""Promises, microtasks and timers: JavaScript's order, and no call without an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from prisma_engine.wasm.promises import BrokenError, Jobs, Promise
from prisma_engine.wasm.values import JsError


def _settled(jobs: Jobs, value: object) -> Promise:
    promise = Promise(jobs)
    promise.resolve(value)
    return promise


async def test_reactions_and_microtasks_run_in_the_order_of_javascript() -> None:
    jobs = Jobs()
    order: list[str] = []

    def note(word: str) -> Callable[..., None]:
        return lambda *_: order.append(word)

    def start() -> Promise:
        first, last = _settled(jobs, 1), Promise(jobs)
        first.then(note("first")).then(note("after first"))
        jobs.add(note("microtask"))
        following = Promise(jobs)
        following.then(note("follows another"))
        following.resolve(_settled(jobs, 2))
        order.append("at once")
        first.then(last.resolve)
        return last

    assert await jobs.call(start) == 1
    assert order == ["at once", "first", "microtask", "after first", "follows another"]


async def test_a_promise_is_settled_once_and_an_error_goes_to_who_takes_it() -> None:
    jobs = Jobs()

    def fail(_: object) -> None:
        raise JsError("thrown")

    def start() -> Promise:
        promise = _settled(jobs, "one")
        promise.resolve("two")
        promise.reject("three")
        return promise.then(fail).then(lambda _: "never").then(None, lambda error: error.message)

    assert await jobs.call(start) == "thrown"


async def test_answers_of_python_and_timers_go_on_where_they_are_waited_for() -> None:
    jobs = Jobs()

    async def answer() -> str:
        await asyncio.sleep(0)
        return "answer"

    def start() -> Promise:
        promise = Promise(jobs)
        jobs.promise(answer()).then(lambda value: jobs.set_timer(lambda: promise.resolve(value), 1))
        return promise

    assert await jobs.call(start) == "answer"


async def test_an_exception_of_python_rejects_the_promise_that_waits_for_it() -> None:
    jobs = Jobs()

    async def fail() -> None:
        raise OSError("no room")

    with pytest.raises(JsError, match="OSError: no room"):
        await jobs.call(lambda: jobs.promise(fail()))


def _raise(*_: object) -> Any:
    raise RuntimeError("trapped")


def _unsettled(jobs: Jobs, _: object) -> Promise:
    return Promise(jobs)


@pytest.mark.parametrize(
    "start",
    [
        _raise,
        lambda jobs: _unsettled(jobs, jobs.add(_raise)),
        lambda jobs: _unsettled(jobs, jobs.set_timer(_raise, 1)),
        lambda jobs: _unsettled(jobs, _settled(jobs, 1).then(_raise)),
        lambda jobs: _unsettled(jobs, jobs.promise(asyncio.sleep(0)).then(_raise)),
    ],
    ids=["in the call", "in a microtask", "in a timer", "in a reaction", "after an answer"],
)
async def test_whatever_is_raised_in_the_module_ends_the_call(start: Callable[[Jobs], Promise]) -> None:
    jobs = Jobs()

    with pytest.raises(BrokenError, match="trapped"):
        await asyncio.wait_for(jobs.call(start, jobs), 30)


async def test_a_call_that_nothing_can_answer_any_more_ends() -> None:
    jobs = Jobs()

    with pytest.raises(BrokenError, match="it stopped without an answer"):
        await asyncio.wait_for(jobs.call(Promise, jobs), 30)


async def test_closing_ends_the_call_and_everything_that_is_awaited() -> None:
    jobs = Jobs()
    work = asyncio.sleep(600)
    call = asyncio.create_task(jobs.call(lambda: jobs.promise(work)))
    await asyncio.sleep(0)

    await jobs.close()

    with pytest.raises(BrokenError, match="closed"):
        await asyncio.wait_for(call, 30)
    with pytest.raises(BrokenError, match="closed"):
        await asyncio.wait_for(jobs.call(Promise, jobs), 30)
