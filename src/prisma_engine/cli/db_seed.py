"""`prisma db seed`: the program that fills the database is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError, UsageError
from prisma_engine.cli.followup import run_seed
from prisma_engine.cli.project import find_project

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
🙌  Seed your database

Usage

  $ prisma db seed [options]

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file

Examples

  Passing extra arguments to the seed command
    $ prisma db seed -- --arg1 value1 --arg2 value2
""",
    values=("--schema",),
)
_UNKNOWN: Final = "unknown or unexpected option"


def run(arguments: Sequence[str]) -> int:
    """Run the project's seed command, with what follows `--`."""
    given = _given(arguments)
    project = find_project(given)
    if not project.seed:
        terminal.say(_how_to_configure())
        return 0
    if not run_seed(" ".join([project.seed, *given.rest])):
        return 1
    terminal.say("\n🌱  The seed command has been executed.")
    return 0


def _given(arguments: Sequence[str]) -> Given:
    try:
        return parse(arguments, _SYNTAX)
    except UsageError as error:
        if not str(error).startswith(_UNKNOWN):
            raise
        raise CommandError(
            f"{error}\nDid you mean to pass these as arguments to your seed script? If so, add a -- separator before"
            f" them:\n{terminal.dim('$')} prisma db seed -- --arg1 value1 --arg2 value2"
        ) from error


def _how_to_configure() -> str:
    bold, dim = terminal.bold, terminal.dim
    return f"""\
⚠️ {bold("No seed command configured")}

To seed your database, add a {bold("seed")} property to the {bold("migrations")} section in your \
{bold("Prisma config")} file.

{bold("Example")}

  {dim("// prisma7.config.ts")}
  export default defineConfig({{
    {bold("migrations: {")}
      {bold("seed: 'python·./prisma/seed.py'")},
    {bold("}")},
    {dim("datasource: {")}
      {dim("url: '[your database URL]'")},
    {dim("}")},
  }})
"""
