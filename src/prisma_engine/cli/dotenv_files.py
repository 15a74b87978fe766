"""A project's `.env` files: what they say is set in the environment, which wins over them."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from prisma_engine.cli import terminal
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.text_file import read_text

__all__ = ["DotenvFiles"]


class DotenvFiles:
    """The files that were read, in their order; of two that set a variable the first one wins."""

    def __init__(self) -> None:
        self._read: set[Path] = set()
        self._said: dict[str, tuple[Path, str]] = {}

    def load(self, path: Path) -> None:
        """Set what a file says and the environment does not; a file that is not there says nothing.

        Errors: CommandError, OSError when it cannot be read.
        """
        if path in self._read or not path.is_file():
            return
        self._read.add(path)
        values = dotenv_values(stream=StringIO(read_text(path)))
        said = {name: value for name, value in values.items() if value is not None}
        self._warn_of_conflicts(path, said)
        for name, value in said.items():
            self._said.setdefault(name, (path, value))
            _set(path, name, value)

    def _warn_of_conflicts(self, path: Path, said: dict[str, str]) -> None:
        """Tell which variables a file before has set to something else."""
        names = [name for name, value in said.items() if self._has_set(name) not in {None, value}]
        if names:
            files = [terminal.underline(os.path.relpath(file)) for file in (self._said[names[0]][0], path)]
            terminal.warn(
                f"{terminal.yellow('warn(prisma)')} Conflict for env var{'s' * (len(names) > 1)}"
                f" {', '.join(map(terminal.bold, names))} in {files[0]} and {files[1]}\n"
                f"Env vars from {files[0]} are used."
            )

    def _has_set(self, name: str) -> str | None:
        """What a file before has set the variable to; None where none has, or the environment had it already."""
        said = self._said.get(name)
        return said[1] if said and os.environ.get(name) == said[1] else None


def _set(path: Path, name: str, value: str) -> None:
    try:
        os.environ.setdefault(name, value)
    except ValueError as error:
        raise CommandError(
            f"{os.path.relpath(path)} gives {name} a value that no variable can have: {error}."
        ) from error
