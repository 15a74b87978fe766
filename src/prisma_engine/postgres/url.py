"""Reads a DATABASE_URL: where the database is, and Prisma's parameters of the connection pool."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from urllib.parse import SplitResult, quote, unquote, unquote_plus, urlsplit

from prisma_engine.credentials import Password
from prisma_engine.errors import UserFacingError

__all__ = ["Settings", "parse"]

_DEFAULT_PORT: Final = 5432
_SCHEMES: Final = frozenset({"postgresql", "postgres"})
_HOST: Final = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>.*))?", re.DOTALL)


def _default_limit() -> int:
    return (os.cpu_count() or 1) * 2 + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that a DATABASE_URL says; `hosts` and `ports` belong together by position.

    Units:  lifetimes and timeouts are seconds, None means no limit.
    """

    hosts: tuple[str, ...] = ("localhost",)
    ports: tuple[int, ...] = (_DEFAULT_PORT,)
    user: str | None = None
    password: str | Password | None = field(default=None, repr=False)
    database: str = "postgres"
    schema: str = "public"
    connection_limit: int = field(default_factory=_default_limit)
    pool_timeout: float | None = 10.0
    connect_timeout: float | None = 5.0
    socket_timeout: float | None = None
    max_idle_connection_lifetime: float | None = 300.0
    max_connection_lifetime: float | None = None
    pgbouncer: bool = False
    statement_cache_size: int = 100
    sslmode: str = "prefer"
    sslcert: str | None = None
    sslkey: str | None = None
    sslrootcert: str | None = None
    sslpassword: str | None = field(default=None, repr=False)
    sslaccept: str = "accept_invalid_certs"
    application_name: str | None = None
    options: str | None = None
    target_session_attrs: str = "any"

    @property
    def address(self) -> str:
        """The hosts with their ports, as error messages and logs show them."""
        return ",".join(f"{_bracketed(host)}:{port}" for host, port in zip(self.hosts, self.ports, strict=True))

    @property
    def redacted(self) -> str:
        """The URL for logs: without the password and without parameters other than the schema."""
        secret = ":***" if self.password is not None else ""
        user = f"{quote(self.user, safe='')}{secret}@" if self.user is not None else ""
        return f"postgresql://{user}{self.address}/{quote(self.database)}?schema={quote(self.schema)}"

    @property
    def kept_statements(self) -> int:
        """How many prepared statements a connection keeps: none behind PgBouncer, which swaps servers underneath."""
        return 0 if self.pgbouncer else self.statement_cache_size


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def parse(url: str) -> Settings:
    """Read a `postgresql://` or `postgres://` URL; parameters that nobody here knows are warned about.

    Errors: UserFacingError P1013 that names the part at fault and shows no password.
    """
    split = _split(url)
    if split is None:
        _refuse("it is not a URL")
    if split.scheme not in _SCHEMES:
        _refuse("it must start with `postgresql://` or `postgres://`")
    if "@" in split.path + split.query + split.fragment:
        _refuse("special characters in it must be percent-encoded (`@` is `%40`, `/` is `%2F`, `#` is `%23`)")
    given = _parameters(split.query)
    credentials, _, places = split.netloc.rpartition("@")
    hosts, ports = _places(given.pop("host", None), places)
    return Settings(hosts=hosts, ports=ports, **_credentials(credentials), **_database(split.path), **given)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url.strip())
    except ValueError:  # its message may quote the password, so that no error may have it as its context
        return None


def _refuse(reason: str) -> NoReturn:
    raise UserFacingError("P1013", f"The provided database string is invalid: {reason}.")


def _credentials(text: str) -> dict[str, Any]:
    user, colon, password = text.partition(":")
    return {"user": unquote(user) or None, "password": unquote(password) if colon else None}


def _database(path: str) -> dict[str, Any]:
    name = unquote(path.removeprefix("/"))
    return {"database": name} if name else {}


def _places(socket_folder: str | None, places: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    found = [_place(place) for place in places.split(",")]
    hosts = tuple(host for host, _ in found)
    ports = tuple(port for _, port in found)
    if socket_folder is None:
        return hosts, ports
    hosts = tuple(socket_folder.split(","))
    return hosts, ports if len(ports) == len(hosts) else ports[:1] * len(hosts)


def _place(text: str) -> tuple[str, int]:
    match = _HOST.fullmatch(text)
    if match is None:
        _refuse("a host is not written as `name`, `name:port` or `[address]:port`")
    host = unquote(match["host"]).strip("[]") or "localhost"
    return host, _port(match["port"]) if match["port"] else _DEFAULT_PORT


def _port(text: str) -> int:
    # the text is not shown: behind an unencoded `/` in a password, this is the password's beginning
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 0 < int(text) < 65536):
        _refuse("the port is not a number between 1 and 65535")
    return int(text)


def _parameters(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in filter(None, query.split("&")):
        name, _, raw = pair.partition("=")
        name = unquote(name)
        reader = _READERS.get(name)
        if reader is None:
            # beside the one who called parse(): 1 is here, 2 is parse(), 3 is the caller
            warnings.warn(f"the database URL's parameter `{name}` is unknown and has no effect", stacklevel=3)
            continue
        # a plus sign is a space in forms; passwords and base64 paths keep it
        text = unquote_plus(raw) if name == "options" else unquote(raw)
        found[name] = _read(name, reader, text)
    return found


def _read(name: str, reader: Callable[[str], object], text: str) -> object:
    try:
        return reader(text)
    except ValueError as error:
        reason = str(error)
    return _refuse(f"the parameter `{name}` {reason}")


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        message = f'must be a whole number, not "{text}"'
        raise ValueError(message)
    return int(text)


def _limit(text: str) -> int:
    number = _count(text)
    if number < 1:
        message = "must be at least 1"
        raise ValueError(message)
    return number


def _seconds(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        message = f'must be a number of seconds, not "{text}"'
        raise ValueError(message)
    return number or None


def _word(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            message = f'must be one of {", ".join(words)}, not "{text}"'
            raise ValueError(message)
        return text

    return read


def _flag(text: str) -> bool:
    return _word("true", "false")(text) == "true"


def _schema(text: str) -> str:
    # the query compiler writes it between double quotes as it is
    if not text or '"' in text or "\x00" in text:
        message = "must be the name of a schema, without double quotes"
        raise ValueError(message)
    return text


def _no_identity(text: str) -> str:
    message = f'names "{text}", but PKCS 12 files cannot be read here; give `sslcert` and `sslkey` as PEM files'
    raise ValueError(message)


_READERS: Final[Mapping[str, Callable[[str], object]]] = {
    "host": str,
    "schema": _schema,
    "connection_limit": _limit,
    "pool_timeout": _seconds,
    "connect_timeout": _seconds,
    "socket_timeout": _seconds,
    "max_idle_connection_lifetime": _seconds,
    "max_connection_lifetime": _seconds,
    "pgbouncer": _flag,
    "statement_cache_size": _count,
    "sslmode": _word("disable", "prefer", "require", "verify-ca", "verify-full"),
    "sslcert": str,
    "sslkey": str,
    "sslrootcert": str,
    "sslidentity": _no_identity,
    "sslpassword": str,
    "sslaccept": _word("strict", "accept_invalid_certs"),
    "application_name": str,
    "options": str,
    "target_session_attrs": _word("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
