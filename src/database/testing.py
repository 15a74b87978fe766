"""pytest fixtures that give each test a fresh, migrated database: `pytest_plugins = ["database.testing"]`.

The server is the one of TEST_DATABASE_URL, else of DATABASE_URL, from the environment or the nearest `.env` file; the
tests get databases of their own there, which are dropped again, and never the one that the URL names. The migrations
are those of the folder `migrations` at pytest's root, or of the ini option `database_migrations`, else the module's.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from database.client import VARIABLE, configured
from database.service import DatabaseService
from prisma_engine.migrate import deploy

__all__ = ["database_server", "database_template", "database_url", "db"]

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
def database_template(database_server: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """The name of this process's migrated database, of which each test's is a copy; redefine it to add rows for all."""
    name = _new_name()
    folder = pytestconfig.rootpath / pytestconfig.getini("database_migrations")
    own = Path(__file__).parent / "migrations"
    _run(deploy(_with_database(database_server, name), folder if folder.is_dir() else own))
    yield name
    _execute(database_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database_url(database_server: str, database_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated database, dropped after the test."""
    name = _new_name()
    _execute(database_server, f'CREATE DATABASE "{name}" TEMPLATE "{database_template}"')
    yield _with_database(database_server, name)
    _execute(database_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def db(database_url: str) -> Iterator[DatabaseService]:
    """A service on a fresh, migrated database; it connects in whatever event loop the test runs."""
    service = DatabaseService(url=database_url)
    yield service
    _run(service.disconnect())


def _new_name() -> str:
    return f"test_{uuid.uuid4().hex}"


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
