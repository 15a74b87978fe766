"""A terminal with a program in it: what it writes is waited for, and keys are typed."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["CTRL_C", "CTRL_D", "Terminal", "terminal"]

CTRL_C: Final = "\x03"
CTRL_D: Final = "\x04"
_PATIENCE: Final = 90.0  # seconds: a program that hangs fails its test
_TAKE_THE_TERMINAL: Final = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
)
"""Only the terminal that a process has taken sends it an interrupt for Ctrl-C."""


@dataclass(slots=True)
class Terminal:
    """The end of the terminal that a person sits at."""

    process: subprocess.Popen[bytes]
    descriptor: int
    shown: str = ""

    def wait_for(self, text: str) -> None:
        """Read until the program has written the text, and forget what came before its end."""
        deadline = time.monotonic() + _PATIENCE
        while text not in self.shown:
            assert self._read(deadline - time.monotonic()), f"{text!r} did not come, but {self.shown!r}"
        self.shown = self.shown.partition(text)[2]

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.descriptor, keys.encode())

    def finish(self) -> tuple[int, str]:
        """Wait for the program's end; its status, and what it wrote last."""
        deadline = time.monotonic() + _PATIENCE
        while self._read(deadline - time.monotonic()):
            pass
        return self.process.wait(timeout=_PATIENCE), self.shown.replace("\r\n", "\n")

    def _read(self, seconds: float) -> bool:
        """Read what there is; False at the program's end. A time that is over fails."""
        ready, _, _ = select.select([self.descriptor], [], [], max(seconds, 0))
        assert ready, f"the program is silent, after {self.shown!r}"
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # the last program that had the terminal open has ended
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


@contextmanager
def terminal(folder: Path, environment: Mapping[str, str], *arguments: str) -> Iterator[Terminal]:
    """A terminal that runs `python` with these arguments, without colours; it is ended with the block."""
    ours, theirs = pty.openpty()
    own = {"TERM": "xterm", "NO_COLOR": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    own |= {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("COVERAGE_")}
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_THE_TERMINAL, sys.executable, *arguments],
        cwd=folder,
        env={**own, **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
