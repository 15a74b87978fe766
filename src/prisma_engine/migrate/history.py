"""Prisma's table of migrations: what was applied, when, and what failed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prisma_engine.migrate.errors import in_prismas_words, schema_not_empty
from prisma_engine.migrate.folder import digest
from prisma_engine.ports import Rows
from prisma_engine.postgres.connection import PostgresConnection

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
SELECT id, migration_name, checksum, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') AS started,
       finished_at IS NOT NULL AS is_finished, rolled_back_at IS NOT NULL AS is_rolled_back
FROM {table} ORDER BY started_at
"""
_BEGIN: Final = "INSERT INTO {table} (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, {now})"
_FINISH: Final = "UPDATE {table} SET applied_steps_count = applied_steps_count + 1, finished_at = {now} WHERE id = $1"
_FAIL: Final = "UPDATE {table} SET logs = $2 WHERE id = $1"
_NOTE_APPLIED: Final = """
INSERT INTO {table} (id, checksum, migration_name, logs, started_at, finished_at)
SELECT $1, $2, $3, '', moment, moment FROM (SELECT {now} AS moment) AS now
"""
_NOTE_ROLLED_BACK: Final = "UPDATE {table} SET rolled_back_at = {now} WHERE id = $1"
_NOW: Final = "date_trunc('milliseconds', clock_timestamp())"
_HAS_SCHEMA: Final = "SELECT 1 FROM pg_namespace WHERE nspname = $1"
_HAS_TABLE: Final = """
SELECT 1 FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = $1 AND relname = '_prisma_migrations' AND relkind IN ('r', 'p', 'f', 'v', 'm')
"""  # also where the schema may not be used: what is done next then tells so
_TABLES: Final = """
SELECT relname::text AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = ANY ($1) AND relname <> 'spatial_ref_sys' AND nspname || '.' || relname <> ALL ($2)
"""  # PostGIS brings that table


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt to apply a migration; `started` is a time in UTC as Prisma's messages show it."""

    id: str
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
    """The table in one schema, whatever the connection's `search_path` is.

    Errors: P1014 where somebody drops the table meanwhile; what the server refuses is told in its words, without a
            code, as Prisma's engine does.
    """

    def __init__(self, connection: PostgresConnection, schema: str) -> None:
        self._connection = connection
        self._schema = schema
        self._table = f'"{schema}"."{_TABLE}"'

    async def create_if_missing(self, *, schemas: Sequence[str], external: Sequence[str]) -> None:
        """Create the schema and the table. Errors: P3005 where one of the schemas has tables that are not external."""
        if await self.is_there():
            return
        if await self._query(_TABLES, list(schemas), list(external)):
            raise schema_not_empty()
        await self.create()

    async def create(self) -> None:
        """Create the table, and its schema where that is missing, beside whatever there is."""
        if not await self._query(_HAS_SCHEMA, self._schema):
            await self._execute(f'CREATE SCHEMA "{self._schema}"')
        await self._execute(_CREATE)

    async def is_there(self) -> bool:
        """Whether there is such a table."""
        return bool(await self._query(_HAS_TABLE, self._schema))

    async def records(self) -> list[Record]:
        """All attempts in their order."""
        return [
            Record(
                id=str(row["id"]),
                name=str(row["migration_name"]),
                checksum=str(row["checksum"]),
                started=_shortest(str(row["started"])),
                is_finished=bool(row["is_finished"]),
                is_rolled_back=bool(row["is_rolled_back"]),
            )
            for row in await self._query(_RECORDS)
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

    async def note_applied(self, name: str, script: str) -> None:
        """Note that a migration is applied which somebody else has run."""
        await self._execute(_NOTE_APPLIED, str(uuid.uuid4()), digest(script), name)

    async def note_rolled_back(self, attempt: str) -> None:
        """Note that nothing is left of an attempt."""
        await self._execute(_NOTE_ROLLED_BACK, attempt)

    async def _execute(self, sql: str, *args: object) -> None:
        with in_prismas_words():
            await self._connection.execute(self._complete(sql), args)

    async def _query(self, sql: str, *args: object) -> Rows:
        with in_prismas_words():
            return await self._connection.query(self._complete(sql), args)

    def _complete(self, sql: str) -> str:
        return sql.replace("{table}", self._table).replace("{now}", _NOW)


def _shortest(time: str) -> str:
    """Milliseconds where there are no microseconds, and neither where there are none."""
    seconds, _, fraction = time.partition(".")
    if fraction == "000000":
        return seconds
    return time.removesuffix("000")
