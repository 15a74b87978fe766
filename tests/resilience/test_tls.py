"""Who gets in, how, and what those are told who do not: TLS, certificates, passwords, unix sockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fix_tls import KEY_PASSWORD, PASSWORD, TlsServer
from prisma_engine.errors import UserFacingError
from prisma_engine.postgres import PostgresDatabase, parse

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _ask(url: str, sql: str) -> object:
    """The first value of a query on a connection of its own."""
    database = PostgresDatabase(parse(url))
    try:
        async with database.acquire() as connection:
            [row] = await connection.query(sql, ())
            return next(iter(row.values()))
    finally:
        await database.close()


async def _uses_tls(url: str) -> object:
    return await _ask(url, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


async def _refusal(url: str) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        await _uses_tls(url)
    return caught.value


def _with_files(server: TlsServer, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters with the paths of the certificates that they name."""
    return {
        name: server.certificates[value] if value.endswith((".crt", ".key")) else value
        for name, value in parameters.items()
    }


@pytest.mark.parametrize(
    ("user", "parameters", "uses_tls"),
    [
        ("trusted", {}, True),
        ("trusted", {"sslmode": "disable"}, False),
        ("trusted", {"sslmode": "prefer"}, True),
        ("trusted", {"sslmode": "require"}, True),
        ("trusted", {"sslmode": "require", "sslrootcert": "ca.crt"}, True),
        ("trusted", {"sslmode": "verify-ca", "sslrootcert": "ca.crt"}, True),
        ("trusted", {"sslmode": "verify-full", "sslrootcert": "ca.crt"}, True),
        ("trusted", {"sslaccept": "strict", "sslcert": "ca.crt"}, True),
        ("trusted", {"sslaccept": "accept_invalid_certs", "sslmode": "require"}, True),
        ("trusted", {"sslmode": "disable", "sslaccept": "strict"}, False),
        ("scram", {}, True),
        ("scram", {"sslmode": "verify-full", "sslrootcert": "ca.crt"}, True),
        ("plain", {}, False),  # with TLS this role is refused, and `prefer` tries without
        ("plain", {"sslmode": "disable"}, False),
        ("certified", {"sslcert": "client.crt", "sslkey": "client.key"}, True),
        (
            "certified",
            {"sslmode": "verify-full", "sslrootcert": "ca.crt", "sslcert": "client.crt", "sslkey": "client.key"},
            True,
        ),
        ("certified", {"sslcert": "locked.crt", "sslkey": "locked.key", "sslpassword": KEY_PASSWORD}, True),
    ],
)
async def test_who_has_what_the_server_asks_for_gets_in(
    tls_server: TlsServer, user: str, parameters: dict[str, str], *, uses_tls: bool
) -> None:
    url = tls_server.url(user, **_with_files(tls_server, parameters))
    assert await _uses_tls(url) is uses_tls


@pytest.mark.parametrize(
    ("user", "parameters", "code", "words"),
    [
        ("trusted", {"sslmode": "verify-ca"}, "P1011", "sslrootcert"),  # the system's authorities do not know it
        ("trusted", {"sslmode": "verify-ca", "sslrootcert": "stranger.crt"}, "P1011", "sslrootcert"),
        ("trusted", {"sslmode": "verify-full", "sslrootcert": "stranger.crt"}, "P1011", "sslrootcert"),
        ("trusted", {"sslmode": "require", "sslrootcert": "stranger.crt"}, "P1011", "sslrootcert"),
        ("trusted", {"sslaccept": "strict", "sslcert": "stranger.crt"}, "P1011", "sslrootcert"),
        ("trusted", {"sslaccept": "strict"}, "P1011", "sslrootcert"),
        ("scram", {"sslmode": "disable"}, "P1010", "no encryption"),
        ("plain", {"sslmode": "require"}, "P1010", "SSL encryption"),
        ("certified", {"sslmode": "require"}, "P1010", "client certificate"),
        ("certified", {"sslcert": "locked.crt", "sslkey": "locked.key"}, "P1011", "locked.key"),
        ("certified", {"sslcert": "locked.crt", "sslkey": "locked.key", "sslpassword": "no"}, "P1011", "locked.key"),
        ("certified", {"sslcert": "client.crt", "sslkey": "locked.key"}, "P1011", "locked.key"),
        ("trusted", {"sslmode": "verify-ca", "sslrootcert": "missing.crt"}, "P1011", "missing.crt"),
    ],
)
async def test_who_does_not_is_told_what_is_missing(
    tls_server: TlsServer, user: str, parameters: dict[str, str], code: str, words: str
) -> None:
    error = await _refusal(tls_server.url(user, **_with_files(tls_server, parameters)))
    assert (error.code, words in error.message, "\n" in error.message) == (code, True, False)
    assert [secret for secret in (PASSWORD, KEY_PASSWORD) if secret in error.message] == []


