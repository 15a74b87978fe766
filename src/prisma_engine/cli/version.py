"""`prisma version`: what this installation is made of."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import prisma_engine
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.upstream import ENGINE_HASH, PRISMA_VERSION

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Print current version of Prisma components

Usage

  $ prisma -v [options]
  $ prisma version [options]

Options

  -h, --help     Display this help message
      --json     Output JSON
""",
    flags=("--version", "--json"),
    aliases={"-v": "--version"},
)
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}


def run(arguments: Sequence[str]) -> int:
    """Print the versions, as a table or as JSON."""
    given = parse(arguments, _SYNTAX)
    parts = _parts()
    if given.has("--json"):
        names = {name.lower().replace(" ", "-"): value for name, value in parts.items()}
        terminal.say(json.dumps(names, indent=2, ensure_ascii=False))
    else:
        width = max(map(len, parts))
        terminal.say("\n".join(f"{name:{width}} : {value}" for name, value in parts.items()))
    return 0


def _parts() -> dict[str, str]:
    machine = platform.machine().lower()
    return {
        "prisma": PRISMA_VERSION,
        "Prisma Client Python": _version("prisma"),
        "Operating System": sys.platform,
        "Architecture": _MACHINES.get(machine, machine),
        "Python": platform.python_version(),
        "wasmtime": _version("wasmtime"),
        "asyncpg": _version("asyncpg"),
        "pydantic": _version("pydantic"),
        "Query Compiler": "enabled",
        "Default Engines Hash": ENGINE_HASH,
        "Prisma CLI Path": str(Path(prisma_engine.__file__).parent),
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "Not found"
