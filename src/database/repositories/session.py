"""Chat sessions."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final

from prisma.models import Session
from prisma.types import FindManyMessageArgsFromSession, SessionInclude

from database.errors import SessionNotFoundError
from database.repositories.arguments import instant, positive
from database.repositories.base import Repository
from database.repositories.message import OLDEST_FIRST
from prisma_engine.namespace import schema_of

__all__ = ["SessionRepository", "SessionSummary"]

_MESSAGES: Final[FindManyMessageArgsFromSession] = {"order_by": OLDEST_FIRST}

_BEFORE_THE_NEWEST: Final = (datetime.max.replace(tzinfo=timezone.utc), "")
"""A place in the list that no session comes before."""

_SUMMARIES: Final = """
SELECT s."id", s."createdAt", s."updatedAt", m."messageCount", m."lastMessageAt"
FROM (
    SELECT "id", "createdAt", "updatedAt"
    FROM "{schema}"."Session"
    WHERE ("createdAt", "id") < ($1, $2)
    ORDER BY "createdAt" DESC, "id" DESC
    LIMIT $3
) s
CROSS JOIN LATERAL (
    SELECT count(*) AS "messageCount", max("createdAt") AS "lastMessageAt"
    FROM "{schema}"."Message"
    WHERE "sessionId" = s."id"
) m
ORDER BY s."createdAt" DESC, s."id" DESC
"""

_DELETE_OLD: Final = """
DELETE FROM "{schema}"."Session"
WHERE "id" = ANY (ARRAY(
    SELECT "id"
    FROM "{schema}"."Session"
    WHERE "createdAt" < $1
    ORDER BY "createdAt", "id"
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
"""


class SessionSummary(Session):
    """A session as `list_sessions` shows it: with the number of its messages, and the time of the last one, if any."""

    messageCount: int  # noqa: N815  # named as the client's fields are
    lastMessageAt: datetime | None  # noqa: N815  # named as the client's fields are


class SessionRepository(Repository):
    """Creates, reads, lists and deletes sessions."""

    async def create_session(self) -> Session:
        """Create an empty session."""
        client = await self._connected()
        session = await client.session.create(data={})
        self._wrote(session.id)
        return session

    async def get_session_by_id(self, session_id: str) -> Session | None:
        """The session alone, or None."""
        return await self._find(session_id)

    async def get_session_with_messages(self, session_id: str) -> Session | None:
        """The session with `messages`, oldest first, or None."""
        return await self._find(session_id, {"messages": _MESSAGES})

    async def get_session_with_character_file(self, session_id: str) -> Session | None:
        """The session with `characterFile`, or None."""
        return await self._find(session_id, {"characterFile": True})

    async def get_complete_session(self, session_id: str) -> Session | None:
        """The session with `messages`, oldest first, and `characterFile`, or None."""
        return await self._find(session_id, {"messages": _MESSAGES, "characterFile": True})

    async def list_sessions(self, *, limit: int = 50, after: Session | str | None = None) -> list[SessionSummary]:
        """A page of the sessions, newest first: the first so many, or the next after a session.

        `after` is a session or a summary that was read, which may have been deleted since, or the id of one that
        exists. Pages neither skip nor repeat a session while others write.
        Errors: SessionNotFoundError for the id of none; ValueError for a `limit` below 1.
        """
        positive("limit", limit)
        client = await self._for_reading()
        created_at, id_ = _BEFORE_THE_NEWEST if after is None else await self._place(after)
        sql = _SUMMARIES.format(schema=await schema_of(client))
        return await client.query_raw(sql, created_at, id_, limit, model=SessionSummary)

    async def delete_session(self, session_id: str) -> Session:
        """Delete the session with its messages and its character file; returns what was the session.

        Errors: SessionNotFoundError.
        """
        client = await self._connected(session_id)
        session = await client.session.delete(where={"id": session_id})
        if session is None:
            raise SessionNotFoundError(session_id)
        self._wrote(session_id)
        return session

    async def delete_sessions_before(self, time: datetime, *, batch_size: int = 100, dry_run: bool = False) -> int:
        """Delete the sessions created before an instant, with all that is theirs, and return how many there were.

        They go oldest first, in batches that are each a transaction of its own unless one is open: interrupted, it
        leaves whole sessions, and the next call goes on. A session that another transaction uses at the moment is left
        for the next call, and so several calls at once share the work. `dry_run` only counts.
        Units:  `time` is an aware datetime, of which milliseconds count.
        Errors: ValueError for a naive `time`, and for a `batch_size` below 1.
        """
        before = instant("time", time)
        positive("batch_size", batch_size)
        client = await self._connected()
        if dry_run:
            return await client.session.count(where={"createdAt": {"lt": before}})
        sql = _DELETE_OLD.format(schema=await schema_of(client))
        deleted = 0
        while True:
            batch = await client.execute_raw(sql, before, batch_size)
            deleted += batch
            if batch < batch_size:
                return deleted

    async def _place(self, after: Session | str) -> tuple[datetime, str]:
        """Where a session is in the order of the list."""
        if isinstance(after, Session):
            return after.createdAt, after.id
        session = await self.get_session_by_id(after)
        if session is None:
            raise SessionNotFoundError(after)
        return session.createdAt, session.id

    async def _find(self, session_id: str, include: SessionInclude | None = None) -> Session | None:
        client = await self._for_reading(session_id)
        return await client.session.find_unique(where={"id": session_id}, include=include)
