"""`prisma migrate resolve`: record what somebody has done with a migration by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.migrations import open_migrations, syntax
from prisma_engine.migrate.resolve import mark_applied, mark_rolled_back

__all__ = ["run"]

_APPLIED: Final = "--applied"
_ROLLED_BACK: Final = "--rolled-back"
_EXAMPLE: Final = "20201231000000_example"

_SYNTAX: Final = syntax(
    """
Resolve issues with database migrations in deployment databases:
- recover from failed migrations
- baseline databases when starting to use Prisma Migrate on existing databases
- reconcile hotfixes done manually on databases with your migration history

Run "prisma migrate status" to identify if you need to use resolve.

Read more about resolving migration history issues: https://pris.ly/d/migrate-resolve

Usage

  $ prisma migrate resolve [options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Options

    -h, --help   Display this help message
      --config   Custom path to your Prisma config file
      --schema   Custom path to your Prisma schema
     --applied   Record a specific migration as applied
 --rolled-back   Record a specific migration as rolled back

Examples

  Update migrations table, recording a specific migration as applied
  $ prisma migrate resolve --applied 20201231000000_add_users_table

  Update migrations table, recording a specific migration as rolled back
  $ prisma migrate resolve --rolled-back 20201231000000_add_users_table

  Specify a schema
  $ prisma migrate resolve --rolled-back 20201231000000_add_users_table --schema=./schema.prisma
""",
    _APPLIED,
    _ROLLED_BACK,
)


def run(arguments: Sequence[str]) -> int:
    """Record one migration."""
    given = parse(arguments, _SYNTAX)
    migrations = open_migrations(given, "resolve")
    applied, rolled_back = given.value(_APPLIED), given.value(_ROLLED_BACK)
    if applied and rolled_back:
        raise CommandError("Pass either --applied or --rolled-back, not both.")
    if applied:
        interruption.run(mark_applied(migrations.settings, migrations.read(), applied))
        terminal.say(f"\nMigration {applied} marked as applied.\n")
    elif rolled_back:
        interruption.run(mark_rolled_back(migrations.settings, rolled_back))
        terminal.say(f"\nMigration {rolled_back} marked as rolled back.\n")
    else:
        raise CommandError(_neither())
    return 0


def _neither() -> str:
    examples = (f"prisma migrate resolve {option} {_EXAMPLE}" for option in (_APPLIED, _ROLLED_BACK))
    lines = (terminal.bold(terminal.green(example)) for example in examples)
    return "\n".join(["--applied or --rolled-back must be part of the command like:", *lines])
