"""Connections of a migration's kind, and the databases that they go to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from prisma_engine.admin.errors import cannot_connect, database_exists, refused
from prisma_engine.admin.guard import check_may_erase
from prisma_engine.errors import UserFacingError
from prisma_engine.metrics import Metrics
from prisma_engine.postgres import PostgresConnection, Settings, parse
from prisma_engine.postgres.connection import open_connection
from prisma_engine.postgres.watch import Watch

__all__ = [
    "GOODBYE",
    "can_connect",
    "connect",
    "connected",
    "create_database",
    "create_database_if_missing",
    "drop_database",
    "quoted",
    "read_url",
]

GOODBYE: Final = 5.0
"""Seconds until a server that does not answer is hung up on."""

_MAINTENANCE: Final = ("postgres", "template1")  # every server has one of them, and nobody creates or drops them
_MISSING: Final = "P1003"


def read_url(url: str) -> Settings:
    """Read a DATABASE_URL; a migration takes as long as it takes, whatever the URL grants to queries. Errors: P1013."""
    return replace(parse(url), socket_timeout=None)


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"{}"'.format(name.replace('"', '""'))


async def connect(settings: Settings) -> PostgresConnection:
    """Open a connection, which the caller closes. Errors: P1000, P1001, P1003, P1010, P1011, P1017, P2037."""
    try:
        return await open_connection(settings, Watch(Metrics()))
    except UserFacingError as error:
        raise cannot_connect(error, settings) from error


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[PostgresConnection]:
    """A connection for the block. Errors: as `connect`."""
    connection = await connect(settings)
    try:
        yield connection
    finally:
        await connection.close(timeout=GOODBYE)


async def can_connect(settings: Settings) -> bool:
    """Connect; False where the database is not there. Errors: as `connect`."""
    try:
        async with connected(settings):
            return True
    except UserFacingError as error:
        if error.code == _MISSING:
            return False
        raise


async def create_database(settings: Settings) -> None:
    """Create the database that the settings name. Errors: P1009 where it is there; as `connect`."""
    try:
        await _on_server(settings, f"CREATE DATABASE {quoted(settings.database)}")
    except UserFacingError as error:
        raise (database_exists(settings) if error.code == "P1009" else refused(error)) from error


async def create_database_if_missing(settings: Settings) -> bool:
    """Connect, creating the database where it is missing, and return whether that was done. Errors: as `connect`."""
    if await can_connect(settings):
        return False
    try:
        await create_database(settings)
    except UserFacingError:
        if await can_connect(settings):  # somebody else was faster
            return False
        raise
    return True


async def drop_database(settings: Settings) -> None:
    """Drop the database that the settings name, whoever is connected to it.

    Errors: UserFacingError where that database may not be erased; as `connect`.
    """
    check_may_erase(settings)
    await _on_server(settings, f"DROP DATABASE IF EXISTS {quoted(settings.database)} WITH (FORCE)")


async def _on_server(settings: Settings, sql: str) -> None:
    """Run a statement in a database that every server has."""
    first, *others = (replace(settings, database=name) for name in _MAINTENANCE if name != settings.database)
    maintenance = first if not others or await can_connect(first) else others[0]
    async with connected(maintenance) as connection:
        await connection.execute(sql, ())
