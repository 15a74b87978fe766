"""The shared Prisma client, and where its database URL comes from."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Final, TypeVar

from dotenv import dotenv_values, find_dotenv
from prisma import Prisma
from prisma.engine.errors import AlreadyConnectedError

from database.errors import ConfigurationError
from prisma_engine.credentials import Password, provide

__all__ = ["configured", "connected", "make_client", "once", "shared_client"]

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
    client = Prisma(use_dotenv=False, datasource={"url": url})
    if password is not None:
        provide(client, password)
    return client


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
