"""Signals whose handlers wait for the end of a block."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final

import pytest

from prisma_engine.deferred_signals import DeferredSignals

NUMBERS: Final = (signal.SIGUSR1, signal.SIGUSR2)


class Came(Exception):  # noqa: N818  # a signal is not an error
    """What the handler raises."""


def handler(number: int, _frame: FrameType | None) -> None:
    raise Came(number)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in NUMBERS}
    yield
    assert [signal.getsignal(number) for number in NUMBERS] == [handler, handler]
    for number, former in before.items():
        signal.signal(number, former)


def nothing() -> None:
    """What need not be told."""


def test_a_handler_runs_at_the_end_of_the_block_which_is_told_at_once() -> None:
    told: list[str] = []
    steps: list[str] = []
    with pytest.raises(Came, match=str(int(signal.SIGUSR1))), DeferredSignals(lambda: told.append("now")) as signals:
        signal.raise_signal(signal.SIGUSR1)
        steps.append("after it")
        assert (told, signals.noted) == (["now"], [signal.SIGUSR1])
    assert steps == ["after it"]


def test_each_signal_that_came_reaches_its_handler_also_after_an_error() -> None:
    with pytest.raises(Came) as second, DeferredSignals(nothing):
        for number in NUMBERS:
            signal.raise_signal(number)
        raise RuntimeError("mine")
    first = second.value.__context__
    assert isinstance(first, Came)
    assert {*first.args, *second.value.args} == set(NUMBERS)
    assert isinstance(first.__context__, RuntimeError)


def test_a_block_without_a_signal_changes_nothing() -> None:
    interrupt = signal.getsignal(signal.SIGINT)
    with DeferredSignals(nothing) as signals:
        assert signal.getsignal(signal.SIGUSR1) is not handler
    assert signals.noted == []
    assert signal.getsignal(signal.SIGINT) is interrupt


def test_in_another_thread_the_main_one_keeps_its_handlers() -> None:
    seen: list[object] = []

    def work() -> None:
        with DeferredSignals(nothing):
            seen.append(signal.getsignal(signal.SIGUSR1))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [handler]
