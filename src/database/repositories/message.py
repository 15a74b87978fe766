"""Messages of sessions."""

from __future__ import annotations

from asyncio import gather
from collections.abc import AsyncIterator, Sequence
from typing import Final, Literal, cast, get_args

from prisma import Prisma
from prisma.bases import BaseMessage
from prisma.errors import ForeignKeyViolationError, UniqueViolationError
from prisma.models import Message
from prisma.types import MessageCreateInput, MessageOrderByInput, MessageWhereInput
from prisma.types import MessageScalarFieldKeys as Field
from typing_extensions import Unpack

from database.errors import IdTakenError, MessageNotFoundError, SessionNotFoundError, shown
from database.repositories.activity import LATEST
from database.repositories.arguments import one_of, positive
from database.repositories.base import Repository, all_or_none, is_id_taken, is_reference
from database.repositories.content import check_text
from database.repositories.message_key import HAS_SESSION, find_message, in_session, unique
from database.repositories.new_message import NewMessage, Row, keep_order, may_be_out_of_order, row_of, rows_of
from database.repositories.words import index_sql, page_of
from prisma_engine.namespace import table_of
from prisma_engine.slices import in_slices

__all__ = ["NEWEST_FIRST", "OLDEST_FIRST", "MessageRepository", "SearchMode"]

SearchMode = Literal["text", "words"]
"""What a message is searched for: the text as it is, or the words of it."""

OLDEST_FIRST: Final[list[MessageOrderByInput]] = [{"createdAt": "asc"}, {"id": "asc"}]
NEWEST_FIRST: Final[list[MessageOrderByInput]] = [{"createdAt": "desc"}, {"id": "desc"}, {"sessionId": "desc"}]

_STREAMED: Final = 500  # messages of one read: enough that the round trips do not matter, few enough to hold
_LIKE: Final = str.maketrans({character: f"\\{character}" for character in "\\%_"})
"""How to write what LIKE reads as a sign of its own, which Prisma leaves as it is."""


_IS_KNOWN_WHOLE: Final = set(get_args(Field)) <= {"id", "content", "role", "createdAt", "sessionId"}
"""Whether nothing of a message is made by the database, so that what is stored need not be read."""

_MADE_HERE: Final = """
SELECT {message[id]} AS "id"
FROM {message}
WHERE {message[sessionId]} = $1 AND {message[id]} = ANY ($2) AND xmin = pg_current_xact_id()::xid
"""


class _Place(BaseMessage):
    """Which session a message is in."""

    id: str
    sessionId: str  # noqa: N815  # named as the client's field is


