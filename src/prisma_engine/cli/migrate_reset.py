"""`prisma migrate reset`: the database begins anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.agents import check_consent
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.followup import CANCELLED, FOLLOW_UP_FLAGS, follow_up
from prisma_engine.cli.target import engine_words, open_target, workspace_of
from prisma_engine.cli.tree import tree
from prisma_engine.migrate.reset import reset_workspace

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Reset your database and apply all migrations, all data will be lost

Usage

  $ prisma migrate reset [options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Options

       -h, --help   Display this help message
         --config   Custom path to your Prisma config file
         --schema   Custom path to your Prisma schema
  --skip-generate   Skip triggering generators (e.g. Prisma Client)
      --skip-seed   Skip triggering seed
      -f, --force   Skip the confirmation prompt

Examples

  Reset your database and apply all migrations, all data will be lost
  $ prisma migrate reset

  Specify a schema
  $ prisma migrate reset --schema=./schema.prisma

  Use --force to skip the confirmation prompt
  $ prisma migrate reset --force
""",
    flags=("--force", *FOLLOW_UP_FLAGS),
    values=("--schema",),
    aliases={"-f": "--force"},
)


def run(arguments: Sequence[str]) -> int:
    """Erase the database, apply all migrations, generate the client and fill the database."""
    given = parse(arguments, _SYNTAX)
    project, target = open_target(given, "prisma migrate reset")
    created = interruption.run(target.create_if_missing())
    terminal.say(f"\n{created}\n" if created else "")
    if not given.has("--force") and not _is_sure():
        return CANCELLED
    check_consent()
    with engine_words():
        applied = interruption.run(reset_workspace(workspace_of(project, target.url)))
    terminal.say(_outcome(applied))
    return follow_up(project, given, with_seed=True)


def _is_sure() -> bool:
    if not terminal.can_prompt():
        raise CommandError(
            "Prisma Migrate has detected that the environment is non-interactive. It is recommended to run this command"
            f" in an interactive environment.\n\nUse {terminal.bold(terminal.green('--force'))} to run this command"
            f" without user interaction.\nSee {terminal.underline('https://pris.ly/d/migrate-reset')}"
        )
    lost = terminal.red("All data will be lost")
    is_sure = terminal.confirm(f"Are you sure you want to reset your database? {lost}.")
    terminal.say()
    if not is_sure:
        terminal.say("Reset cancelled.")
    return is_sure


def _outcome(applied: Sequence[str]) -> str:
    if not applied:
        return terminal.green("Database reset successful\n")
    title = "The following migration(s) have been applied:"
    return f"\n{terminal.green('Database reset successful')}\n\n{title}\n\n{tree('migrations', applied)}"
