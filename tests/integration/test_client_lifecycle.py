"""Connecting, disconnecting, settings, registration, and several clients in one process."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fix_postgres import Server

DROPPED = r"was dropped with open connections \(1\): call its `disconnect\(\)`"


@pytest.fixture
def own_environment() -> Iterator[None]:
    """An environment without a URL, which is put back as it was."""
    before = dict(os.environ)
    os.environ.pop("DATABASE_URL", None)
    yield
    os.environ.clear()
    os.environ.update(before)


async def until_no_connections(server: Server, url: str) -> None:
    while await server.connections(url):  # noqa: ASYNC110  # a server has no events
        await asyncio.sleep(0.01)


async def test_a_client_connects_and_disconnects_as_often_as_wanted(
    blog_client: Any, blog_url: str, server: Server
) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    for number in range(3):
        assert client.is_connected() is False
        await client.connect()
        assert client.is_connected() is True
        await client.seat.create({"row": 1, "number": number})
        await client.disconnect()
    await client.disconnect()
    await until_no_connections(server, blog_url)
    with pytest.raises(blog_client.errors.ClientNotConnectedError, match="you must call `connect\\(\\)`"):
        await client.seat.count()
    async with client as same:
        assert same is client
        assert await client.seat.count() == 3
    assert client.is_connected() is False


async def test_connecting_twice_is_an_error_that_leaves_the_client_connected(blog: Any, blog_client: Any) -> None:
    with pytest.raises(blog_client.engine.errors.AlreadyConnectedError, match="Already connected to the query engine"):
        await blog.connect()
    assert await blog.seat.count() == 0


async def test_a_block_may_disconnect_its_client_itself(blog_client: Any, blog_url: str) -> None:
    async with blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as client:
        await client.disconnect()
    assert client.is_connected() is False


async def test_a_block_that_fails_disconnects(blog_client: Any, blog_url: str, server: Server) -> None:
    with pytest.raises(RuntimeError):
        async with blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as client:
            raise RuntimeError
    assert client.is_connected() is False
    await until_no_connections(server, blog_url)


async def test_a_client_that_is_dropped_gives_its_connections_back(
    blog_client: Any, blog_url: str, server: Server
) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    await client.connect()
    await client.seat.count()
    assert await server.connections(blog_url) >= 1
    with pytest.warns(ResourceWarning, match=DROPPED):  # noqa: PT031  # dropping takes two steps
        del client
        gc.collect()
    await until_no_connections(server, blog_url)


async def test_a_call_that_runs_while_its_client_disconnects_ends(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    await client.connect()
    running = asyncio.create_task(client.query_raw("SELECT pg_sleep(0.3)::text AS slept"))
    while not await client.query_raw(
        "SELECT 1 AS one FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.3)%' LIMIT 1"
    ):
        pass
    await client.disconnect()
    await asyncio.wait([running], timeout=30)
    assert running.done()
    assert isinstance(running.exception(), (type(None), blog_client.errors.PrismaError))


@pytest.mark.parametrize(
    "options",
    [
        {"connect_timeout": timedelta(seconds=20)},
        {"http": {"timeout": 10}},
        {"http": {"timeout": None, "limits": None, "app": None}},
        {"log_queries": True},
        {"log_queries": False, "auto_register": False, "use_dotenv": False},
    ],
)
async def test_every_option_is_accepted(blog_client: Any, blog_url: str, options: dict[str, Any]) -> None:
    async with blog_client.Prisma(datasource={"url": blog_url}, **{"use_dotenv": False, **options}) as client:
        assert await client.seat.count() == 0
        async with client.tx() as tx:
            assert await tx.seat.count() == 0


async def test_timeouts_as_numbers_still_work_with_a_warning(blog_client: Any, blog_url: str) -> None:
    with pytest.warns(DeprecationWarning, match="connect_timeout"):
        client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False, connect_timeout=20)
    await client.connect()
    with pytest.warns(DeprecationWarning, match="timeout"):
        await client.disconnect(5)
    with pytest.warns(DeprecationWarning, match="timeout"):
        await client.connect(20)
    await client.disconnect(timedelta(seconds=5))


async def test_the_datasource_may_be_named(blog_client: Any, blog_url: str) -> None:
    async with blog_client.Prisma(datasource={"name": "db", "url": blog_url}, use_dotenv=False) as client:
        assert await client.seat.count() == 0


@pytest.mark.usefixtures("own_environment")
async def test_the_url_comes_from_the_environment_when_connecting(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(use_dotenv=False)
    with pytest.raises(blog_client.engine.errors.EngineConnectionError, match="DATABASE_URL"):
        await client.connect()
    os.environ["DATABASE_URL"] = blog_url
    await client.connect()
    assert await client.seat.count() == 0
    await client.disconnect()


@pytest.mark.usefixtures("own_environment")
@pytest.mark.parametrize("place", [".env", "prisma/.env"])
async def test_dotenv_files_are_read_unless_told_otherwise(
    blog_client: Any, blog_url: str, tmp_path: Path, place: str
) -> None:
    (tmp_path / "prisma").mkdir()
    (tmp_path / place).write_text(f'DATABASE_URL="{blog_url}"\n', encoding="utf-8")
    home = Path.cwd()
    os.chdir(tmp_path)
    try:
        blog_client.Prisma(use_dotenv=False)
        assert "DATABASE_URL" not in os.environ
        async with blog_client.Prisma() as client:
            assert await client.seat.count() == 0
        os.environ["DATABASE_URL"] = "kept"
        blog_client.load_env()
        assert os.environ["DATABASE_URL"] == "kept"
        blog_client.load_env(override=True)
        assert os.environ["DATABASE_URL"] == blog_url
    finally:
        os.chdir(home)


@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_a_database_that_is_not_there_is_a_connection_error(blog_client: Any, server: Server) -> None:
    client = blog_client.Prisma(datasource={"url": server.url("nothing")}, use_dotenv=False)
    with pytest.raises(blog_client.engine.errors.EngineConnectionError, match="P1003"):
        await client.connect()
    with pytest.raises(blog_client.errors.PrismaError):
        await client.seat.count()
    await client.disconnect()
    assert client.is_connected() is False


async def test_connecting_to_a_server_that_never_answers_ends_after_the_timeout(blog_client: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = blog_client.Prisma(
            datasource={"url": f"postgresql://test:test@127.0.0.1:{silent.getsockname()[1]}/test"},
            use_dotenv=False,
            connect_timeout=timedelta(milliseconds=200),
        )
        with pytest.raises(blog_client.engine.errors.EngineConnectionError, match="P100"):
            await client.connect()
        await client.disconnect()


async def test_several_clients_of_one_package_are_strangers(
    blog_client: Any, blog_url: str, blog_template: str, server: Server
) -> None:
    other = await server.create(template=blog_template)
    urls = [blog_url, server.url(other)]
    one, two = [blog_client.Prisma(datasource={"url": url}, use_dotenv=False) for url in urls]
    async with one, two:
        await asyncio.gather(*(one.seat.create({"row": 1, "number": number}) for number in range(10)))
        async with one.tx() as tx:
            await tx.seat.delete_many()
            assert (await one.seat.count(), await two.seat.count()) == (10, 0)
    await server.drop(other)


def test_a_client_goes_on_in_another_event_loop(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)

    async def store(number: int) -> int:
        if not client.is_connected():
            await client.connect()
        await client.seat.create({"row": 1, "number": number})
        async with client.tx() as tx:
            return int(await tx.seat.count())

    async def close() -> None:
        await client.disconnect()

    assert [asyncio.run(store(number)) for number in range(3)] == [1, 2, 3]
    asyncio.run(close())
    assert asyncio.run(store(3)) == 4
    asyncio.run(close())


async def test_clients_of_several_packages_work_in_one_process(blog: Any, shop: Any, blog_client: Any) -> None:
    user, customer = await asyncio.gather(
        blog.user.create({"email": "a@", "settings": blog_client.Json([1])}), shop.customer.find_first()
    )
    assert (type(user).__module__, type(customer).__module__) == ("blog_client.models", "shop_client.models")
    with pytest.raises(blog_client.errors.UniqueViolationError):
        await blog.user.create({"email": "a@"})
    assert user.settings == [1]


class TestRegistration:
    """A package has one registered client at most, which its models use."""

    @pytest.fixture(autouse=True)
    def testing(self, blog_client: Any) -> Iterator[Any]:
        """The package's module for tests; nothing registered is left behind."""
        testing = importlib.import_module(f"{blog_client.__name__}.testing")
        yield testing
        with suppress(blog_client.errors.ClientNotRegisteredError):
            testing.unregister_client()

    async def test_models_use_the_registered_client(self, blog: Any, blog_client: Any) -> None:
        user = blog_client.models.User
        with pytest.raises(blog_client.errors.ClientNotRegisteredError):
            user.prisma()
        blog_client.register(blog)
        assert (blog_client.get_client() is blog, blog.is_registered()) == (True, True)
        created = await user.prisma().create({"email": "a@", "posts": {"create": [{"title": "t"}]}})
        assert await user.prisma().find_unique(where={"id": created.id}) == created
        assert await user.prisma().update(where={"id": created.id}, data={"age": 1}, include={"posts": True})
        assert await user.prisma().count() == 1
        assert [row.email for row in await user.prisma().query_raw("SELECT * FROM users")] == ["a@"]
        assert await user.prisma().group_by(["age"], count=True) == [{"age": 1, "_count": {"_all": 1}}]
        assert await user.prisma().delete_many() == 1
        with pytest.raises(blog_client.errors.ClientAlreadyRegisteredError):
            blog_client.register(blog)

    async def test_a_function_may_give_the_client(self, blog: Any, blog_client: Any) -> None:
        blog_client.register(lambda: blog)
        assert blog_client.get_client() is blog
        assert await blog_client.models.Seat.prisma().count() == 0

    async def test_what_is_no_client_is_refused(self, blog_client: Any) -> None:
        with pytest.raises(TypeError, match="Expected either a"):
            blog_client.register("client")
        blog_client.register(lambda: 1)
        with pytest.raises(TypeError, match="Registered function returned 1"):
            blog_client.get_client()

    async def test_a_client_can_register_itself(self, blog_client: Any, blog_url: str) -> None:
        client = blog_client.Prisma(auto_register=True, datasource={"url": blog_url}, use_dotenv=False)
        async with client:
            assert client.is_registered() is True
            assert await blog_client.models.Seat.prisma().count() == 0
        with pytest.raises(blog_client.errors.ClientNotConnectedError):
            await blog_client.models.Seat.prisma().count()

    async def test_a_test_can_put_another_client_in_its_place(self, blog: Any, blog_client: Any, testing: Any) -> None:
        with pytest.raises(blog_client.errors.ClientNotRegisteredError), testing.reset_client():
            pass
        first = blog_client.Prisma(use_dotenv=False)
        blog_client.register(first)
        with testing.reset_client():
            with pytest.raises(blog_client.errors.ClientNotRegisteredError):
                blog_client.get_client()
            blog_client.register(blog)
            assert await blog_client.models.Seat.prisma().count() == 0
        assert blog_client.get_client() is first
        with testing.reset_client(blog):
            assert blog_client.get_client() is blog
        assert first.is_registered() is True


# What the client does without


def test_the_client_does_without_httpx(blog_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ImportError('another httpx')", encoding="utf-8")
    program = "import blog_client, sys; blog_client.Prisma(); assert 'httpx' not in sys.modules"
    path = os.pathsep.join([str(tmp_path), str(blog_folder)])
    environment = {**os.environ, "PYTHONPATH": path, "DATABASE_URL": "postgresql://nobody@localhost/nothing"}
    subprocess.run([sys.executable, "-W", "error", "-c", program], env=environment, check=True)
