"""`prisma migrate deploy`: apply the migrations that a database lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prisma_engine.admin import interruption
from prisma_engine.admin.session import create_database_if_missing
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import parse
from prisma_engine.cli.migrations import Migrations, count, open_migrations, syntax
from prisma_engine.cli.tree import tree
from prisma_engine.migrate.deploy import apply_pending

__all__ = ["run"]

_SYNTAX: Final = syntax("""
Apply pending migrations to update the database schema in production/staging

Usage

  $ prisma migrate deploy [options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema

Examples

  Deploy your pending migrations to your production/staging database
  $ prisma migrate deploy

  Specify a schema
  $ prisma migrate deploy --schema=./schema.prisma
""")


def run(arguments: Sequence[str]) -> int:
    """Apply what is pending."""
    given = parse(arguments, _SYNTAX)
    return interruption.run(_deploy(open_migrations(given, "deploy")))


async def _deploy(migrations: Migrations) -> int:
    try:
        settings = migrations.settings
        if await create_database_if_missing(settings):
            terminal.say(f"\n{migrations.place.created}")
    finally:
        terminal.say()
    folder = migrations.read()
    terminal.say(f"{count(folder)}\n")
    applied = await apply_pending(
        settings, folder, schemas=migrations.schemas, external_tables=migrations.external_tables
    )
    terminal.say(f"\n{_applied(applied)}")
    return 0


def _applied(names: Sequence[str]) -> str:
    if not names:
        return terminal.green("No pending migrations to apply.")
    return (
        f"The following migration(s) have been applied:\n\n{tree('migrations', names)}\n\n"
        f"{terminal.green('All migrations have been successfully applied.')}"
    )
