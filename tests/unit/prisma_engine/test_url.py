"""Reading a DATABASE_URL."""

from __future__ import annotations

import os
import warnings

import pytest

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.url import Settings, parse


def _refusal(url: str) -> str:
    with pytest.raises(UserFacingError) as caught:
        parse(url)
    assert caught.value.code == "P1013"
    assert caught.value.__cause__ is None
    return caught.value.message


def test_a_plain_url_gets_prismas_defaults() -> None:
    settings = parse("postgresql://alice:secret@db.example:6543/shop")
    assert settings == Settings(
        hosts=("db.example",),
        ports=(6543,),
        user="alice",
        password="secret",
        database="shop",
        schema="public",
        connection_limit=(os.cpu_count() or 1) * 2 + 1,
        pool_timeout=10,
        connect_timeout=5,
        socket_timeout=None,
        max_idle_connection_lifetime=300,
        max_connection_lifetime=None,
        pgbouncer=False,
        statement_cache_size=100,
        sslmode="prefer",
        sslaccept="accept_invalid_certs",
        target_session_attrs="any",
    )


def test_every_parameter_is_read() -> None:
    settings = parse(
        "postgres://u@h/d?schema=my%20schema&connection_limit=3&pool_timeout=2&connect_timeout=7&socket_timeout=9"
        "&max_idle_connection_lifetime=60&max_connection_lifetime=600&statement_cache_size=20&sslmode=verify-full"
        "&sslcert=/c.pem&sslkey=/k.pem&sslrootcert=/r.pem&sslpassword=p%26w&sslaccept=strict&application_name=shop"
        "&options=-c+search_path%3Da&target_session_attrs=read-write"
    )
    assert settings == Settings(
        hosts=("h",),
        ports=(5432,),
        user="u",
        database="d",
        schema="my schema",
        connection_limit=3,
        pool_timeout=2,
        connect_timeout=7,
        socket_timeout=9,
        max_idle_connection_lifetime=60,
        max_connection_lifetime=600,
        statement_cache_size=20,
        sslmode="verify-full",
        sslcert="/c.pem",
        sslkey="/k.pem",
        sslrootcert="/r.pem",
        sslpassword="p&w",
        sslaccept="strict",
        application_name="shop",
        options="-c search_path=a",
        target_session_attrs="read-write",
    )


def test_zero_means_no_limit_for_timeouts_and_lifetimes() -> None:
    settings = parse(
        "postgresql://h/d?pool_timeout=0&connect_timeout=0&socket_timeout=0"
        "&max_idle_connection_lifetime=0&max_connection_lifetime=0"
    )
    limits = (settings.pool_timeout, settings.connect_timeout, settings.socket_timeout)
    assert limits == (None, None, None)
    assert (settings.max_idle_connection_lifetime, settings.max_connection_lifetime) == (None, None)


def test_credentials_and_database_are_percent_decoded() -> None:
    settings = parse("postgresql://al%40ice:p%3Aa%2Fs%23s+w%C3%B6rd@h/my%2Fdb")
    assert (settings.user, settings.password, settings.database) == ("al@ice", "p:a/s#s+wörd", "my/db")


@pytest.mark.parametrize(
    ("url", "hosts", "ports"),
    [
        ("postgresql:///db", ("localhost",), (5432,)),
        ("postgresql://:5433/db", ("localhost",), (5433,)),
        ("postgresql://[::1]:5433/db", ("::1",), (5433,)),
        ("postgresql://a,b:6000/db", ("a", "b"), (5432, 6000)),
        ("postgresql://u:p@localhost:5433/db?host=/var/run/pg", ("/var/run/pg",), (5433,)),
        ("postgresql://%2Fvar%2Frun%2Fpg/db", ("/var/run/pg",), (5432,)),
    ],
)
def test_hosts_are_read_with_their_ports(url: str, hosts: tuple[str, ...], ports: tuple[int, ...]) -> None:
    settings = parse(url)
    assert (settings.hosts, settings.ports) == (hosts, ports)


def test_a_url_without_a_database_means_prismas_default() -> None:
    assert parse("postgresql://h").database == "postgres"


