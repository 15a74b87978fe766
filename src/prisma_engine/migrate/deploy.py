"""Applies the migrations that a database lacks."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from prisma_engine.admin.errors import migration_failed
from prisma_engine.admin.session import connected, create_database_if_missing, read_url
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.errors import failed_before, lock_timed_out
from prisma_engine.migrate.folder import Folder, Migration, read_folder
from prisma_engine.migrate.history import History, Record
from prisma_engine.postgres import PostgresConnection, Settings

__all__ = ["apply_pending", "deploy"]

_LOCK: Final = "SELECT pg_advisory_lock(72707369)"  # Prisma's own number
_LOCK_PATIENCE: Final = 10.0  # seconds; Prisma's own
_NO_LOCK: Final = "PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK"


async def deploy(url: str, folder: str | Path) -> list[str]:
    """Apply the migrations of a folder that the database lacks, and return their names; the database may be missing.

    What a script does is kept as the script says: without a transaction in it, what came before a failure stays.
    Errors: UserFacingError; the package lists the codes.
    """
    settings = read_url(url)
    await create_database_if_missing(settings)
    return await apply_pending(settings, read_folder(Path(folder)))


async def apply_pending(settings: Settings, folder: Folder) -> list[str]:
    """Apply what an existing database lacks, while no other deployment does, and return the names.

    Errors: as `deploy`.
    """
    folder.check_provider()
    async with connected(settings) as connection:
        await _lock(connection)  # until the connection closes
        history = History(connection, settings.schema)
        await history.create_if_missing()
        pending = _pending(folder, await history.records())
        for migration in pending:
            await _apply(migration, connection, history, settings.schema)
    return [migration.name for migration in pending]


async def _lock(connection: PostgresConnection) -> None:
    if os.environ.get(_NO_LOCK):
        return
    try:
        await asyncio.wait_for(connection.execute(_LOCK, ()), _LOCK_PATIENCE)
    except asyncio.TimeoutError as error:
        raise lock_timed_out(_LOCK, _LOCK_PATIENCE) from error


def _pending(folder: Folder, records: list[Record]) -> list[Migration]:
    failures = [(record.name, record.started) for record in records if record.has_failed]
    if failures:
        raise failed_before(failures)
    applied = {record.name for record in records if not record.is_rolled_back}
    return [migration for migration in folder.migrations if migration.name not in applied]


async def _apply(migration: Migration, connection: PostgresConnection, history: History, schema: str) -> None:
    script = migration.script()
    attempt = await history.begin(migration.name, script)
    try:
        await _run(script, connection, schema)
    except UserFacingError as error:
        problem = migration_failed(migration.name, script, error)
        with suppress(UserFacingError):  # the connection may be what was lost
            await connection.reset()
            await history.fail(attempt, problem.message)
        raise problem from error
    await history.finish(attempt)


async def _run(script: str, connection: PostgresConnection, schema: str) -> None:
    """Send the script as it is: PostgreSQL itself finds where its statements end."""
    await connection.execute(f'SET search_path TO "{schema}"', ())  # an earlier script may have changed it
    await connection.execute_raw(script, ())
    if connection.in_transaction:
        raise UserFacingError(None, "The script begins a transaction and does not end it: it lacks a COMMIT.")
