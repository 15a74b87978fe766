"""What a wrong configuration says: one sentence with Prisma's code and what to do, soon, and never the password."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from database import ConfigurationError, DatabaseService
from fix_clients import SCHEMA
from fix_postgres import Server
from stop_watch import ending_within

SECRET: Final = "s3cr3t/w0rd@%"
TELLTALE: Final = "w0rd"  # is in the password however it is encoded
CONNECT_TIMEOUT: Final = 5.0  # seconds, Prisma's default


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[BaseException], str]:
    """Everything that a program could show of an error: its traceback, what lies behind it, and all that was logged."""
    caplog.set_level(logging.DEBUG)

    def told(error: BaseException) -> str:
        chain, words = [error], ["".join(traceback.format_exception(error)), caplog.text]
        for link in chain:
            words.append(f"{link} {link!r} {link.args} {vars(link)}")
            chain += [behind for behind in (link.__cause__, link.__context__) if behind and behind not in chain]
        return "\n".join(words)

    return told


def _shown(client: Any) -> str:
    return repr(client._engine)  # noqa: SLF001  # what a debugger shows


async def _failure(package: Any, url: str, *, within: float = CONNECT_TIMEOUT) -> Any:
    """What connecting fails with, in time."""
    client = package.Prisma(datasource={"url": url}, use_dotenv=False)
    with ending_within(within), pytest.raises(package.engine.errors.EngineConnectionError) as caught:
        await client.connect()
    assert TELLTALE not in _shown(client)
    await client.disconnect()
    return caught.value


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        (f"mysql://me:{quote(SECRET, safe='')}@db/chat", "must start with `postgresql://`"),
        (f"me:{quote(SECRET, safe='')}@db/chat", "must start with `postgresql://`"),
        (f"postgresql://me:{SECRET}@db:5432/chat", "must be percent-encoded"),
        (f"postgresql://me:?{SECRET}@db:5432/chat", "must be percent-encoded"),
        (f"postgresql://me:#{SECRET}@db:5432/chat", "must be percent-encoded"),
        ("postgresql://me:w0rd]@[db/chat", "not a URL" if sys.version_info >= (3, 11) else "a host is not written as"),
        ("postgresql://me:w0rd℀@db/chat", "not a URL"),
        ("postgresql://me:w0rd@db:54x2/chat", "the port is not a number"),
        ("postgresql://me:w0rd@db/chat?connection_limit=many", "`connection_limit` must be a whole number"),
        ("postgresql://me:w0rd@db/chat?sslmode=maybe", "`sslmode` must be one of"),
        ("postgresql://me:w0rd@db/chat?sslidentity=my.p12", "give `sslcert` and `sslkey` as PEM files"),
    ],
)
async def test_a_malformed_url_is_p1013_and_names_the_part(
    blog_client: Any, told: Callable[[BaseException], str], url: str, advice: str
) -> None:
    error = await _failure(blog_client, url)
    assert (str(error).startswith("P1013: "), advice in str(error), "\n" in str(error)) == (True, True, False)
    assert TELLTALE not in told(error)


async def test_an_unknown_parameter_is_named_in_a_warning_and_changes_nothing(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": f"{blog_url}&pool_size=5"}, use_dotenv=False)
    with pytest.warns(UserWarning, match="parameter `pool_size` is unknown and has no effect"):
        await client.connect()
    assert await client.seat.count() == 0
    await client.disconnect()


def _with_password(url: str, password: str) -> str:
    credentials, at, place = url.rpartition("@")
    return f"{credentials.rpartition(':')[0]}:{quote(password, safe='')}{at}{place}"


@pytest.mark.parametrize(
    ("change", "code", "advice"),
    [
        (lambda url: _with_password(url, SECRET), "P1000", "correct the user or the password"),
        (lambda url: url.replace("/test_", "/no_such_database_"), "P1003", "create it, or correct the database URL"),
        (
            lambda _: f"postgresql://me:{quote(SECRET, safe='')}@127.0.0.1:1/chat",
            "P1001",
            "at 127.0.0.1:1: check that it is running",
        ),
        (
            lambda _: f"postgresql://me:{quote(SECRET, safe='')}@nowhere.invalid/chat",
            "P1001",
            "at nowhere.invalid:5432: check that it is running",
        ),
    ],
    ids=["wrong password", "wrong database", "refused port", "unknown host"],
)
@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_a_database_that_cannot_be_used_says_what_to_do(
    blog_client: Any,
    server: Server,
    blog_url: str,
    told: Callable[[BaseException], str],
    *,
    change: Callable[[str], str],
    code: str,
    advice: str,
) -> None:
    error = await _failure(blog_client, change(blog_url))
    assert (str(error).partition(": ")[0], advice in str(error), "\n" in str(error)) == (code, True, False)
    assert [word for word in (TELLTALE, server.password) if word in told(error)] == []


@pytest.mark.parametrize("parameters", ["sslmode=require", "sslmode=verify-full", "sslaccept=strict"])
async def test_a_server_without_tls_says_so_where_tls_is_required(
    blog_client: Any, blog_url: str, parameters: str
) -> None:
    error = await _failure(blog_client, f"{blog_url}&{parameters}")
    assert str(error).startswith("P1011: ")
    assert "switch TLS on at the server, or do without it (`sslmode=disable`)" in str(error)


@pytest.fixture
def black_hole() -> Iterator[str]:
    """An address that answers nothing at all: its queue of connections is full, and nobody takes them out."""
    with ExitStack() as sockets:
        listening = sockets.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(3):
            visitor = sockets.enter_context(socket.socket())
            visitor.settimeout(0)
            with suppress(BlockingIOError):
                visitor.connect(listening.getsockname())
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(
    ("hosts", "parameters", "seconds"),
    [(3, "", CONNECT_TIMEOUT), (1, "?connect_timeout=1", 1.0), (2, "?connect_timeout=1&sslmode=disable", 1.0)],
    ids=["three", "one", "without TLS"],
)
async def test_an_address_that_never_answers_is_p1001_within_the_connect_timeout(
    blog_client: Any, black_hole: str, hosts: int, parameters: str, seconds: float
) -> None:
    url = f"postgresql://me:w0rd@{','.join([black_hole] * hosts)}/chat{parameters}"
    error = await _failure(blog_client, url, within=seconds)
    assert str(error).startswith(f"P1001: Can't reach database server at {black_hole}")


@pytest.mark.parametrize("sslmode", ["prefer", "require"])
async def test_a_server_that_hangs_up_is_p1001_and_no_matter_of_tls(blog_client: Any, sslmode: str) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)  # the question for TLS
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1") as dying:
        port = dying.sockets[0].getsockname()[1]
        error = await _failure(blog_client, f"postgresql://me:w0rd@127.0.0.1:{port}/chat?sslmode={sslmode}")
    assert str(error).startswith("P1001: ")


async def test_without_a_url_both_packages_say_what_to_set(
    blog_client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"^P1012: There is no database URL: pass url=…, set DATABASE_URL"):
        DatabaseService()
    with pytest.raises(blog_client.engine.errors.EngineConnectionError, match=r"^P1012: .*DATABASE_URL.*Set it to"):
        await blog_client.Prisma(use_dotenv=False).connect()


async def test_a_database_without_migrations_says_that_they_are_to_be_applied(
    blog_client: Any, database_url: str
) -> None:
    async with blog_client.Prisma(datasource={"url": database_url}, use_dotenv=False) as client:
        with pytest.raises(blog_client.errors.TableNotFoundError) as table:
            await client.seat.count()
        await client.execute_raw('CREATE TABLE "Seat" ("row" int, "number" int)')
        with pytest.raises(blog_client.errors.PrismaError) as column:
            await client.seat.create({"row": 1, "number": 1})
    for caught, code in ((table, "P2021"), (column, "P2022")):
        assert caught.value.code == code
        assert str(caught.value).endswith("Apply the migrations that the database lacks: `prisma migrate deploy`.")


@pytest.fixture
def newer_schema(blog_client: Any, tmp_path: Path) -> Iterator[Path]:
    """A schema file with one model more than the client was generated with."""
    file = tmp_path / "schema.prisma"
    file.write_text(f"{SCHEMA.read_text(encoding='utf-8')}\nmodel Added {{ id Int @id }}\n", encoding="utf-8")
    module = blog_client.client
    generated_from, module.SCHEMA_PATH = module.SCHEMA_PATH, file
    yield file
    module.SCHEMA_PATH = generated_from


async def test_a_client_older_than_its_schema_warns_and_goes_on(
    blog_client: Any, blog_url: str, newer_schema: Path
) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    with pytest.warns(UserWarning, match=f"{newer_schema} has changed since .* was generated: generate it again"):
        await client.connect()
    assert await client.seat.count() == 0
    await client.disconnect()


async def test_a_database_that_takes_no_writes_says_so_and_still_reads(
    blog_client: Any, server: Server, blog_url: str
) -> None:
    name = blog_url.partition("?")[0].rpartition("/")[2]
    await server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    async with blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as client:
        assert await client.seat.count() == 0
        with pytest.raises(blog_client.errors.PrismaError) as caught:
            await client.seat.create({"row": 1, "number": 1})
        assert "The database takes no writes now" in str(caught.value)
        async with client.tx() as tx:
            assert await tx.seat.count() == 0


async def test_nothing_that_a_client_logs_has_the_password_in_it(
    blog_client: Any, server: Server, blog_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False, log_queries=True)
    async with client:
        await client.seat.count()
        with pytest.raises(blog_client.errors.PrismaError):
            await client.query_raw("SELEKT")
        shown = f"{client!r} {_shown(client)}"
    assert "SELECT" in caplog.text
    assert server.password not in caplog.text + shown
