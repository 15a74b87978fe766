"""Several steps as one: the three repositories inside one transaction."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Final, Literal

from prisma import Prisma
from prisma.client import TransactionManager

from database.client import connected
from database.recent_writes import RecentWrites
from database.repositories import CharacterFileRepository, MessageRepository, SessionRepository
from prisma_engine import WriteConflictError

__all__ = ["Isolation", "Transaction", "TransactionAttempt", "TransactionBlock"]

Isolation = Literal["ReadCommitted", "RepeatableRead", "Serializable"]

_LEVELS: Final[Mapping[Isolation, str]] = {
    "ReadCommitted": "READ COMMITTED",
    "RepeatableRead": "REPEATABLE READ",
    "Serializable": "SERIALIZABLE",
}
_FIRST_PAUSE: Final = 0.01  # seconds before the second attempt; each further one waits twice as long at most


@dataclass(frozen=True, slots=True)
class Transaction:
    """The repositories, and the client for everything else, inside an open transaction."""

    client: Prisma
    sessions: SessionRepository
    messages: MessageRepository
    character_files: CharacterFileRepository


class TransactionAttempt:
    """One run of a transaction: `async with` commits at the end of the block, and rolls back on any error."""

    def __init__(
        self,
        client: Prisma,
        writes: RecentWrites | None,
        isolation: Isolation | None,
        timeout: timedelta,
        *,
        may_conflict: bool,
    ) -> None:
        if isolation is not None and isolation not in _LEVELS:
            raise ValueError(f"The isolation level {isolation!r} is not one of {', '.join(_LEVELS)}.")
        self._client = client
        self._writes = writes
        self._isolation = isolation
        self._timeout = timeout
        self._may_conflict = may_conflict
        self._manager: TransactionManager
        self.conflicted = False

    async def __aenter__(self) -> Transaction:
        self._manager = (await connected(self._client)).tx(timeout=self._timeout)
        client = await self._manager.start()
        if self._isolation is not None:
            try:
                await client.execute_raw(f"SET TRANSACTION ISOLATION LEVEL {_LEVELS[self._isolation]}")
            except BaseException:
                await self._manager.rollback()
                raise
        return Transaction(
            client,
            SessionRepository(client, writes=self._writes),
            MessageRepository(client, writes=self._writes),
            CharacterFileRepository(client, writes=self._writes),
        )

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        try:
            await self._manager.__aexit__(exc_type, exc, traceback)
        except WriteConflictError:
            self.conflicted = True
            if not self._may_conflict:
                raise
        self.conflicted = self.conflicted or isinstance(exc, WriteConflictError)
        return self.conflicted and self._may_conflict


class TransactionBlock:
    """What `DatabaseService.transaction` returns: `async with` runs it once, `async for` again after a conflict."""

    def __init__(self, attempt: Callable[..., TransactionAttempt], retries: int) -> None:
        self._attempt = attempt
        self._retries = retries
        self._only = self._attempt(may_conflict=False)

    async def __aenter__(self) -> Transaction:
        return await self._only.__aenter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return await self._only.__aexit__(exc_type, exc, traceback)

    async def __aiter__(self) -> AsyncIterator[TransactionAttempt]:
        for number in range(self._retries + 1):
            attempt = self._attempt(may_conflict=number < self._retries)
            yield attempt
            if not attempt.conflicted:
                return
            # Those who conflicted with each other shall not meet again.
            await asyncio.sleep(random.uniform(0, _FIRST_PAUSE * 2**number))  # noqa: S311  # no secret