def test_an_absent_password_differs_from_an_empty_one() -> None:
    assert (parse("postgresql://u@h/d").password, parse("postgresql://u:@h/d").password) == (None, "")


def test_behind_pgbouncer_no_statement_is_kept() -> None:
    settings = parse("postgresql://h/d?pgbouncer=true&statement_cache_size=50")
    assert (settings.statement_cache_size, settings.kept_statements) == (50, 0)


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "must start with `postgresql://`"),
        ("mysql://u:hidden@h/d", "must start with `postgresql://`"),
        ("prisma+postgres://h?api_key=hidden", "must start with `postgresql://`"),
        ("postgresql://u:hidden@h:port/d", "the port"),
        ("postgresql://u:hidden@h:0/d", "the port"),
        ("postgresql://u:hidden@h:65536/d", "the port"),
        ("postgresql://u:hidden@h:١٢/d", "the port"),
        ("postgresql://u:hidden@[::1/d", "it is not a URL"),
        ("postgresql://u:hidden@a]b/d", "it is not a URL"),
        ("postgresql://u:hid/den@h/d", "percent-encoded"),
        ("postgresql://u:hid#den@h/d", "percent-encoded"),
        ("postgresql://u:hid?den@h/d", "percent-encoded"),
        ("postgresql://u:h@h?hidden=1@h/d", "percent-encoded"),
        ("postgresql://u:hidden@h/d?connection_limit=many", '`connection_limit` must be a whole number, not "many"'),
        ("postgresql://u:hidden@h/d?connection_limit=0", "`connection_limit` must be at least 1"),
        ("postgresql://u:hidden@h/d?connection_limit=-1", '`connection_limit` must be a whole number, not "-1"'),
        ("postgresql://u:hidden@h/d?pool_timeout=soon", '`pool_timeout` must be a number of seconds, not "soon"'),
        ("postgresql://u:hidden@h/d?pool_timeout=nan", "`pool_timeout` must be a number of seconds"),
        ("postgresql://u:hidden@h/d?connect_timeout=-1", "`connect_timeout` must be a number of seconds"),
        ("postgresql://u:hidden@h/d?pgbouncer=maybe", '`pgbouncer` must be one of true, false, not "maybe"'),
        ("postgresql://u:hidden@h/d?sslmode=on", "`sslmode` must be one of disable, prefer"),
        ("postgresql://u:hidden@h/d?sslidentity=/id.p12", "PEM files"),
        ("postgresql://u:hidden@h/d?schema=a%22b", "`schema` must be the name of a schema"),
        ("postgresql://u:hidden@h/d?schema=", "`schema` must be the name of a schema"),
        ("postgresql://u:hidden@h/d?target_session_attrs=all", "`target_session_attrs` must be one of any"),
    ],
)
def test_a_malformed_url_is_refused_by_naming_the_fault_and_hiding_the_password(url: str, fault: str) -> None:
    message = _refusal(url)
    assert message.startswith("The provided database string is invalid: ")
    assert fault in message
    assert "hid" not in message


def test_an_unknown_parameter_is_warned_about_by_name_only() -> None:
    with pytest.warns(UserWarning, match="`sslmod` is unknown") as caught:
        settings = parse("postgresql://h/d?sslmod=hidden")
    assert settings == parse("postgresql://h/d")
    assert [("hidden" in str(warning.message), warning.filename) for warning in caught] == [(False, __file__)]


def test_known_parameters_raise_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse("postgresql://h/d?schema=public&connection_limit=1&&")


def test_the_password_is_in_no_representation() -> None:
    settings = parse("postgresql://al%40ice:hunter2@db:5433/shop?schema=s&sslpassword=hunter3")
    assert settings.redacted == "postgresql://al%40ice:***@db:5433/shop?schema=s"
    assert "hunter" not in repr(settings) + str(settings) + settings.redacted


def test_the_redacted_url_invents_no_credentials() -> None:
    assert parse("postgresql://[::1]/d").redacted == "postgresql://[::1]:5432/d?schema=public"
