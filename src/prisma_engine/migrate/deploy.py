"""Applies the migrations that a database lacks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from prisma_engine.admin.errors import migration_failed
from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.errors import failed_before, has_nul, lacks_commit
from prisma_engine.migrate.folder import Folder, Migration, read_folder
from prisma_engine.migrate.history import History, Record
from prisma_engine.migrate.session import lock, restore, session
from prisma_engine.postgres.connection import PostgresConnection
from prisma_engine.postgres.url import Settings

__all__ = ["apply_pending", "deploy"]


async def deploy(
    url: str, folder: str | Path, *, schemas: Sequence[str] = (), external_tables: Sequence[str] = ()
) -> list[str]:
    """Apply the migrations of a folder that the database lacks, and return their names; the database may be missing.

    What a script does is kept as the script says: without a transaction in it, what came before a failure stays.
    `schemas` are those of the datasource, where it lists some, and `external_tables` somebody else's, each as
    `schema.table`: they tell what makes a database that has no history one that is in use.
    Errors: UserFacingError; the package lists the codes.
    """
    settings = read_url(url)
    await create_database_if_missing(settings)
    return await apply_pending(settings, read_folder(Path(folder)), schemas=schemas, external_tables=external_tables)


async def apply_pending(
    settings: Settings, folder: Folder, *, schemas: Sequence[str] = (), external_tables: Sequence[str] = ()
) -> list[str]:
    """Apply what an existing database lacks, while no other deployment does, and return the names.

    Errors: as `deploy`.
    """
    folder.check_provider()
    async with session(settings) as connection:
        await lock(connection)
        history = History(connection, settings.schema)
        await history.create_if_missing(schemas=[settings.schema, *schemas], external=external_tables)
        pending = _pending(folder, await history.records())
        for migration in pending:
            await _apply(migration, connection, history, settings.schema)
    return [migration.name for migration in pending]


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
        await _run(script, connection)
    except UserFacingError as error:
        problem = migration_failed(migration.name, script, error)
        with suppress(UserFacingError):  # the connection may be what was lost
            await restore(connection, schema)
            await history.fail(attempt, problem.message)
        raise problem from error
    await restore(connection, schema)
    await history.finish(attempt)


async def _run(script: str, connection: PostgresConnection) -> None:
    """Send the script as it is: PostgreSQL itself finds where its statements end."""
    if "\0" in script:
        raise has_nul(script)
    await connection.execute(script, ())
    if connection.in_transaction:
        raise lacks_commit()
