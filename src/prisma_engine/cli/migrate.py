"""`migrate deploy` and `migrate status` without Node, with the Prisma CLI's options, words and exit statuses."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.project import Project, open_project
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.deploy import apply_pending
from prisma_engine.migrate.folder import Folder, read_folder
from prisma_engine.migrate.status import Status, diagnose
from prisma_engine.postgres import Settings

__all__ = ["run"]

_OPTIONS: Final = frozenset({"-h", "--help", "--schema", "--config"})
_ONE_LINE: Final = frozenset({None, "P1000", "P1001", "P1003", "P1010", "P1011", "P1013", "P1017", "P2037"})
"""Codes that the Prisma CLI writes before their message; others get a line of their own."""

_HELP: Final = """
{summary}

Usage

  $ prisma migrate {command} [options]

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema
"""
_SUMMARIES: Final[Mapping[str, str]] = {
    "deploy": "Apply pending migrations to update the database schema in production/staging",
    "status": "Check the status of your database migrations",
}


def run(arguments: Sequence[str]) -> int | None:
    """Run the command and return its exit status; None for a command that is the Prisma CLI's own.

    Errors: CommandError, OSError.
    """
    area, command, *options = [*arguments, "", ""]
    if area != "migrate" or command not in _COMMANDS:
        return None
    if unknown := [name for name in _names(options) if name not in _OPTIONS]:
        _warn(f"\n! unknown or unexpected option: {unknown[0]}\n{_help(command)}")
        return 1
    if {"-h", "--help"} & set(options):
        _say(_help(command))
        return 0
    return _run(command, open_project(parse(options, Syntax(_help(command), values=("--schema",)))))


def _names(options: Sequence[str]) -> list[str]:
    return [option.partition("=")[0] for option in options if option.startswith("-")]


def _help(command: str) -> str:
    return _HELP.format(command=command, summary=_SUMMARIES[command])


def _run(command: str, project: Project) -> int:
    url = project.url(f"prisma migrate {command}")
    try:
        settings = read_url(url)
        place = _Place.of(url)
        _say(
            f'Datasource "{project.datasource.name}": PostgreSQL database "{place.database}",'
            f' schema "{settings.schema}" at "{place.server}"'
        )
        return asyncio.run(_COMMANDS[command](settings, place, read_folder(project.migrations)))
    except UserFacingError as error:
        _warn(f"Error: {error}" if error.code in _ONE_LINE else f"Error: {error.code}\n\n{error.message}\n")
        return 1


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the database is, as its URL has it."""

    database: str
    server: str

    @classmethod
    def of(cls, url: str) -> _Place:
        parts = urlsplit(url.strip())
        return cls(parts.path.removeprefix("/") or "postgres", parts.netloc.rpartition("@")[2])


async def _deploy(settings: Settings, place: _Place, folder: Folder) -> int:
    try:
        if await create_database_if_missing(settings):
            _say(f"\nPostgreSQL database {place.database} created at {place.server}")
    finally:
        _say("")
    _say(f"{_found(folder)}\n")
    applied = await apply_pending(settings, folder)
    _say(_applied(applied) if applied else "\nNo pending migrations to apply.")
    return 0


def _applied(names: Sequence[str]) -> str:
    tree = "\n".join(f"  └─ {name}/\n    └─ migration.sql" for name in names)
    return (
        f"\nThe following migration(s) have been applied:\n\nmigrations/\n{tree}\n\n"
        "All migrations have been successfully applied."
    )


async def _status(settings: Settings, _place: _Place, folder: Folder) -> int:
    status = await diagnose(settings, folder)
    _say(f"\n{_found(folder)}")
    if status.unapplied and status.missing:
        _warn(_diverged(status))
    elif status.unapplied:
        _say(_behind(status.unapplied))
    elif status.failed:
        _warn(_failed(status.failed))
    elif not status.is_managed:
        _warn(_UNMANAGED)
    else:
        _say("\nDatabase schema is up to date!")
    return 0 if status.is_up_to_date else 1


def _found(folder: Folder) -> str:
    count = len(folder.migrations)
    return f"{count or 'No'} migration{_plural(count)} found in prisma/migrations"


def _behind(unapplied: Sequence[str]) -> str:
    names = "\n".join(unapplied)
    return (
        f"Following migration{_plural(len(unapplied))} have not yet been applied:\n{names}\n\n"
        "To apply migrations in development run prisma migrate dev.\n"
        "To apply migrations in production run prisma migrate deploy."
    )


def _diverged(status: Status) -> str:
    first = status.found.index(status.unapplied[0])
    last_common = status.found[first - 1] if first else "null"
    unapplied, missing = ((_plural(len(names)), "\n".join(names)) for names in (status.unapplied, status.missing))
    return (
        "Your local migration history and the migrations table from your database are different:\n\n"
        f"The last common migration is: {last_common}\n\n"
        f"The migration{unapplied[0]} have not yet been applied:\n{unapplied[1]}\n\n"
        f"The migration{missing[0]} from the database are not found locally in prisma/migrations:\n{missing[1]}"
    )


def _failed(failed: Sequence[str]) -> str:
    names = "\n".join(failed)
    return (
        f"Following migration{_plural(len(failed))} have failed:\n{names}\n\n"
        "During development if the failed migration(s) have not been deployed to a production database you can then fix"
        " the migration(s) and run prisma migrate dev.\n\n"
        "The failed migration(s) can be marked as rolled back or applied:\n\n"
        "- If you rolled back the migration(s) manually:\n"
        f'prisma migrate resolve --rolled-back "{failed[0]}"\n\n'
        "- If you fixed the database manually (hotfix):\n"
        f'prisma migrate resolve --applied "{failed[0]}"\n\n'
        "Read more about how to resolve migration issues in a production database:\n"
        "https://pris.ly/d/migrate-resolve"
    )


_UNMANAGED: Final = """The current database is not managed by Prisma Migrate.

Read more about how to baseline an existing production database:
https://pris.ly/d/migrate-baseline"""


def _plural(count: int) -> str:
    return "s" if count > 1 else ""


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  -- a program's word to a person


def _warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  -- a program's word to a person


_COMMANDS: Final[Mapping[str, Callable[[Settings, _Place, Folder], Coroutine[Any, Any, int]]]] = {
    "deploy": _deploy,
    "status": _status,
}
