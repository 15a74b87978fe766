"""A PostgreSQL of the benchmark's own, set as in production, with the project's tables."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg

from postgres_server import EmbeddedPostgres, free_port
from steps import PROJECT

_HOST: Final = "127.0.0.1"
_USER: Final = "bench"
_DATABASE: Final = "bench"
_SETTINGS: Final = {"max_connections": "300"}  # ten for each peer, and the harness's; all else is PostgreSQL's default


@dataclass(frozen=True, slots=True)
class Server:
    """Where the benchmark's database is."""

    port: int
    password: str
    database: str = _DATABASE

    @property
    def host(self) -> str:
        """The server's address."""
        return _HOST

    @property
    def url(self) -> str:
        """The database's URL."""
        return f"postgresql://{_USER}:{self.password}@{_HOST}:{self.port}/{quote(self.database)}"

    def behind(self, port: int) -> Server:
        """The same server, as a proxy on another port shows it."""
        return replace(self, port=port)


@asynccontextmanager
async def running_server() -> AsyncIterator[Server]:
    """Create and start the server; it and its files are gone afterwards."""
    home = _new_folder()
    embedded = EmbeddedPostgres(home / "postgres")
    server = Server(free_port(), uuid.uuid4().hex)
    try:
        embedded.create(user=_USER, password=server.password)
        embedded.start(host=_HOST, port=server.port, settings=_SETTINGS)
        await _create_tables(server)
        yield server
    finally:
        embedded.stop(mode="immediate")
        shutil.rmtree(home, ignore_errors=True)


def _new_folder() -> Path:
    home = Path(tempfile.mkdtemp(prefix="prisma-database-bench-"))
    home.chmod(0o711)  # an unprivileged PostgreSQL passes through; what is below stays closed
    return home


def _migrations() -> list[str]:
    files = sorted((PROJECT / "migrations").glob("*/migration.sql"))
    return [file.read_text(encoding="utf-8") for file in files]


async def create_database(server: Server, name: str) -> str:
    """Create another database with the project's tables, and return its URL."""
    created = replace(server, database=name)
    await _create_tables(created)
    return created.url


async def _create_tables(server: Server) -> None:
    maintenance = await asyncpg.connect(replace(server, database="postgres").url)
    await maintenance.execute(f'CREATE DATABASE "{server.database}" TEMPLATE template0')
    await maintenance.close()
    connection = await asyncpg.connect(server.url)
    for migration in _migrations():
        await connection.execute(migration)
    await connection.close()
