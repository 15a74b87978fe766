"""The module's front door: one object with the three repositories."""

from __future__ import annotations

from functools import lru_cache
from types import TracebackType

from prisma import Prisma
from typing_extensions import Self

from database.client import connected, make_client, shared_client
from database.repositories import CharacterFileRepository, MessageRepository, SessionRepository

__all__ = ["DatabaseService"]


class DatabaseService:
    """A database with its repositories `sessions`, `messages` and `character_files`.

    `DatabaseService.get_instance()` is the process-wide one, on the shared client; `DatabaseService(url=…)` makes a
    separate one. Connecting is optional: the first query connects. `async with` connects and disconnects.
    Errors: ConfigurationError when no database URL can be found.
    """

    def __init__(self, url: str | None = None, *, client: Prisma | None = None) -> None:
        self.client = client or make_client(url)
        self.sessions = SessionRepository(self.client)
        self.messages = MessageRepository(self.client)
        self.character_files = CharacterFileRepository(self.client)

    @staticmethod
    @lru_cache(maxsize=1)
    def get_instance() -> DatabaseService:
        """The process-wide instance, on the shared client."""
        return DatabaseService(client=shared_client())

    async def connect(self) -> None:
        """Connect now rather than on the first query; a second call does nothing.

        Errors: prisma.engine.errors.EngineConnectionError when the database cannot be used.
        """
        await connected(self.client)

    async def disconnect(self) -> None:
        """Close every connection; a second call does nothing."""
        await self.client.disconnect()

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.disconnect()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'connected' if self.client.is_connected() else 'not connected'}>"
