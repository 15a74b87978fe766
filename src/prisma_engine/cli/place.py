"""Where a database is, as Prisma's command line names it to a person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from prisma_engine.cli import terminal

__all__ = ["TITLE", "Place", "quoted"]

_PROTOCOLS: Final = frozenset({"postgresql", "postgres", "mysql", "sqlserver", "mongodb", "mongodb+srv"})
_SOCKET: Final = re.compile(r"\.{0,2}/")
TITLE: Final = "PostgreSQL database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a URL says; each is empty where it does not tell, and what is wrong with it is told when it is used."""

    database: str = ""
    schema: str = ""
    location: str = ""

    @classmethod
    def of(cls, url: str) -> Place:
        """The place that a URL leads to."""
        try:
            parts = urlsplit(url.strip())
            _ = "," in parts.netloc or parts.port  # of one host it is a number
        except ValueError:
            return cls()
        # an @ behind the host: a password with / ? or # in it, whose pieces are not to be shown
        if parts.scheme not in _PROTOCOLS or "@" in parts.path + parts.query + parts.fragment:
            return cls()
        host = unquote(parts.netloc.rpartition("@")[2])
        return cls(
            database=parts.path.removeprefix("/") or "postgres",
            schema=parse_qs(parts.query).get("schema", ["public"])[0],
            location=f"unix:{host}" if _SOCKET.match(host) else host,
        )

    def line(self, datasource: str, schemas: Sequence[str]) -> str:
        """The line that a command begins with, for a datasource and the schemas that it lists."""
        where = f', schemas "{", ".join(schemas)}"' if schemas else quoted(", schema", self.schema)
        return f'Datasource "{datasource}": {TITLE}{quoted("", self.database)}{where}{quoted(" at", self.location)}'

    @property
    def created(self) -> str:
        """The sentence that tells that the database was created."""
        location = f" at {terminal.bold(self.location)}" if self.location else ""
        return f"{TITLE} {self.database} created{location}"


def quoted(before: str, name: str) -> str:
    """A name in quotes with a word before it, nothing where there is no name."""
    return f'{before} "{name}"' if name else ""
