"""The shared Prisma client, and where its database URL comes from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, suppress
from functools import wraps
from threading import Lock
from typing import Final, TypeVar
from weakref import WeakSet

from dotenv import dotenv_values, find_dotenv
from prisma import Prisma
from prisma.engine import AsyncAbstractEngine
from prisma.engine.errors import AlreadyConnectedError
from typing_extensions import Self

from database.errors import ConfigurationError
from prisma_engine.credentials import Password, provide

__all__ = ["Users", "configured", "connected", "make_client", "once", "shared_client"]

VARIABLE: Final = "DATABASE_URL"

_Made = TypeVar("_Made")


def once(make: Callable[[], _Made]) -> Callable[[], _Made]:
    """Make a thing when it is first asked for, and give the same to everybody.

    `functools.cache` would give two threads that are the first to ask one each; a lock could be held by a thread that
    does not exist in a forked child.
    """
    made: list[_Made] = []

    @wraps(make)
    def get() -> _Made:
        if not made:
            made.append(make())  # of several threads that come here, the first decides
        return made[0]

    return get


def configured(variable: str) -> str | None:
    """A setting of the environment, else of the nearest `.env`, from the working directory upward."""
    return os.environ.get(variable) or dotenv_values(find_dotenv(usecwd=True)).get(variable)


def make_client(url: str | None = None, *, password: Password | None = None) -> Prisma:
    """Make a client that is not connected yet.

    `url` is the argument, else DATABASE_URL as it is `configured`; the environment itself stays as it is. `password` is
    called for each new connection (`DatabaseService`).
    Errors: ConfigurationError when none of them names a database.
    """
    url = url or configured(VARIABLE)
    if not url:
        raise ConfigurationError(
            f"P1012: There is no database URL: pass url=…, set {VARIABLE}, or write {VARIABLE}=… into a .env file."
        )
    client = _Client(use_dotenv=False, datasource={"url": url})
    if password is not None:
        provide(client, password)
    return client


class _Client(Prisma):
    """A client that connects on its first query, whoever makes it."""

    @property
    def _engine(self) -> AsyncAbstractEngine:
        return self._internal_engine or self._create_engine(self._packaged_schema_path)

    @_engine.setter
    def _engine(self, engine: AsyncAbstractEngine) -> None:
        self._internal_engine = engine

    def _copy(self) -> Self:
        self._internal_engine = self._engine  # a transaction's client works on the same one
        return super()._copy()


class Users:
    """Who is inside an `async with` on some clients, over tasks, threads and event loops."""

    def __init__(self, clients: Iterable[Prisma]) -> None:
        self._clients = tuple(clients)
        self._begin()
        _users.add(self)

    def _begin(self) -> None:
        """Count from nothing; so does a forked child, where the parent's users are not, and its lock may be held."""
        self._count = 0
        self._lock = Lock()

    def enter(self) -> None:
        """Come in: until the same number has left, nothing is closed."""
        with self._lock:
            self._count += 1

    async def leave(self) -> None:
        """Go out; the last one closes every connection, and whoever comes in meanwhile opens others."""
        with self._lock:
            self._count -= 1
            engines = [] if self._count else [_taken_from(client) for client in self._clients]
        async with AsyncExitStack() as stack:
            for engine in filter(None, engines):
                stack.callback(engine.stop)
                stack.push_async_callback(engine.aclose)


_users: Final[WeakSet[Users]] = WeakSet()


def _taken_from(client: Prisma) -> AsyncAbstractEngine | None:
    engine: AsyncAbstractEngine | None = client._internal_engine  # noqa: SLF001  # as its `disconnect` takes it
    client._internal_engine = None  # noqa: SLF001
    return engine


def _forget_users() -> None:
    for users in list(_users):
        users._begin()  # noqa: SLF001  # this module's own


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_users)


@once
def shared_client() -> Prisma:
    """The client of this process; it is made when it is first needed. Errors: ConfigurationError."""
    return make_client()


async def connected(client: Prisma) -> Prisma:
    """Connect the client unless it is connected.

    Callers at the same time share one pool: `is_connected` turns true before the first of them waits, and the engine
    lets the others' queries wait for its pool. The engine also keeps a pool for each event loop, so a client outlives
    the loop that it was connected in.
    Errors: prisma.engine.errors.EngineConnectionError when the database cannot be used.
    """
    if not client.is_connected():
        with suppress(AlreadyConnectedError):  # by another thread, meanwhile
            await client.connect()
    return client
