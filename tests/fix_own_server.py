"""PostgreSQL servers of a test's own, which it may stop, kill and replace."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import asyncpg
import pytest

from fix_postgres import CHEAP_LOGINS, HOME_VARIABLE
from postgres_server import EmbeddedPostgres, free_port

__all__ = ["OwnServer", "new_server"]

_USER: Final = "test"
_PASSWORD: Final = "secret"  # of a server on the loopback interface that lives as long as a test
_SETTINGS: Final = {"fsync": "off", "max_connections": "60", "shared_buffers": "16MB"}


@dataclass(frozen=True, slots=True)
class OwnServer:
    """A PostgreSQL that a test may break; it keeps its port when it is started again."""

    postgres: EmbeddedPostgres
    port: int

    @property
    def place(self) -> str:
        """Host and port, as URLs have them."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The DATABASE_URL of the server's only database."""
        return f"postgresql://{_USER}:{_PASSWORD}@{self.place}/postgres"

    def start(self, **settings: str) -> None:
        """Start the server and wait until it takes connections."""
        self.postgres.start(host="127.0.0.1", port=self.port, settings={**_SETTINGS, **settings})

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server and wait until it has ended; nothing happens to one that is stopped."""
        self.postgres.stop(mode=mode)

    def restart(self, mode: Literal["fast", "immediate"]) -> None:
        """Stop the server and start it again."""
        self.stop(mode)
        self.start()

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A plain connection, for what a test checks or prepares behind the engine's back."""
        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=_USER, password=_PASSWORD, database="postgres"
        )

    async def execute(self, sql: str) -> None:
        """Run SQL on a connection of its own."""
        connection = await self.connect()
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    @contextmanager
    def standby(self) -> Iterator[OwnServer]:
        """A streaming replica of this server."""
        with _home() as home:
            copy = OwnServer(EmbeddedPostgres(home), free_port())
            copy.postgres.copy(self.url)
            with copy.running():
                yield copy

    @contextmanager
    def running(self, **settings: str) -> Iterator[None]:
        """Have the server run for the block, whatever happens to it there."""
        try:
            self.start(**settings)
            yield
        finally:
            self.stop("immediate")


@contextmanager
def new_server() -> Iterator[OwnServer]:
    """A new server with an empty database."""
    with _home() as home:
        server = OwnServer(EmbeddedPostgres(home), free_port())
        server.postgres.create(user=_USER, password=_PASSWORD, settings=CHEAP_LOGINS)
        with server.running():
            yield server


@contextmanager
def _home() -> Iterator[Path]:
    """A folder of the run's that an unprivileged account can reach; the run's janitor stops what is left there."""
    home = Path(os.environ[HOME_VARIABLE]) / f"own-{uuid.uuid4().hex}"
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """A server for the tests of one module, which may stop it as long as they start it again."""
    with new_server() as server:
        yield server
