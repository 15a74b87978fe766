"""pytest fixtures that give each test a fresh, migrated database: `pytest_plugins = ["database.testing"]`.

The server is the one of TEST_DATABASE_URL, else of DATABASE_URL, from the environment or the nearest `.env` file; the
tests get databases of their own there, which are dropped again, and never the one that the URL names; what a process
that was killed has left, the next one drops. The migrations
are those of the folder `migrations` at pytest's root, or of the ini option `database_migrations`, else the module's.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import pytest
from prisma.errors import PrismaError

from database.client import VARIABLE, configured
from database.service import DatabaseService
from prisma_engine.migrate import deploy
from prisma_engine.shared_loop import run

__all__ = ["claim_names", "database_names", "database_server", "database_template", "database_url", "db"]

_ONE_FOR_EVER: Final = "connection_limit=1&max_idle_connection_lifetime=0&max_connection_lifetime=0"

_Result = TypeVar("_Result")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the ini option `database_migrations`."""
    parser.addini("database_migrations", "The folder of migrations, from pytest's root.", default="migrations")


@pytest.fixture(scope="session")
def database_server() -> str:
    """The URL of a server on which databases may be created; redefine the fixture to take another one."""
    url = configured("TEST_DATABASE_URL") or configured(VARIABLE)
    if not url:
        pytest.fail(f"There is no server for the tests: set TEST_DATABASE_URL or {VARIABLE}.", pytrace=False)
    return url


@pytest.fixture(scope="session")
def database_names(database_server: str) -> Iterator[str]:
    """What the names of this process's databases begin with."""
    with claim_names(database_server) as names:
        yield names


@pytest.fixture(scope="session")
def database_template(database_server: str, database_names: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """The name of this process's migrated database, of which each test's is a copy; redefine it to add rows for all."""
    name = _new_name(database_names)
    folder = pytestconfig.rootpath / pytestconfig.getini("database_migrations")
    own = Path(__file__).parent / "migrations"
    _run(deploy(_with_database(database_server, name), folder if folder.is_dir() else own))
    yield name
    _execute(database_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database_url(database_server: str, database_names: str, database_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated database, dropped after the test."""
    name = _new_name(database_names)
    _execute(database_server, f'CREATE DATABASE "{name}" TEMPLATE "{database_template}"')
    yield _with_database(database_server, name)
    _execute(database_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def db(database_url: str) -> Iterator[DatabaseService]:
    """A service on a fresh, migrated database; it connects in whatever event loop the test runs."""
    service = DatabaseService(url=database_url)
    yield service
    _run(service.disconnect())


@contextmanager
def claim_names(url: str) -> Iterator[str]:
    """What the names of a process's databases on a server begin with; those of processes that have ended are dropped.

    An advisory lock of PostgreSQL tells which still run: it is gone with the connection, however a process ends. Locks
    belong to the database that the URL names, and so does a part of the names.
    """
    place = f"test_{sha256(urlsplit(url).path.encode()).hexdigest()[:8]}_"
    owner = secrets.randbits(63)
    guard = DatabaseService(url=urlsplit(url)._replace(query=_with_parameters(url)).geturl())
    try:
        run(partial(_take, guard, owner))
        run(partial(_sweep, guard, place))
        yield f"{place}{owner:016x}_"
    finally:
        run(guard.disconnect)


def _with_parameters(url: str) -> str:
    return "&".join(filter(None, (urlsplit(url).query, _ONE_FOR_EVER)))


async def _take(guard: DatabaseService, owner: int) -> bool:
    (row,) = await guard.client.query_raw(f"SELECT pg_try_advisory_lock({owner}) AS taken")
    return bool(row["taken"])


async def _sweep(guard: DatabaseService, place: str) -> None:
    rows = await guard.client.query_raw("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", place)
    for name in (str(row["datname"]) for row in rows):
        owner = re.fullmatch(f"{place}([0-9a-f]{{16}})_[0-9a-f]{{16}}", name)
        if owner and await _take(guard, int(owner[1], 16)):
            with suppress(PrismaError):  # somebody is connected to it
                await guard.client.execute_raw(f'DROP DATABASE IF EXISTS "{name}"')
            await guard.client.query_raw(f"SELECT pg_advisory_unlock({int(owner[1], 16)}) AS let_go")


def _new_name(names: str) -> str:
    return f"{names}{secrets.token_hex(8)}"


def _with_database(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _execute(url: str, sql: str) -> None:
    async def execute() -> None:
        async with DatabaseService(url=url) as service:
            await service.client.execute_raw(sql)

    _run(execute())


def _run(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    # Not asyncio.run: it would take away the thread's event loop, which pytest's plugins for asyncio keep there.
    loop = asyncio.new_event_loop()
    try:
        result = loop.run_until_complete(coroutine)
        loop.run_until_complete(loop.shutdown_asyncgens())
        return result
    finally:
        loop.close()