async def test_a_certificate_of_another_host_counts_for_verify_ca_but_not_for_verify_full(
    tls_server: TlsServer,
) -> None:
    elsewhere, trust = tls_server.at("localhost"), tls_server.certificates["ca.crt"]
    assert await _uses_tls(elsewhere.url("trusted", sslmode="verify-ca", sslrootcert=trust)) is True
    for parameters in ({"sslmode": "verify-full", "sslrootcert": trust}, {"sslaccept": "strict", "sslcert": trust}):
        error = await _refusal(elsewhere.url("trusted", **parameters))
        assert (error.code, "localhost" in error.message) == ("P1011", True)


@pytest.mark.parametrize("password", ["wrong", "", None])
async def test_scram_refuses_a_wrong_password(tls_server: TlsServer, password: str | None) -> None:
    error = await _refusal(tls_server.url("scram", password=password))
    assert (error.code, "`scram`" in error.message) == ("P1000", True)


@pytest.mark.parametrize(
    "place",
    ["localhost:{port}/postgres?host={folder}", "localhost:{port}/postgres?host={folder}/", "{quoted}:{port}/postgres"],
    ids=["host parameter", "trailing slash", "encoded host"],
)
async def test_a_unix_socket_is_a_way_in_whatever_the_sslmode(tls_server: TlsServer, place: str) -> None:
    folder = str(tls_server.sockets)
    quoted = folder.replace("/", "%2F")
    credentials, _, _ = tls_server.url("scram").removeprefix("postgresql://").partition("@")
    url = f"postgresql://{credentials}@{place.format(port=tls_server.port, folder=folder, quoted=quoted)}"
    mode = "sslmode=require" if "?" in url else "?sslmode=require"
    assert await _ask(f"{url}&{mode}" if "?" in url else f"{url}{mode}", "SELECT inet_client_addr()::text") is None


async def test_a_folder_without_a_socket_is_p1001_and_named(tls_server: TlsServer, tmp_path: Path) -> None:
    error = await _refusal(tls_server.url("scram", host=str(tmp_path)))
    assert (error.code, f"{tmp_path}:{tls_server.port}" in error.message) == ("P1001", True)


async def test_options_and_application_name_reach_the_server_over_tls(tls_server: TlsServer) -> None:
    url = tls_server.url("scram", options="-c work_mem=12345 -c lock_timeout=7s", application_name="chat / ünï")
    asked = "SELECT concat_ws('|', current_setting('work_mem'), current_setting('lock_timeout'))"
    assert await _ask(url, asked) == "12345kB|7s"
    assert await _ask(tls_server.url("scram", application_name="my app"), "SHOW application_name") == "my app"


async def test_a_client_speaks_tls_in_queries_and_transactions(blog_client: Any, tls_server: TlsServer) -> None:
    trust = tls_server.certificates["ca.crt"]
    url = tls_server.url("scram", sslmode="verify-full", sslrootcert=trust)
    sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    async with blog_client.Prisma(datasource={"url": url}, use_dotenv=False) as client, client.tx() as tx:
        assert await client.query_raw(sql) == await tx.query_raw(sql) == [{"ssl": True}]


async def test_settings_with_a_password_do_not_show_it(tls_server: TlsServer) -> None:
    settings = parse(tls_server.url("scram", sslpassword=KEY_PASSWORD))
    shown = f"{settings!r} {settings.redacted} {PostgresDatabase(replace(settings))!r}"
    assert (settings.password, settings.sslpassword) == (PASSWORD, KEY_PASSWORD)
    assert [secret for secret in (PASSWORD, KEY_PASSWORD) if secret in shown] == []