class MessageRepository(Repository):
    """Creates, reads, searches and deletes messages.

    Messages are in the order of `createdAt`; those of one millisecond are in the order of `id`.
    """

    async def create_message(self, *, session_id: str, **message: Unpack[NewMessage]) -> Message:
        """Append a message to a session: its `content` and its `role`, and what else there is in NewMessage.

        Errors: SessionNotFoundError, IdTakenError, InvalidRoleError, InvalidContentError, TypeError; nothing is stored
                then.
        """
        row = row_of(message, session_id, "a message")
        client = await self._connected(session_id)
        try:
            stored = await client.message.create(data=cast("MessageCreateInput", row))  # which may have relations too
        except (ForeignKeyViolationError, UniqueViolationError) as exc:
            await _explain(exc, client, session_id, [row])
            raise
        self._wrote(session_id)
        return stored

    async def create_messages(
        self, session_id: str, messages: Sequence[NewMessage], *, skip_existing: bool = False
    ) -> list[Message]:
        """Append messages to a session, all or none, and return them as they are stored.

        They keep the given order, unless they bring a `createdAt` that says otherwise: of two with the same time, the
        second is a millisecond later where its id would not keep it behind. Of no messages an empty list comes back,
        whether there is such a session or not. With `skip_existing`, those whose id the session has already stay as
        they are, and only the new ones are stored and returned: a whole history may be saved again and again. What a
        trigger of the database makes of a message is not read back.
        Units:  `createdAt` is an aware datetime, of which milliseconds are kept.
        Errors: SessionNotFoundError, IdTakenError (with `skip_existing`, by a message of another session); and with the
                position of the message at fault InvalidRoleError, InvalidContentError, TypeError, ValueError. Nothing
                is stored then.
        """
        rows = rows_of(messages, session_id)
        client = await self._connected(session_id)
        if may_be_out_of_order(messages):
            await keep_order(client, rows)
        try:
            stored = await (_create_new if skip_existing else _create)(client, session_id, rows)
        except (ForeignKeyViolationError, UniqueViolationError) as exc:
            await _explain(exc, client, session_id, rows)
            raise
        self._wrote(session_id)
        return stored

    async def get_message_by_id(self, message_id: str) -> Message | None:
        """The message, or None."""
        return await self._find(message_id)

    async def get_messages_by_session_id(
        self,
        session_id: str,
        *,
        limit: int | None = None,
        before: Message | str | None = None,
        after: Message | str | None = None,
    ) -> list[Message]:
        """The messages of a session, oldest first; empty when there is no such session.

        `limit` makes it a page: the first so many, or with `before` the last so many of those before that message;
        `after` leaves out that message and those before it. Either is a message that was read, which may have been
        deleted since, or the id of one that exists. Pages neither skip nor repeat a message while others write.
        Errors: MessageNotFoundError when `before` or `after` is not in this session; ValueError for a `limit` below 1.
        """
        if limit is not None:
            positive("limit", limit)
        client = await self._for_reading(session_id)
        where: MessageWhereInput = {"sessionId": session_id}
        bounds: list[MessageWhereInput] = []
        if after is not None:
            bounds.append(_following(await self._in_session(session_id, after)))
        if before is not None:
            bounds.append(_preceding(await self._in_session(session_id, before)))
        if bounds:
            where["AND"] = bounds
        take = -limit if limit is not None and before is not None else limit
        return await client.message.find_many(where=where, order=OLDEST_FIRST, take=take)

    async def get_last_messages(self, session_id: str, count: int) -> list[Message]:
        """The last so many messages of a session, oldest first. Errors: ValueError for a `count` below 1."""
        positive("count", count)
        client = await self._for_reading(session_id)
        return await client.message.find_many(where={"sessionId": session_id}, order=OLDEST_FIRST, take=-count)

    async def iter_messages(self, session_id: str) -> AsyncIterator[Message]:
        """The messages of a session, oldest first, in `async for`: however many there are, a few hundred are held."""
        last: Message | None = None
        while page := await self.get_messages_by_session_id(session_id, limit=_STREAMED, after=last):
            for message in page:
                yield message
            last = page[-1]

    async def search_messages(
        self,
        text: str,
        *,
        by: SearchMode = "text",
        session_id: str | None = None,
        limit: int = 50,
        after: Message | str | None = None,
    ) -> list[Message]:
        """The messages whose content has this text in it, in upper or lower case, newest first.

        By `words` they have each of the words of the text, whole and anywhere; `"in quotes"` one after the other, one
        or the other of those with `or` between, and none with `-` before it. Of all sessions that needs an index.
        By `text`, without an index such as one of `pg_trgm`, PostgreSQL reads every message of the session, or of all.
        `after` makes it the next page: a message that was found, which may have been deleted since, or the id of one
        that exists. Pages neither skip nor repeat a message while others write.
        Errors: InvalidContentError for text that no message can have; ValueError for an empty one, for a `limit` below
                1, for an unknown `by`, and for words that only say what a message must not have, or of more than 500
                characters; MessageNotFoundError for the id of none; WordIndexMissingError.
        """
        check_text("The text to search for", text)
        if not text:
            raise ValueError("The text to search for is empty, and every message has that: pass some of its content.")
        positive("limit", limit)
        one_of("by", by, get_args(SearchMode))
        client = await (self._for_reading() if session_id is None else self._for_reading(session_id))
        place = None if after is None else await self._in_session(session_id, after)
        if by == "words":
            latest = (*LATEST, LATEST[1] if session_id is None else session_id)
            moment = latest if place is None else (place.createdAt, place.id, place.sessionId)
            return await _read(client, await page_of(client, text, moment, limit, in_session=session_id is not None))
        where: MessageWhereInput = {"content": {"contains": text.translate(_LIKE), "mode": "insensitive"}}
        if session_id is not None:
            where["sessionId"] = session_id
        if place is not None:
            where["AND"] = [_preceding(place)]
        return await client.message.find_many(where=where, order=NEWEST_FIRST, take=limit)

    async def word_index_sql(self) -> str:
        """The SQL of the index for a search by words, which is a migration of its own."""
        return index_sql(await table_of(await self._connected(), Message), has_partitions=HAS_SESSION)

    async def replace_content(self, message_id: str, content: str) -> Message:
        """Give a message another content, and return it as it is then; everything else of it stays.

        Errors: MessageNotFoundError, InvalidContentError.
        """
        check_text("The content of a message", content)
        client = await self._connected(message_id)
        where = await unique(client, message_id)
        message = where and await client.message.update(where=where, data={"content": content})
        if message is None:
            raise MessageNotFoundError(message_id)
        self._wrote(message.sessionId)
        return message

    async def delete_messages_after(self, session_id: str, message: Message | str) -> int:
        """Delete what follows a message in its session, as before another reply is made; return how many there were.

        `message` is one that was read, which may have been deleted since, or the id of one that exists.
        Errors: MessageNotFoundError when it is not in this session.
        """
        client = await self._connected(session_id)
        place = await self._in_session(session_id, message)
        self._wrote(session_id)
        return await client.message.delete_many(where={"sessionId": session_id, **_following(place)})

    async def delete_message(self, message_id: str) -> Message:
        """Delete a message and return what it was. Errors: MessageNotFoundError."""
        client = await self._connected(message_id)
        where = await unique(client, message_id)
        message = where and await client.message.delete(where=where)
        if message is None:
            raise MessageNotFoundError(message_id)
        self._wrote(message.sessionId)
        return message

    async def delete_messages_by_session_id(self, session_id: str) -> int:
        """Delete every message of a session and return how many there were."""
        client = await self._connected(session_id)
        self._wrote(session_id)
        return await client.message.delete_many(where={"sessionId": session_id})

    async def _in_session(self, session_id: str | None, place: Message | str) -> Message:
        """The message that `before` or `after` means, in a session or in any."""
        found = place if isinstance(place, Message) else await self._find(place, session_id)
        return in_session(found, place, session_id)

    async def _find(self, message_id: str, session_id: str | None = None) -> Message | None:
        return await find_message(await self._connected(message_id), message_id, session_id)


