"""The module on a fresh database, and the module without async in its place."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from database import DatabaseService, sync
from fix_copies import Copies
from fix_postgres import Server
from steps import PROJECT

MORE_VARIABLE: Final = "TEST_MORE_MIGRATION"  # of a run inside a run: a script that follows the migrations


@pytest_asyncio.fixture(loop_scope="session")
async def migrated_url(copies: Copies, migrated_template: str) -> AsyncIterator[str]:
    """The URL of a database with the project's tables and nothing in them."""
    async with copies.lend(migrated_template) as url:
        yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_template(administrator: Server) -> AsyncIterator[str]:
    """The name of this worker's database with the project's tables and nothing in them."""
    name = await administrator.create()
    more = [Path(os.environ[MORE_VARIABLE])] if MORE_VARIABLE in os.environ else []
    for migration in [*sorted((PROJECT / "migrations").glob("*/migration.sql")), *more]:
        await administrator.execute(migration.read_text(encoding="utf-8"), database=name)
    yield name
    await administrator.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def unused_url(administrator: Server, migrated_template: str) -> AsyncIterator[str]:
    """The URL of a database like that, which no test has used: the planner sees what indexes have grown to."""
    async with administrator.fresh(template=migrated_template) as url:
        yield url


@pytest_asyncio.fixture
async def unused_db(unused_url: str) -> AsyncIterator[DatabaseService]:
    """A service on such a database, for tests that look at plans."""
    async with DatabaseService(url=unused_url) as service:
        yield service


@pytest_asyncio.fixture
async def db(migrated_url: str) -> AsyncIterator[DatabaseService]:
    """A service of its own for each test."""
    async with DatabaseService(url=migrated_url) as service:
        yield service


class _Awaited:
    """Methods that are called in a thread, for tests that await them."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if inspect.isasyncgenfunction(inspect.unwrap(method)):
            return lambda *args, **kwargs: self._each(method(*args, **kwargs))
        return lambda *args, **kwargs: asyncio.to_thread(method, *args, **kwargs)

    async def _each(self, items: Any) -> AsyncIterator[Any]:
        end = object()
        while (item := await asyncio.to_thread(next, items, end)) is not end:
            yield item


class AwaitedService(_Awaited):
    """A service without async, for tests that await it; its client is the asynchronous one."""

    def __init__(self, service: sync.DatabaseService, client: DatabaseService) -> None:
        super().__init__(service)
        self.client = client.client
        self.sessions = _Awaited(service.sessions)
        self.messages = _Awaited(service.messages)
        self.character_files = _Awaited(service.character_files)


@pytest_asyncio.fixture(params=["async", "sync"])
async def either(request: pytest.FixtureRequest, migrated_url: str) -> AsyncIterator[Any]:
    """The module as it is, and without async: one set of tests is for both."""
    async with DatabaseService(url=migrated_url) as service:
        if request.param == "async":
            yield service
            return
        blocking = sync.DatabaseService(url=migrated_url)
        yield AwaitedService(blocking, service)
        await asyncio.to_thread(blocking.disconnect)
