"""Node.js, for what is compared with and nothing else: Prisma's official command line and its TypeScript client."""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from steps import StepError, run_quietly

_NPM_OPTIONS: Final = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_STAMP: Final = ".installed"


@functools.cache
def find_node() -> Path | None:
    """The Node on PATH where it is suitable and has an npm, None elsewhere."""
    command = shutil.which("node")
    if command is None or shutil.which("npm") is None:
        return None
    version, program = _ask(command)
    return Path(program) if is_suitable(version) else None


def is_suitable(version: str) -> bool:
    """Whether Prisma's packages run with this Node, given what `node --version` says.

    Source: Prisma's system requirements: ^20.19 || ^22.12 || >=24.
    """
    match = re.fullmatch(r"v(\d+)\.(\d+)\.\S+", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major >= 24


def _ask(command: str) -> tuple[str, str]:
    """The version, and the program itself: the command may be a wrapper, which stays in between and keeps signals."""
    script = "console.log(`${process.version}\\n${process.execPath}`)"
    try:
        done = subprocess.run([command, "-e", script], check=False, text=True, capture_output=True)
    except OSError:
        return "", ""
    version, _, program = done.stdout.strip().partition("\n")
    return version, program or command


def has_packages(folder: Path) -> bool:
    """Whether the packages that the folder's lock file names are installed in it."""
    stamp = folder / "node_modules" / _STAMP
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _source(folder)


def install_packages(folder: Path) -> None:
    """Install what the folder's lock file names. Errors: StepError."""
    npm = shutil.which("npm")
    if npm is None:
        raise StepError("npm is not on PATH: install Node.js 20.19, 22.12, 24 or newer")
    # install scripts would download programs that this project does without
    run_quietly([npm, "ci", f"--prefix={folder}", *_NPM_OPTIONS])
    (folder / "node_modules" / _STAMP).write_text(_source(folder), encoding="utf-8")


def _source(folder: Path) -> str:
    return hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
