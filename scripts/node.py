"""Node.js, which runs the Prisma CLI: the one on PATH if it is suitable, else the one in the virtual environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NoReturn

from steps import PROJECT, VENV, StepError

sys.path.append(str(PROJECT / "src"))  # before the project is installed

from prisma_engine.cli import node as cli_node

_PRISMA: Final = PROJECT / "node_modules" / "prisma" / "build" / "index.js"
_BEHAVIOUR: Final = {
    "CHECKPOINT_DISABLE": "1",  # no calls home
    "PRISMA_HIDE_UPDATE_MESSAGE": "1",  # the version is pinned
}


def find_node() -> Path | None:
    """A suitable Node that has npm beside it or on PATH, None where there is none."""
    site_packages = next(VENV.glob("lib/python*/site-packages"), VENV)
    found = cli_node.find_node(site_packages)
    return found.program if found else None


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
