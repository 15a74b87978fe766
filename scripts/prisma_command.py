"""Prisma's commands, as `prisma_engine` has them, run by the virtual environment's Python in the project's folder."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from steps import PROJECT, VENV, environment

_COMMAND: Final = (str(VENV / "bin" / "python"), "-m", "prisma_engine")


def prisma_or_exit(*arguments: str, extra: dict[str, str] | None = None) -> None:
    """Run a command with its output on the screen; where it fails, end with its status: it has said why."""
    done = subprocess.run([*_COMMAND, *arguments], cwd=PROJECT, env={**environment(), **(extra or {})}, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def prisma_output(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return its status and what it printed."""
    return subprocess.run(
        [*_COMMAND, *arguments], cwd=PROJECT, env=environment(), check=False, text=True, capture_output=True
    )