async def _explain(
    exc: ForeignKeyViolationError | UniqueViolationError, client: Prisma, session_id: str, rows: Sequence[Row]
) -> None:
    """Raise the module's error for what a taken id, or a session that is not there, is refused with."""
    table = await table_of(client, Message)
    if isinstance(exc, ForeignKeyViolationError):
        if is_reference(exc, table, "sessionId"):
            raise SessionNotFoundError(session_id) from exc
    elif is_id_taken(exc, table, "sessionId"):
        one = f"There is a message with the id {shown(rows[0]['id'])} already."
        raise IdTakenError(one if len(rows) == 1 else "The id of one of the messages is taken.") from exc


async def _create(client: Prisma, session_id: str, rows: Sequence[Row]) -> list[Message]:
    if _IS_KNOWN_WHOLE:
        creating = client.message.create_many(data=list(rows))
        _, stored = await gather(creating, _stored(rows))  # these are made while the server works
        return stored
    async with all_or_none(client) as tx:
        await tx.message.create_many(data=list(rows))
        return await _read(tx, [(row["id"], session_id) for row in rows])


async def _create_new(client: Prisma, session_id: str, rows: Sequence[Row]) -> list[Message]:
    """Create those of the messages that are not there, whoever else is about to do the same."""
    async with all_or_none(client) as tx:
        there = await _there(tx, session_id, [row["id"] for row in rows])
        new = list({row["id"]: row for row in reversed(rows) if row["id"] not in there}.values())[::-1]
        count = await tx.message.create_many(data=new, skip_duplicates=True) if new else 0
        if count < len(new):  # others were faster
            sql = _MADE_HERE.format(message=await table_of(tx, Message))
            made = {row["id"] for row in await tx.query_raw(sql, session_id, [row["id"] for row in new])}
            new = [row for row in new if row["id"] in made]
            await _there(tx, session_id, [row["id"] for row in rows])
        return await (_stored(new) if _IS_KNOWN_WHOLE else _read(tx, [(row["id"], session_id) for row in new]))


async def _there(tx: Prisma, session_id: str, ids: Sequence[str]) -> set[str]:
    """Which of the messages the session has. Errors: IdTakenError for one that another session has."""
    places = await _Place.prisma(tx).find_many(where={"id": {"in": list(ids)}})
    for place in places:
        if place.sessionId != session_id:
            raise IdTakenError(f"The message with the id {shown(place.id)} is in another session.")
    return {place.id for place in places}


async def _stored(rows: Sequence[Row]) -> list[Message]:
    """The messages of rows of which nothing is made by the database."""
    validate = Message.__pydantic_validator__.validate_python  # as `model_validate` does, in half of its time
    return await in_slices(lambda part: list(map(validate, part)), rows)


async def _read(client: Prisma, keys: Sequence[tuple[str, str]]) -> list[Message]:
    """The messages of these ids and sessions as they are stored, in this order, without those that are not there."""
    where: MessageWhereInput = {"id": {"in": [id_ for id_, _ in keys]}}
    sessions = {session_id for _, session_id in keys}
    if len(sessions) == 1:  # with more, PostgreSQL 16 and older would look for each id with each session
        where["sessionId"] = sessions.pop()
    found = await client.message.find_many(where=where) if keys else []
    stored = {(message.id, message.sessionId): message for message in found}
    return [stored[key] for key in keys if key in stored]


# The bound that holds for both alternatives tells PostgreSQL where in the index to start; it takes none from an OR.


def _following(place: Message) -> MessageWhereInput:
    alternatives: list[MessageWhereInput] = [{"createdAt": {"gt": place.createdAt}}, {"id": {"gt": place.id}}]
    return {"createdAt": {"gte": place.createdAt}, "OR": alternatives}


def _preceding(place: Message) -> MessageWhereInput:
    alternatives: list[MessageWhereInput] = [
        {"createdAt": {"lt": place.createdAt}},
        {"id": {"lt": place.id}},
        {"id": place.id, "sessionId": {"lt": place.sessionId}},  # of another session, where there are partitions
    ]
    return {"createdAt": {"lte": place.createdAt}, "OR": alternatives}
