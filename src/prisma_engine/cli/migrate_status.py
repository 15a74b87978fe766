"""`prisma migrate status`: which migrations a database has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import parse
from prisma_engine.cli.migrations import Migrations, count, open_migrations, plural, syntax
from prisma_engine.migrate.status import Status, diagnose

__all__ = ["run"]

_SYNTAX: Final = syntax("""
Check the status of your database migrations

  Usage

    $ prisma migrate status [options]

    The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

  Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema

  Examples

  Check the status of your database migrations
  $ prisma migrate status

  Specify a schema
  $ prisma migrate status --schema=./schema.prisma
""")


def run(arguments: Sequence[str]) -> int:
    """Compare; the status is 1 while something is to be done."""
    given = parse(arguments, _SYNTAX)
    return interruption.run(_status(open_migrations(given, "status")))


async def _status(migrations: Migrations) -> int:
    settings, folder = migrations.settings, migrations.read()
    status = await diagnose(settings, folder)
    terminal.say(f"\n{count(folder)}")
    if status.unapplied and status.missing:
        terminal.warn(_diverged(status))
    elif status.unapplied:
        terminal.say(_behind(status.unapplied))
    elif status.failed:
        terminal.warn(_failed(status.failed))
    elif not status.is_managed:
        terminal.warn(_unmanaged())
    else:
        terminal.say("\nDatabase schema is up to date!")
    return 0 if status.is_up_to_date else 1


def _behind(unapplied: Sequence[str]) -> str:
    return (
        f"Following migration{plural(unapplied)} have not yet been applied:\n{_lines(unapplied)}\n\n"
        f"To apply migrations in development run {_command('dev')}.\n"
        f"To apply migrations in production run {_command('deploy')}."
    )


def _diverged(status: Status) -> str:
    first = status.found.index(status.unapplied[0])
    last_common = status.found[first - 1] if first else "null"
    return (
        "Your local migration history and the migrations table from your database are different:\n\n"
        f"The last common migration is: {last_common}\n\n"
        f"The migration{plural(status.unapplied)} have not yet been applied:\n{_lines(status.unapplied)}\n\n"
        f"The migration{plural(status.missing)} from the database are not found locally in prisma/migrations:\n"
        f"{_lines(status.missing)}"
    )


def _failed(failed: Sequence[str]) -> str:
    return (
        f"Following migration{plural(failed)} have failed:\n{_lines(failed)}\n\n"
        "During development if the failed migration(s) have not been deployed to a production database you can then fix"
        f" the migration(s) and run {_command('dev')}.\n\n"
        "The failed migration(s) can be marked as rolled back or applied:\n\n"
        "- If you rolled back the migration(s) manually:\n"
        f"""{_command(f'resolve --rolled-back "{failed[0]}"')}\n\n"""
        "- If you fixed the database manually (hotfix):\n"
        f"""{_command(f'resolve --applied "{failed[0]}"')}\n\n"""
        "Read more about how to resolve migration issues in a production database:\n"
        f"{terminal.underline('https://pris.ly/d/migrate-resolve')}"
    )


def _unmanaged() -> str:
    return (
        "The current database is not managed by Prisma Migrate.\n\n"
        "Read more about how to baseline an existing production database:\n"
        f"{terminal.underline('https://pris.ly/d/migrate-baseline')}"
    )


def _command(arguments: str) -> str:
    return terminal.bold(terminal.green(f"prisma migrate {arguments}"))


def _lines(names: Sequence[str]) -> str:
    return "\n".join(names)
