"""Tells Prisma's table of migrations what became of a migration that somebody has seen to by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from prisma_engine.admin.session import read_url
from prisma_engine.migrate.errors import (
    already_applied,
    migration_not_found,
    never_applied,
    not_failed,
)
from prisma_engine.migrate.folder import Folder, read_folder
from prisma_engine.migrate.history import History, Record
from prisma_engine.migrate.session import lock, session
from prisma_engine.postgres.url import Settings

__all__ = ["mark_applied", "mark_rolled_back", "resolve"]


async def resolve(url: str, folder: str | Path, *, applied: str | None = None, rolled_back: str | None = None) -> None:
    """Record one migration as applied, or the attempts that failed as rolled back; no script is run.

    `applied` makes the table where it is missing, beside the tables that are there: so a database gets its baseline.
    Errors: UserFacingError, the package lists the codes; TypeError unless one of the two is named.
    """
    settings = read_url(url)
    if applied is not None and rolled_back is None:
        await mark_applied(settings, read_folder(Path(folder)), applied)
    elif rolled_back is not None and applied is None:
        await mark_rolled_back(settings, rolled_back)
    else:
        message = "name one migration, as `applied` or as `rolled_back`"
        raise TypeError(message)


async def mark_applied(settings: Settings, folder: Folder, name: str) -> None:
    """Record a migration of the folder as applied. Errors: P1002, P3008, P3017, P3019, a connection's."""
    async with session(settings) as connection:
        folder.check_provider()
        await lock(connection)
        script = _script(folder, name)
        history = History(connection, settings.schema)
        attempts = await _attempts(history, name)
        if any(attempt.is_finished for attempt in attempts):
            raise already_applied(name)
        if not await history.is_there():
            await history.create()
        await _roll_back(history, attempts)
        await history.note_applied(name, script)


async def mark_rolled_back(settings: Settings, name: str) -> None:
    """Record the attempts at a migration that failed as rolled back. Errors: P1002, P3011, P3012, a connection's."""
    async with session(settings) as connection:
        await lock(connection)
        history = History(connection, settings.schema)
        attempts = await _attempts(history, name)
        if not attempts:
            raise never_applied(name)
        if all(attempt.is_finished for attempt in attempts):
            raise not_failed(name)
        await _roll_back(history, attempts)


def _script(folder: Folder, name: str) -> str:
    migration = next((migration for migration in folder.migrations if migration.name == name), None)
    script = migration.read() if migration else None
    if script is None:
        raise migration_not_found(name)
    return script


async def _attempts(history: History, name: str) -> list[Record]:
    records = await history.records() if await history.is_there() else []
    return [record for record in records if record.name == name]


async def _roll_back(history: History, attempts: Sequence[Record]) -> None:
    for attempt in attempts:
        if attempt.has_failed:
            await history.note_rolled_back(attempt.id)
