"""Prisma's commands, as `prisma_engine` has them, run by the virtual environment's Python in the project's folder."""

from __future__ import annotations

import os
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


def prisma_here_or_exit(*arguments: str, extra: dict[str, str] | None = None) -> None:
    """The same in this process, which spares a start; `generate` last, as it loads the client that it replaces."""
    from prisma_engine.cli.dispatch import run  # here: make db-setup begins without any package

    os.environ.update({**environment(), **(extra or {})})
    os.chdir(PROJECT)
    status = run(arguments)
    sys.stdout.flush()
    if status != 0:
        sys.exit(status)


def prisma_output(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return its status and what it printed."""
    return subprocess.run(
        [*_COMMAND, *arguments], cwd=PROJECT, env=environment(), check=False, text=True, capture_output=True
    )
