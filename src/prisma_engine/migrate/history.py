"""Prisma's table of migrations: what was applied, when, and what failed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from prisma_engine.migrate.errors import schema_not_empty
from prisma_engine.migrate.folder import digest
from prisma_engine.postgres import PostgresConnection

__all__ = ["History", "Record"]

_TABLE: Final = "_prisma_migrations"
_COLUMNS: Final = """
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
"""
_CREATE: Final = f"CREATE TABLE {{table}} ({_COLUMNS})"
_RECORDS: Final = """
SELECT migration_name, checksum, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS started,
       finished_at IS NOT NULL AS is_finished, rolled_back_at IS NOT NULL AS is_rolled_back
FROM {table} ORDER BY started_at
"""
_BEGIN: Final = """
INSERT INTO {table} (id, checksum, migration_name, started_at)
VALUES ($1, $2, $3, date_trunc('milliseconds', clock_timestamp()))
"""
_FINISH: Final = """
UPDATE {table}
SET applied_steps_count = applied_steps_count + 1, finished_at = date_trunc('milliseconds', clock_timestamp())
WHERE id = $1
"""
_FAIL: Final = "UPDATE {table} SET logs = $2 WHERE id = $1"
_HAS_SCHEMA: Final = "SELECT 1 FROM pg_namespace WHERE nspname = $1"
_TABLES: Final = """
SELECT relname::text AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = $1
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt to apply a migration; `started` is a time in UTC as Prisma's messages show it."""

    name: str
    checksum: str
    started: str
    is_finished: bool
    is_rolled_back: bool

    @property
    def has_failed(self) -> bool:
        """Whether it stopped halfway, and nobody has resolved that."""
        return not (self.is_finished or self.is_rolled_back)


class History:
    """The table in one schema, whatever the connection's `search_path` is."""

    def __init__(self, connection: PostgresConnection, schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._table = f'"{schema}"."{_TABLE}"'

    async def create_if_missing(self) -> None:
        """Create the schema and the table. Errors: P3005 for a schema that has other tables."""
        if not await self._connection.query(_HAS_SCHEMA, (self._schema,)):
            await self._connection.execute(f'CREATE SCHEMA "{self._schema}"', ())
        tables = await self._tables()
        if _TABLE in tables:
            return
        if tables:
            raise schema_not_empty()
        await self._execute(_CREATE)

    async def is_there(self) -> bool:
        """Whether there is such a table."""
        return _TABLE in await self._tables()

    async def records(self) -> list[Record]:
        """All attempts in their order."""
        rows = await self._connection.query(_RECORDS.format(table=self._table), ())
        return [
            Record(
                name=str(row["migration_name"]),
                checksum=str(row["checksum"]),
                started=_shortest(str(row["started"])),
                is_finished=bool(row["is_finished"]),
                is_rolled_back=bool(row["is_rolled_back"]),
            )
            for row in rows
        ]

    async def begin(self, name: str, script: str) -> str:
        """Note that a migration starts, and return the id of the attempt."""
        attempt = str(uuid.uuid4())
        await self._execute(_BEGIN, attempt, digest(script), name)
        return attempt

    async def finish(self, attempt: str) -> None:
        """Note that it is applied."""
        await self._execute(_FINISH, attempt)

    async def fail(self, attempt: str, logs: str) -> None:
        """Note why it failed."""
        await self._execute(_FAIL, attempt, logs)

    async def _execute(self, sql: str, *args: str) -> None:
        await self._connection.execute(sql.format(table=self._table), args)

    async def _tables(self) -> set[str]:
        return {str(row["name"]) for row in await self._connection.query(_TABLES, (self._schema,))}


def _shortest(time: str) -> str:
    """Milliseconds where there are no microseconds, and neither where there are none."""
    seconds, _, fraction = time.partition(".")
    if fraction == "000000":
        return seconds
    return time.removesuffix("000")
