"""DATABASE_URL as the scripts need it: where the server is, who connects, and to which database."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

from steps import PROJECT, StepError

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORT: Final = 5432
_UNREADABLE: Final = (
    "DATABASE_URL cannot be read: after the host comes a port, a number, and one / before the database; "
    "a user or password with / ? # @ : or % in it has them as %2F %3F %23 %40 %3A %25"
)


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """The parts of a PostgreSQL connection string; its text form never shows the password."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    ssl: str = "prefer"

    @classmethod
    def parse(cls, url: str) -> DatabaseUrl:
        """Read a connection string. Errors: StepError that says what is wrong with it, without its password."""
        try:
            parts = urlsplit(url)
            port = parts.port or _DEFAULT_PORT
        except ValueError:  # its text may have a piece of the password
            raise StepError(_UNREADABLE) from None
        if parts.scheme not in {"postgresql", "postgres"}:
            raise StepError(
                "DATABASE_URL must begin with postgresql:// (postgresql://user:password@host:5432/database)"
            )
        if set(parts.path[1:]) & {"/", "@"}:  # what should be its host is in the password
            raise StepError(_UNREADABLE)
        database = unquote(parts.path.removeprefix("/"))
        if not parts.username or not database:
            raise StepError(
                "DATABASE_URL must name a user and a database (postgresql://user:password@host:5432/database)"
            )
        return cls(
            host=parts.hostname or "localhost",
            port=port,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            database=database,
            ssl=parse_qs(parts.query).get("sslmode", ["prefer"])[0],
        )

    @classmethod
    def of_project(cls) -> DatabaseUrl:
        """The URL of the environment, else of the project's .env."""
        from dotenv import dotenv_values  # here: make db-down and make clean work without any package

        url = os.environ.get("DATABASE_URL") or dotenv_values(PROJECT / ".env").get("DATABASE_URL")
        if not url:
            raise StepError('DATABASE_URL is not set: write it in .env, as DATABASE_URL="postgresql://…"')
        return cls.parse(url)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine."""
        return self.host in _LOCAL

    @property
    def place(self) -> str:
        """Host and port, as people write them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def connection_string(self, database: str) -> str:
        """The URL of one of the server's databases without Prisma's own parameters, which other clients refuse."""
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql://{credentials}@{self.place}/{quote(database, safe='')}?sslmode={quote(self.ssl, safe='')}"
