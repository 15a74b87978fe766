"""Connections for migrations, and the database that they go to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.metrics import Metrics
from prisma_engine.migrate.errors import cannot_connect
from prisma_engine.postgres import PostgresConnection, Settings, parse
from prisma_engine.postgres.connection import open_connection
from prisma_engine.postgres.watch import Watch

__all__ = ["connected", "create_database_if_missing", "read_url"]

_MAINTENANCE: Final = ("postgres", "template1")  # every server has one of them
_MISSING: Final = "P1003"
_GOODBYE: Final = 5.0  # seconds until a server that does not answer is hung up on


def read_url(url: str) -> Settings:
    """Read a DATABASE_URL; a migration takes as long as it takes, whatever the URL grants to queries. Errors: P1013."""
    return replace(parse(url), socket_timeout=None)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[PostgresConnection]:
    """A connection for the block. Errors: P1000, P1001, P1003, P1010, P1011, P1017, P2037."""
    try:
        connection = await open_connection(settings, Watch(Metrics()))
    except UserFacingError as error:
        raise cannot_connect(error, settings) from error
    try:
        yield connection
    finally:
        await connection.close(timeout=_GOODBYE)


async def create_database_if_missing(settings: Settings) -> bool:
    """Connect, creating the database where it is missing, and return whether that was done. Errors: as `connected`."""
    if await _exists(settings):
        return False
    try:
        await _create(settings)
    except UserFacingError:
        if await _exists(settings):  # somebody else was faster
            return False
        raise
    return True


async def _exists(settings: Settings) -> bool:
    try:
        async with connected(settings):
            return True
    except UserFacingError as error:
        if error.code == _MISSING:
            return False
        raise


async def _create(settings: Settings) -> None:
    quoted = settings.database.replace('"', '""')
    first, second = (replace(settings, database=name) for name in _MAINTENANCE)
    maintenance = first if await _exists(first) else second
    async with connected(maintenance) as connection:
        await connection.execute(f'CREATE DATABASE "{quoted}"', ())
