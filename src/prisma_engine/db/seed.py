"""Runs the program that fills a database with a project's first data."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from prisma_engine.errors import UserFacingError

__all__ = ["seed"]

_SPACES: Final = re.compile(r"(?<!\\) +")


async def seed(command: str, *, folder: str | Path = ".") -> None:
    """Run the command with this program's input, output and environment; the environment's `python` is this one.

    Shape:  there is no shell: words end at spaces, and a backslash before a space keeps it.
    Errors: UserFacingError when the program cannot be started or ends with another status than 0.
    Source: the package execa of the Prisma CLI 7.10, `execaCommand`.
    """
    words = [word.replace("\\ ", " ") for word in _SPACES.split(command.strip(" "))]
    status = await _run(words, folder)
    if status < 0:
        name, words_for_it = signal.Signals(-status).name, signal.strsignal(-status)
        raise _failed(f"was killed with {name} ({words_for_it})", words)
    if status:
        raise _failed(f"failed with exit code {status}", words)


async def _run(words: Sequence[str], folder: str | Path) -> int:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    program = shutil.which(words[0], path=path)
    if program is None:
        raise _failed("failed with ENOENT", words, f"\nspawn {words[0]} ENOENT")
    try:
        process = await asyncio.create_subprocess_exec(
            program, *words[1:], cwd=folder, env={**os.environ, "PATH": path}
        )
    except OSError as error:
        raise _failed(f"failed with {errno.errorcode.get(error.errno or 0)}", words, f"\n{error.strerror}") from error
    return await _end_of(process)


async def _end_of(process: Process) -> int:
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise


def _failed(how: str, words: Sequence[str], why: str = "") -> UserFacingError:
    return UserFacingError(None, f"Command {how}: {' '.join(words)}{why}")
