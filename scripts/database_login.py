"""Log in to the database of DATABASE_URL, and create it where it is missing."""

from __future__ import annotations

import asyncio
from typing import Final

import asyncpg

from database_url import DatabaseUrl
from steps import StepError

_MAINTENANCE: Final = "postgres"
_LOGIN_SECONDS: Final = 30.0


def create_database_if_missing(url: DatabaseUrl) -> bool:
    """Log in, create the database where it is missing, and return whether it was.

    Errors: StepError that says why the server does not let us in.
    """
    return asyncio.run(_create_database_if_missing(url))


async def _create_database_if_missing(url: DatabaseUrl) -> bool:
    try:
        await _run(url, url.database)
    except asyncpg.InvalidCatalogNameError:
        await _create(url)
        return True
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        raise StepError(
            f"PostgreSQL at {url.place} refuses the user {url.user} with this password: correct DATABASE_URL (.env); "
            "an embedded server keeps the user and password that it was created with"
        ) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncio.TimeoutError) as error:
        raise StepError(
            f"logging in to PostgreSQL at {url.place} failed: {str(error) or type(error).__name__}"
        ) from error
    return False


async def _create(url: DatabaseUrl) -> None:
    quoted = url.database.replace('"', '""')
    try:
        await _run(url, _MAINTENANCE, f'CREATE DATABASE "{quoted}"')
    except asyncpg.PostgresError as error:
        raise StepError(
            f"there is no database {url.database} at {url.place}, and it could not be created: {error}"
        ) from error


async def _run(url: DatabaseUrl, database: str, sql: str = "SELECT 1") -> None:
    connection = await asyncpg.connect(url.connection_string(database), timeout=_LOGIN_SECONDS)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()
