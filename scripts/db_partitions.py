"""make db-partitions: put the messages into partitions by session while programs go on, as a migration."""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from typing import Any, Final, TypeVar

import asyncpg

from checkouts import require_own_server
from message_partitions import read_table
from partition_online import are_partitioned, connected, partition
from prisma_command import prisma_here_or_exit, prisma_or_exit
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate import status
from prisma_engine.migrate.written import write_migration
from prisma_engine.namespace import Table, table_of
from steps import PROJECT, StepError, main, say

_Result = TypeVar("_Result")

_MIGRATIONS: Final = PROJECT / "migrations"
_SCHEMA: Final = PROJECT / "schema.prisma"
_NAME: Final = "message_partitions"

_FIELDS: Final = re.compile(r"(?<=^model Message \{\n).*?(?=^ *(?:@@|\}))", re.MULTILINE | re.DOTALL)
_ID: Final = re.compile(r'^( *id\b.*?) @id\b(?:\(map: *"[^"]*"\))?(?! *\()', re.MULTILINE)
_KEY: Final = "  @@id([id, sessionId]) // what has partitions by session has the session in its key"


def with_session_in_key(schema: str) -> str:
    """The schema for messages in partitions by session. Errors: StepError where it is written in another way."""
    model = _FIELDS.search(schema)
    fields, found = _ID.subn(r"\1", model[0]) if model else ("", 0)
    if model is None or not found:
        raise StepError(
            f"write the key of model Message in {_SCHEMA.name} as `id … @id`, which becomes `@@id([id, sessionId])`"
        )
    return f"{schema[: model.start()]}{fields.rstrip()}\n\n{_KEY}\n{schema[model.end() :]}"


def db_partitions() -> None:
    """Write the migration where there is none, do what it says while others work, and record it as applied."""
    require_own_server()
    if _migration() is None:
        prisma_or_exit("generate")  # the SQL has the names of the schema as it is now
        prisma_here_or_exit("migrate", "deploy")
        run(_write())
        prisma_here_or_exit("format")
    name = _migration()
    if name is not None and run(_is_next(name)):
        run(_move())
        prisma_here_or_exit("migrate", "resolve", "--applied", name)
    prisma_here_or_exit("migrate", "deploy")
    prisma_or_exit("generate")


def _migration() -> str | None:
    """The migration's name, where it is there."""
    return next((path.name for path in _MIGRATIONS.glob(f"*_{_NAME}")), None)


async def _write() -> None:
    async with project_messages() as (connection, table):
        script = (await read_table(connection, table)).migration()
    schema = with_session_in_key(_SCHEMA.read_text(encoding="utf-8"))
    name = f"{datetime.now(timezone.utc):%Y%m%d%H%M%S}_{_NAME}"
    say(f"wrote {write_migration(_MIGRATIONS, name, script, 'postgresql').relative_to(PROJECT)}")
    _SCHEMA.write_text(schema, encoding="utf-8")


async def _is_next(name: str) -> bool:
    """Whether the migration is the next one to apply. Errors: StepError where others come before."""
    found = await status(_url(), _MIGRATIONS)
    before = [other for other in found.unapplied if other < name]
    if before:
        raise StepError(f"apply what comes before {name} first: {', '.join(before)}")
    return name in found.unapplied


async def _move() -> None:
    async with project_messages() as (connection, table):
        if not await are_partitioned(connection, table):  # as after a run that ended before it could record that
            await partition(connection, table)


@asynccontextmanager
async def project_messages() -> AsyncIterator[tuple[asyncpg.Connection[asyncpg.Record], Table]]:
    """A connection to the project's database, and what the client calls the table of messages there."""
    from prisma.models import Message  # here: it was generated just now

    from database import DatabaseService

    async with DatabaseService() as db, connected(_url()) as connection:
        yield connection, await table_of(db.client, Message)


def _url() -> str:
    from database.client import configured

    return configured("DATABASE_URL") or ""


def run(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do something with the database. Errors: StepError for what that refuses."""
    try:
        return asyncio.run(work)
    except (UserFacingError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StepError(str(error)) from error


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main(db_partitions)
