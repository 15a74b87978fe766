"""What the environment's `prisma` is once a client was generated: this package's command line.

`generate` adds a call of `replace_commands` to Prisma Client Python's package of commands, and has the script `prisma`
import `main` from here. Nothing here loads more than a command needs.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

__all__ = ["main", "replace_commands", "run"]

_NOTHING_TO_FETCH: Final = "Prisma's commands run in Python here: there is nothing to download, and no Node.js to run."


def main(args: Sequence[str] | None = None, use_handler: bool = True, do_cleanup: bool = True) -> NoReturn:  # noqa: ARG001, FBT001, FBT002  -- the signature of `prisma.cli.main`
    """Run a command; without any, and started by a `generate`, be the client's generator."""
    _, *arguments = sys.argv if args is None else args
    if not arguments and os.environ.get("PRISMA_GENERATOR_INVOCATION"):
        from prisma_engine import generator

        generator.main()
        sys.exit(0)
    from prisma_engine.cli import main as run_command

    run_command(arguments)


def run(args: Sequence[str], check: bool = False, env: Mapping[str, str] | None = None) -> int:  # noqa: FBT001, FBT002  -- the signature of `prisma.cli.prisma.run`
    """Run a command as a program of its own, and return its status. Errors: CalledProcessError, where it is checked."""
    command = [sys.executable, "-m", "prisma_engine", *args]
    streams = {"stdout": _file(sys.stdout), "stderr": _file(sys.stderr)}
    environment = {**os.environ, **(env or {})}
    return subprocess.run(command, check=check, env=environment, **streams).returncode  # noqa: S603  -- this package's


def replace_commands(package: str) -> None:
    """Replace the commands of a package `prisma.cli`, or of a generated client's copy of it."""
    commands: Any = importlib.import_module(package)
    program: Any = importlib.import_module(f"{package}.cli")
    prisma: Any = importlib.import_module(f"{package}.prisma")
    node: Any = importlib.import_module(f"{package}._node")

    def ensure_cached() -> Any:
        """Name the places where the old command line would be, and download nothing to them."""
        folder = prisma.config.binary_cache_dir
        return prisma.CLICache(cache_dir=folder, entrypoint=folder / "node_modules" / "prisma" / "build" / "index.js")

    commands.main = program.main = main
    prisma.run = run
    prisma.ensure_cached = ensure_cached
    node.resolve = _refuse


def _file(stream: Any) -> Any:
    """What a program of its own can write to in the stream's place: the process's own where the stream is no file."""
    try:
        stream.fileno()
    except (AttributeError, OSError, ValueError):
        return None
    return stream


def _refuse(target: str) -> NoReturn:
    raise RuntimeError(f"`{target}` is not run here. {_NOTHING_TO_FETCH}")
