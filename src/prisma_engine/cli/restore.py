"""`python -m prisma_engine restore`: gives the environment Prisma Client Python's own commands back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.generate import give_back

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Give the environment Prisma Client Python's own `prisma` command back, until the next `generate`

Usage

  $ python -m prisma_engine restore [folders of other generated clients]

Options

  -h, --help   Display this help message
"""
)


def run(arguments: Sequence[str]) -> int:
    """Undo what `generate` did to the commands.

    Errors: CommandError for a folder without a client, and when a file cannot be written.
    """
    given = parse(arguments, _SYNTAX)
    strange = [folder for folder in given.rest if not (Path(folder) / "cli" / "__init__.py").is_file()]
    if strange:
        raise CommandError(f"No generated client is in {', '.join(strange)}: name the folders that clients are in.")
    left = give_back(*map(Path, given.rest))
    if left:
        raise CommandError(f"Cannot write {', '.join(map(str, left))}: restore it as a user who may.")
    terminal.say("The commands `prisma` and `python -m prisma` are Prisma Client Python's own again.")
    return 0
