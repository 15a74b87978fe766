"""Chat sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Final, cast, get_args

from prisma import Prisma
from prisma.errors import UniqueViolationError
from prisma.models import Message, Session
from prisma.types import (
    FindManyMessageArgsFromSession,
    SessionCreateInput,
    SessionCreateWithoutRelationsInput,
    SessionInclude,
    SessionOptionalCreateWithoutRelationsInput,
)
from typing_extensions import Unpack

from database.errors import IdTakenError, SessionNotFoundError, shown
from database.repositories.activity import (
    LATEST,
    SessionOrder,
    SessionSummary,
    count_quiet,
    delete_quiet,
    page_of,
)
from database.repositories.arguments import Columns, instant, one_of, positive
from database.repositories.base import Repository, all_or_none, is_id_taken
from database.repositories.copy import copied
from database.repositories.message import NEWEST_FIRST, OLDEST_FIRST
from prisma_engine.namespace import execute, table_of

__all__ = ["SessionOrder", "SessionRepository", "SessionSummary"]

_MESSAGES: Final[FindManyMessageArgsFromSession] = {"order_by": OLDEST_FIRST}

_COLUMNS: Final = Columns.of(SessionCreateWithoutRelationsInput)
_NAMED: Final = Columns(_COLUMNS.required | {"id"}, _COLUMNS.optional - {"id"})

_DELETE_OLD: Final = """
DELETE FROM {session}
WHERE {session[id]} = ANY (ARRAY(
    SELECT {session[id]}
    FROM {session}
    WHERE {session[createdAt]} < $1
    ORDER BY {session[createdAt]}, {session[id]}
    LIMIT $2
    FOR UPDATE SKIP LOCKED
))
"""


class SessionRepository(Repository):
    """Creates, reads, lists and deletes sessions."""

    async def create_session(self, **columns: Unpack[SessionCreateWithoutRelationsInput]) -> Session:
        """Create an empty session, with columns of the schema as the client's `create` takes them.

        Errors: IdTakenError; TypeError for what is no column, or for one that is missing.
        """
        _COLUMNS.check("a session", columns)
        client = await self._connected(columns.get("id", ""))
        try:
            session = await client.session.create(data=cast("SessionCreateInput", columns))  # which may have relations
        except UniqueViolationError as exc:
            await _explain(exc, client, columns.get("id"))
            raise
        self._wrote(session.id)
        return session

    async def get_or_create_session(self, **columns: Unpack[SessionCreateWithoutRelationsInput]) -> Session:
        """The session with this `id`, as it is, or a new one with these columns; of callers at once, one creates it.

        Errors: TypeError for what is no column, or for one that is missing, such as `id`.
        """
        _NAMED.check("a session", columns)
        client = await self._connected(columns["id"])
        while True:
            session = await client.session.find_unique(where={"id": columns["id"]})
            if session is not None:
                return session
            await client.session.create_many(data=[columns], skip_duplicates=True)
            self._wrote(columns["id"])

    async def copy_session(
        self,
        session_id: str,
        *,
        up_to: Message | str | None = None,
        **columns: Unpack[SessionOptionalCreateWithoutRelationsInput],
    ) -> Session:
        """Copy a session with its character file and its messages, all or those up to one, and return the new session.

        The messages keep their times, and everything new has ids of its own. `columns` are what the new session shall
        have in place of what the other has in its own columns. It is all or none, and of the messages as they are.
        Errors: SessionNotFoundError, MessageNotFoundError, IdTakenError; prisma.errors.UniqueViolationError where the
                schema has a column of which there may be no copy.
        """
        client = await self._connected(session_id)
        try:
            async with all_or_none(client) as tx:
                copy = await copied(tx, session_id, up_to, columns)
        except UniqueViolationError as exc:
            await _explain(exc, client, columns.get("id"))
            raise
        self._wrote(copy.id)
        return copy

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

    async def list_sessions(
        self, *, limit: int = 50, after: Session | str | None = None, order: SessionOrder = "creation"
    ) -> list[SessionSummary]:
        """A page of the sessions, newest first: the first so many, or the next after a session.

        `after` is a session or a summary that was read, which may have been deleted since, or the id of one that
        exists. Pages neither skip nor repeat a session while others write. In the order of `activity`, which is the
        time of the last message, or of the creation where there is none, a session that becomes active meanwhile
        moves to the front, where the pages have been already.
        Errors: SessionNotFoundError for the id of none; ValueError for a `limit` below 1, or an unknown order.
        """
        positive("limit", limit)
        one_of("order", order, get_args(SessionOrder))
        client = await self._for_reading()
        place = LATEST if after is None else await self._place(client, after, order)
        return await page_of(client, order, place, limit)

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

    async def delete_sessions_before(
        self, time: datetime, *, by: SessionOrder = "creation", batch_size: int = 100, dry_run: bool = False
    ) -> int:
        """Delete the sessions created before an instant, with all that is theirs, and return how many there were.

        By `activity`, those whose last message is from before that, or that have none and were created before it. They
        go oldest first, in batches that are each a transaction of its own unless one is open: interrupted, it
        leaves whole sessions, and the next call goes on. A session that another transaction uses at the moment is left
        for the next call, and so several calls at once share the work. `dry_run` only counts.
        Units:  `time` is an aware datetime, of which milliseconds count.
        Errors: ValueError for a naive `time`, for a `batch_size` below 1, and for an unknown `by`.
        """
        before = instant("time", time)
        positive("batch_size", batch_size)
        one_of("by", by, get_args(SessionOrder))
        client = await self._connected()
        if by == "activity":
            return await (count_quiet(client, before) if dry_run else delete_quiet(client, before, batch_size))
        if dry_run:
            return await client.session.count(where={"createdAt": {"lt": before}})
        sql = _DELETE_OLD.format(session=await table_of(client, Session))
        deleted = 0
        while True:
            batch = await execute(client, sql, before, batch_size)
            deleted += batch
            if batch < batch_size:
                return deleted

    async def _place(self, client: Prisma, after: Session | str, order: SessionOrder) -> tuple[datetime, str]:
        """Where the session that `after` means is in an order; a summary was where it says that it was."""
        session = after if isinstance(after, Session) else await self.get_session_by_id(after)
        if session is None:
            raise SessionNotFoundError(str(after))
        last = await _last_message_at(client, session) if order == "activity" else None
        return last or session.createdAt, session.id

    async def _find(self, session_id: str, include: SessionInclude | None = None) -> Session | None:
        client = await self._for_reading(session_id)
        return await client.session.find_unique(where={"id": session_id}, include=include)


async def _explain(exc: UniqueViolationError, client: Prisma, id_: str | None) -> None:
    """Raise the module's error for what a taken id is refused with."""
    if id_ is not None and is_id_taken(exc, await table_of(client, Session)):
        raise IdTakenError(f"There is a session with the id {shown(id_)} already.") from exc


async def _last_message_at(client: Prisma, session: Session) -> datetime | None:
    if isinstance(session, SessionSummary):
        return session.lastMessageAt
    message = await client.message.find_first(where={"sessionId": session.id}, order=NEWEST_FIRST)
    return None if message is None else message.createdAt
