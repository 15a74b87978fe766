"""How far a long run is: a bar where a person watches, plain lines elsewhere; and what became of it in the end."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from prisma.errors import PrismaError

from database import DatabaseError
from steps import StepError

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[int, int], None]
"""Takes how much of the total is done, and how many things that is."""

_PAUSE: Final = 5.0  # seconds between two lines: a log shall show life, and stay short
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)
_stopped: Final = threading.Event()


def tell(message: str) -> None:
    """Print one line for a person at once, on stderr: stdout is for data."""
    print(message, file=sys.stderr, flush=True)


@contextmanager
def progress(action: str, unit: str, total: int | None) -> Iterator[Report]:
    """Show how far an action is, with the rate, and the time that is left where the total is known."""
    started = time.monotonic()

    def rate(count: int) -> str:
        return f"{count:,} {unit}, {count / max(time.monotonic() - started, 0.001):,.0f}/s"

    bar = _bar() if sys.stderr.isatty() else None
    if bar is not None and bar.console.is_interactive:
        with bar:
            task = bar.add_task(action, total=total, rate="")
            yield lambda done, count: bar.update(task, completed=done, rate=rate(count))
    else:
        yield _lines(action, total, rate)


def _bar() -> Progress:
    from rich.console import Console  # here: loading it takes longer than a short run without a person
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
    )


def _lines(action: str, total: int | None, rate: Callable[[int], str]) -> Report:
    started = time.monotonic()
    last = -_PAUSE

    def report(done: int, count: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PAUSE:
            last = now
            tell(f"{action}: {rate(count)}{_left(done, total, now - started)}")

    return report


def _left(done: int, total: int | None, seconds: float) -> str:
    if not total or not done:
        return ""
    return f", {done / total:.0%}, {max(total - done, 0) * seconds / done:.0f} s left"


@contextmanager
def accounted(figures: Callable[[], Mapping[str, object]], *, as_json: bool, again: str) -> Iterator[None]:
    """Print the figures at the end, however it comes, and after an interruption how to go on.

    Errors: StepError in place of what the database module raises.
    """
    started = time.monotonic()
    try:
        yield
    except (DatabaseError, PrismaError) as error:
        raise StepError(f"{' '.join(str(error).split()).rstrip('.')}; {again}") from error
    except KeyboardInterrupt:
        tell(f"interrupted; {again}")
        raise
    finally:
        summary = {**figures(), "seconds": round(time.monotonic() - started, 2)}
        if as_json:
            print(json.dumps(summary, ensure_ascii=False), flush=True)
        else:
            tell("\n".join(f"  {name:<15}{_shown(value)}" for name, value in summary.items()))


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; a signal to stop cancels the work where it waits, and is raised as KeyboardInterrupt.

    Raised at any place, as Python does by itself, it could break what is between two steps, or be lost in a finalizer.
    """

    async def cancellable() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()

        def stop(_number: int, _frame: object) -> None:
            _stopped.set()
            loop.call_soon_threadsafe(task.cancel)

        for number in _STOPS:
            signal.signal(number, stop)
        await task

    try:
        asyncio.run(cancellable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


@contextmanager
def waiting_for_input() -> Iterator[None]:
    """Let a signal to stop end a read that blocks the event loop, which could not cancel anything meanwhile."""
    handlers = {number: signal.signal(number, signal.default_int_handler) for number in _STOPS}
    try:
        if _stopped.is_set():  # just before
            raise KeyboardInterrupt
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{count:,} x {kind}" for kind, count in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
