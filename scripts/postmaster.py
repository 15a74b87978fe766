"""The embedded servers that run on this machine, whichever checkout they are of, as the table of processes has them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote, unquote

from steps import StepError

StopMode = Literal["fast", "immediate"]

_SETTING: Final = "prisma_database.checkout"  # PostgreSQL takes names with a dot as they are, for its users
_SERVER: Final = re.compile(rf"\S+/postgres -D (.+?) -c .*?\bport=(\d+) .*{re.escape(_SETTING)}=(\S+)")
_PROC: Final = Path("/proc")
_IN_A_CONTAINER: Final = re.compile(r"^NSpid:\s+\d+\s+\d", re.MULTILINE)  # it has one number more in there

_STOP_SECONDS: Final = 60  # a fast shutdown writes a checkpoint first
_STOP_SIGNALS: Final = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A running embedded server of a checkout."""

    pid: int
    data: Path
    port: int
    checkout: Path

    @staticmethod
    def mark(checkout: Path) -> dict[str, str]:
        """The setting that says whose server it is."""
        return {_SETTING: quote(os.fspath(checkout))}

    @property
    def is_abandoned(self) -> bool:
        """Whether nobody can stop it in an orderly way any more: its checkout or its data are deleted."""
        return _has_our_files(self.pid) and (_is_deleted(self.checkout) or self.has_lost_its_data)

    @property
    def has_lost_its_data(self) -> bool:
        """Whether its data folder is deleted."""
        return _is_deleted(self.data)

    def stop(self) -> None:
        """Stop it and wait until it has ended. Errors: PermissionError for another account's."""
        stop_process(self.pid, self.data, mode="immediate" if self.has_lost_its_data else "fast")


def running() -> Iterator[Postmaster]:
    """Those of every checkout on this machine, also of other accounts; not those inside of containers."""
    for pid, command in _command_lines():
        found = _SERVER.match(command)
        if found and not _is_in_a_container(pid):
            yield Postmaster(pid, Path(found[1]), int(found[2]), Path(unquote(found[3])))


def stop_process(pid: int, data: Path, *, mode: StopMode) -> None:
    """Stop the server of a data folder and wait until it has ended.

    Source: PostgreSQL's manual, "Shutting Down the Server"; a signal works without the programs being there.
    """
    os.kill(pid, _STOP_SIGNALS[mode])
    deadline = time.monotonic() + _STOP_SECONDS
    while is_postmaster(pid, data):
        if time.monotonic() > deadline:
            raise StepError(f"PostgreSQL (process {pid}) did not stop within {_STOP_SECONDS} s")
        time.sleep(_POLL_SECONDS)


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether this process is the server of a data folder: a number in a file may be another process's by now."""
    return f" -D {data} " in f"{_command_line(pid)} "


def _command_line(pid: int) -> str:
    """What a process was started with, empty when it has ended."""
    if not _PROC.joinpath("self").exists():
        return _ps("-p", str(pid), "-o", "command=").strip()
    try:
        return _PROC.joinpath(str(pid), "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _command_lines() -> Iterator[tuple[int, str]]:
    if not _PROC.joinpath("self").exists():
        for line in _ps("-ax", "-o", "pid=,command=").splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command.strip()
        return
    for entry in _PROC.iterdir():
        if entry.name.isdecimal():
            yield int(entry.name), _command_line(int(entry.name))


def _ps(*arguments: str) -> str:
    done = subprocess.run(["ps", "-ww", *arguments], check=False, text=True, stdout=subprocess.PIPE)
    return done.stdout


def _is_in_a_container(pid: int) -> bool:
    """Whether the paths that it was started with are another file system's."""
    try:
        return _IN_A_CONTAINER.search(_PROC.joinpath(str(pid), "status").read_text(encoding="utf-8")) is not None
    except OSError:
        return False


def _has_our_files(pid: int) -> bool:
    """Whether its paths are the same files for us: not where either of us is in a chroot, or has a /tmp of its own."""
    if not _PROC.joinpath("self").exists():
        return True
    try:
        return all(_PROC.joinpath(str(pid), at).samefile(_PROC / "self" / at) for at in ("root", "ns/mnt"))
    except OSError:  # another account's, or it has ended: not for us to stop
        return False


def _is_deleted(path: Path) -> bool:
    """Whether there is nothing there; what we may not look at is taken as being there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
