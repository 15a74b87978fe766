"""Programs of ours that begin at once: each is a fork of a process that has imported what they need.

To start Python and import a generated client takes longer than most of these programs work. What such a program says,
writes and ends with is what it would be otherwise; a test of a start, a signal or a terminal starts it itself.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

import pytest

__all__ = ["Forks", "forks"]

_TIMEOUT: Final = 120.0  # seconds: a program that hangs fails its test instead of holding up the run
_IMPORTED: Final = (
    *("database", "conversations", "prisma_engine.cli.migrations", "prisma_engine.cli.migrate_dev"),
    *("prisma_engine.client_text", "tomlkit", "wasmtime"),  # what commands import when they come to need it
)
_MODULE: Final = "-m"  # before the name of a module, as for Python itself
_TEXT: Final = "-c"  # before a program's text


@dataclass(frozen=True, slots=True)
class Forks:
    """The process that is forked, at the other end of a socket: it runs one program after the other."""

    asked: socket.socket
    turn: Lock = field(default_factory=Lock)

    def run(
        self, *command: str, folder: Path, environment: Mapping[str, str], given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a script, a module after -m or a text after -c to its end; it reads `given` from stdin."""
        with ExitStack() as stack, self.turn:
            streams = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
            streams[0].write(given.encode())
            streams[0].seek(0)
            request = {"command": command, "folder": str(folder), "environment": dict(environment)}
            socket.send_fds(self.asked, [b"\n"], [stream.fileno() for stream in streams])
            self.asked.sendall(f"{json.dumps(request)}\n".encode())
            status = int(self.asked.recv(100))
            for stream in streams:
                stream.seek(0)
            return subprocess.CompletedProcess(command, status, *(stream.read().decode() for stream in streams[1:]))


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The process that is forked for the tests of a worker."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:  # where the process ends, who waits for an answer shall see that
            process = subprocess.Popen(
                [sys.executable, __file__],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "utf-8"},
                stdin=theirs.fileno(),
                start_new_session=True,
            )
        try:
            ours.settimeout(_TIMEOUT)
            yield Forks(ours)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it has nothing to lose
            process.wait()


def _serve(asked: socket.socket) -> None:
    """Fork for each request, one after the other, and answer with the status."""
    ended: list[int] = []
    atexit.register(_leave, ended)  # before all others, so that it is called after them
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # no fork looks for cycles in what they share
    with asked.makefile("rb") as requests:
        while True:
            _, streams, _, _ = socket.recv_fds(asked, 1, 3)
            request = json.loads(requests.readline())
            fork = os.fork()
            if fork == 0:
                asked.close()
                try:
                    _become(**request, streams=streams)
                except SystemExit as end:
                    ended.append(end.code if isinstance(end.code, int) else int(end.code is not None))
                    raise
            for stream in streams:
                os.close(stream)
            _, status = os.waitpid(fork, 0)
            asked.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def _leave(ended: Sequence[int]) -> None:
    """End at once with a program's status: to take down what forks share, Python would have to copy it first."""
    if ended:
        gc.collect()  # what the program has left may have something to say
        for stream in (sys.stdout, sys.stderr):
            if not stream.closed:
                stream.flush()
        os._exit(ended[0])


def _become(command: Sequence[str], folder: str, environment: Mapping[str, str], streams: Sequence[int]) -> None:
    """Be the program until it ends."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    if command[0] == _MODULE:
        _, name, *arguments = command
        sys.argv = [name, *arguments]
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    elif command[0] == _TEXT:
        sys.argv = [_TEXT, *command[2:]]
        exec(command[1], {"__name__": "__main__"})
    else:
        sys.argv = list(command)
        runpy.run_path(command[0], run_name="__main__")
    sys.exit()


if __name__ == "__main__":
    with socket.socket(fileno=os.dup(0)) as socket_:
        _serve(socket_)
