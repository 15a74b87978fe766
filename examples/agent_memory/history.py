"""What an agent remembers of a session: messages, with all that its framework needs of each in the column `data`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from typing import Final

from prisma.models import Message

from database import DatabaseService, NewMessage
from database.transaction import Transaction

_MILLISECOND: Final = timedelta(milliseconds=1)


class History:
    """The messages of one session, which begins with the first of them.

    Those who append to it or take from it wait for each other, in however many processes: what is appended at once
    stays together, behind all that is there, whatever the clocks say.
    """

    def __init__(self, session_id: str, db: DatabaseService) -> None:
        self._session_id = session_id
        self._db = db

    async def messages(self, limit: int | None = None) -> list[Message]:
        """All messages, or the last so many, oldest first."""
        if limit is None:
            return await self._db.messages.get_messages_by_session_id(self._session_id)
        return await self._db.messages.get_last_messages(self._session_id, limit) if limit > 0 else []

    async def append(self, messages: Sequence[NewMessage]) -> None:
        """Store messages behind all others, all or none. Errors: as `create_messages` of the repository."""
        if not messages:
            return
        async with self._alone() as tx:
            time = datetime.now(timezone.utc)
            for last in await tx.messages.get_last_messages(self._session_id, 1):
                time = max(time, last.createdAt + _MILLISECOND)
            # Of one time, they are in the order of the ids that they get, and nothing comes between them.
            await tx.messages.create_messages(
                self._session_id, [{**message, "createdAt": time} for message in messages]
            )

    async def pop(self) -> Message | None:
        """Take the last message away and return it; of no messages, None."""
        async with self._alone() as tx:
            for last in await tx.messages.get_last_messages(self._session_id, 1):
                return await tx.messages.delete_message(last.id)
        return None

    async def clear(self) -> None:
        """Delete all messages; the session stays, with what else it has."""
        await self._db.messages.delete_messages_by_session_id(self._session_id)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[Transaction]:
        """A transaction that has the session for itself, and makes it where there is none."""
        async with self._db.transaction() as tx:
            now = datetime.now(timezone.utc)
            await tx.client.session.upsert(
                where={"id": self._session_id},
                data={"create": {"id": self._session_id}, "update": {"updatedAt": now}},  # locks the row
            )
            yield tx
