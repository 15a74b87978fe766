"""A password that a function gives for each new connection, as clouds want it."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from database import DatabaseService
from fix_postgres import Server
from prisma_engine.credentials import provide


@dataclass(frozen=True, slots=True)
class Role:
    """A role of the server whose password changes."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """A URL whose password is wrong."""
        with_user = self.server.url(self.server.maintenance)
        return with_user.replace(urlsplit(with_user).netloc.partition("@")[0], f"{self.name}:outdated", 1)

    async def change(self, password: str) -> None:
        await self.server.execute(f"ALTER ROLE {self.name} PASSWORD '{password}'")


@pytest_asyncio.fixture
async def role(server: Server) -> AsyncIterator[Role]:
    role = Role(server.direct, f"role_{uuid.uuid4().hex}")
    await server.execute(f"CREATE ROLE {role.name} LOGIN PASSWORD 'first'")
    yield role
    await server.execute(f"DROP ROLE {role.name}")


def _client(package: Any, url: str, password: Callable[[], Any]) -> Any:
    client = package.Prisma(datasource={"url": url}, use_dotenv=False)
    provide(client, password)
    return client


async def _first_connection(package: Any, url: str, password: Callable[[], Any]) -> str:
    """What connecting fails with."""
    client = _client(package, url, password)
    with pytest.raises(package.engine.errors.EngineConnectionError) as caught:
        await client.connect()
    await client.disconnect()
    return str(caught.value)


def _as_coroutine(password: Callable[[], str]) -> Callable[[], Awaitable[str]]:
    async def give() -> str:
        await asyncio.sleep(0)
        return password()

    return give


@pytest.mark.parametrize("spelling", [lambda give: give, _as_coroutine, lambda give: lambda: asyncio.sleep(0, give())])
async def test_each_new_connection_asks_for_the_password_of_its_time(
    blog_client: Any, role: Role, spelling: Callable[[Callable[[], str]], Callable[[], Any]]
) -> None:
    passwords = ["first"]
    asked: list[str] = []

    def current() -> str:
        asked.append(passwords[-1])
        return passwords[-1]

    async with _client(blog_client, role.url, spelling(current)) as client, AsyncExitStack() as transactions:
        for password in ("second", "third"):
            await transactions.enter_async_context(client.tx())  # keeps its connection, so that the next one is new
            await role.change(password)
            passwords.append(password)
        assert await client.query_raw("SELECT current_user::text AS name") == [{"name": role.name}]
    assert asked == ["first", "second", "third"]


async def test_the_service_takes_such_a_function_too(server: Server, migrated_url: str) -> None:
    url = migrated_url.replace(server.password, "outdated")
    async with DatabaseService(url=url, password=lambda: server.password) as db:
        session = await db.sessions.create_session()
        assert await db.sessions.get_session_by_id(session.id) == session
        assert (await db.health()).is_up


def test_a_synchronous_client_takes_one_too(blog_sync_client: Any, role: Role) -> None:
    with _client(blog_sync_client, role.url, lambda: "first") as client:
        assert client.query_raw("SELECT current_user::text AS name") == [{"name": role.name}]


async def test_a_function_that_waits_does_not_hold_up_the_event_loop(blog_client: Any, role: Role) -> None:
    asked, ready = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert ready.wait(30)
        return "first"

    client = _client(blog_client, role.url, slow)
    connecting = asyncio.create_task(client.connect())
    assert await asyncio.to_thread(asked.wait, 30)
    ready.set()  # only a loop that runs meanwhile comes here
    await connecting
    await client.disconnect()


def _broken() -> str:
    raise RuntimeError("the token service is on strike")


@pytest.mark.parametrize(
    ("password", "words"),
    [
        (_broken, "failed with RuntimeError: the token service is on strike."),
        (_as_coroutine(_broken), "failed with RuntimeError: the token service is on strike."),
        (lambda: None, "must return text, not NoneType."),
        (lambda: b"first", "must return text, not bytes."),
        (lambda: "wrong", "credentials for"),
        (lambda: asyncio.sleep(60), "has not answered within 0.3 s."),
    ],
    ids=["raises", "raises later", "nothing", "bytes", "wrong", "hangs"],
)
async def test_a_function_that_fails_is_p1000_in_its_own_words(
    blog_client: Any, role: Role, password: Callable[[], Any], words: str
) -> None:
    error = await asyncio.wait_for(_first_connection(blog_client, f"{role.url}&connect_timeout=0.3", password), 5)
    assert (error.startswith("P1000: Authentication failed"), words in error) == (True, True)


async def test_a_function_that_fails_later_fails_the_query_and_not_the_client(blog_client: Any, role: Role) -> None:
    answers = ["first", None, "first"]
    async with _client(blog_client, role.url, lambda: answers.pop(0)) as client, client.tx():
        with pytest.raises(blog_client.errors.PrismaError, match="must return text"):
            await client.query_raw("SELECT 1 AS one")
        assert await client.query_raw("SELECT 1 AS one") == [{"one": 1}]


async def test_a_client_that_is_connected_takes_no_function_any_more(blog: Any) -> None:
    with pytest.raises(RuntimeError, match="connected already"):
        provide(blog, lambda: "late")
