"""The module's front door: one object with the three repositories."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial
from types import TracebackType

from prisma import Prisma
from prisma.engine.errors import AlreadyConnectedError, EngineConnectionError
from typing_extensions import Self

from database.client import Users, configured, make_client, once, shared_client
from database.recent_writes import RecentWrites
from database.repositories import CharacterFileRepository, MessageRepository, SessionRepository
from database.transaction import Isolation, TransactionAttempt, TransactionBlock
from prisma_engine.credentials import Password
from prisma_engine.health import Health
from prisma_engine.health import health as health_of

__all__ = ["DatabaseService"]


class DatabaseService:
    """A database with its repositories `sessions`, `messages` and `character_files`.

    `DatabaseService.get_instance()` is the process-wide one, on the shared client; `DatabaseService(url=…)` makes a
    separate one. Connecting is optional: the first query connects, one of `client` too. `async with` connects, and the
    last one who leaves disconnects: tasks, threads and event loops may be inside at the same time.
    `DatabaseService(password=…)` takes a function, `async` or not, that is called for each new connection and returns
    the password, such as a cloud's token that soon expires; it stands in for the password in the URL.
    With the URL of a replica, reads of sessions go there, except of those that this process has just written.
    Errors: ConfigurationError when no database URL can be found.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        replica_url: str | None = None,
        password: Password | None = None,
        client: Prisma | None = None,
    ) -> None:
        self.client = client or make_client(url, password=password)
        self._replica = make_client(replica_url, password=password) if replica_url else None
        self._users = Users(filter(None, (self.client, self._replica)))
        self._writes = RecentWrites() if replica_url else None
        self.sessions = SessionRepository(self.client, replica=self._replica, writes=self._writes)
        self.messages = MessageRepository(self.client, replica=self._replica, writes=self._writes)
        self.character_files = CharacterFileRepository(self.client, replica=self._replica, writes=self._writes)

    @staticmethod
    @once
    def get_instance() -> DatabaseService:
        """The process-wide instance, on the shared client, and on the replica of DATABASE_REPLICA_URL if set."""
        return DatabaseService(client=shared_client(), replica_url=configured("DATABASE_REPLICA_URL"))

    async def connect(self) -> None:
        """Connect now rather than on the first query; a second call does nothing.

        Errors: prisma.engine.errors.EngineConnectionError when the database cannot be used.
        """
        for client in filter(None, (self.client, self._replica)):
            with suppress(AlreadyConnectedError):
                await client.connect()

    async def disconnect(self) -> None:
        """Close every connection, whoever is inside an `async with`; a second call does nothing, a query connects."""
        try:
            await self.client.disconnect()
        finally:
            if self._replica is not None:
                await self._replica.disconnect()

    async def __aenter__(self) -> Self:
        self._users.enter()
        try:
            await self.connect()
        except BaseException:
            await self._users.leave()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._users.leave()

    def transaction(
        self, *, isolation: Isolation | None = None, timeout: timedelta = timedelta(seconds=5), retries: int = 3
    ) -> TransactionBlock:
        """Open a transaction: all of it is stored, or nothing.

        `async with db.transaction() as tx` runs the block once, with the repositories as `tx.sessions`, `tx.messages`
        and `tx.character_files`. To run it again after a conflict with another transaction, at most `retries` times:
        `async for attempt in db.transaction(isolation="Serializable"):` and, inside, `async with attempt as tx:`.
        Units:  the block is rolled back when it has not ended after `timeout`.
        Errors: ValueError for an unknown isolation level; prisma_engine.WriteConflictError, after the last attempt;
                prisma.errors.TransactionError.
        """
        attempt = partial(TransactionAttempt, self.client, self._writes, isolation, timeout)
        return TransactionBlock(attempt, retries)

    async def health(self, *, timeout: float = 2.0) -> Health:
        """Ask the database, anew each time, whether it answers and takes writes, and tell the figures of the pool.

        Units:  `timeout` is seconds.
        Errors: ConfigurationError aside, none: what is wrong is in the answer's `error`.
        """
        try:
            await asyncio.wait_for(self.connect(), timeout)
        except EngineConnectionError as exc:
            return Health(error=str(exc))
        except asyncio.TimeoutError:
            return Health(error=f"P1002: The database did not answer within {timeout:g} s.")
        health: Health = await health_of(self.client, timeout=timeout)
        return health

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'connected' if self.client.is_connected() else 'not connected'}>"
