"""A watch for bounds on waiting that a busy machine does not move: it stands still while this process may not run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import perf_counter
from typing import Final

MARGIN: Final = 0.5  # seconds that a call may take beyond its bound

_TICK: Final = 0.01  # seconds
_LATE: Final = 0.02  # seconds: a tick that took longer had to wait for a processor


class StopWatch:
    """Counts the seconds of a block, whatever its event loop does: a thread of its own looks at the clock."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self._stopped = Event()
        self._thread = Thread(target=self._count, daemon=True)

    def _count(self) -> None:
        before = perf_counter()
        while not self._stopped.wait(_TICK):
            now = perf_counter()
            self.elapsed += min(now - before, _LATE)
            before = now

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what the block takes."""
        self._thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            self._thread.join()


@contextmanager
def ending_within(bound: float, *, margin: float = MARGIN) -> Iterator[StopWatch]:
    """The block must end within its bound, in seconds, plus a margin."""
    watch = StopWatch()
    with watch.running():
        yield watch
    assert watch.elapsed <= bound + margin
