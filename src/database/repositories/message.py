"""Messages of sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, cast, get_args
from uuid import UUID

from prisma import Prisma
from prisma.errors import ForeignKeyViolationError
from prisma.models import Message
from prisma.types import MessageCreateInput, MessageOrderByInput, MessageWhereInput
from prisma.types import MessageCreateWithoutRelationsInput as Row
from prisma.types import MessageScalarFieldKeys as Field
from typing_extensions import Unpack

from database.errors import InvalidRoleError, MessageNotFoundError, SessionNotFoundError
from database.repositories.arguments import Columns, instant, positive
from database.repositories.base import Repository, all_or_none
from database.repositories.content import storable_text
from prisma_engine.interpreter import uuid7

__all__ = ["OLDEST_FIRST", "MessageRepository", "NewMessage", "Role"]

Role = Literal["user", "assistant"]

OLDEST_FIRST: Final[list[MessageOrderByInput]] = [{"createdAt": "asc"}, {"id": "asc"}]
_NEWEST_FIRST: Final[list[MessageOrderByInput]] = [{"createdAt": "desc"}, {"id": "desc"}]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_STREAMED: Final = 500  # messages of one read: enough that the round trips do not matter, few enough to hold
_LIKE: Final = str.maketrans({character: f"\\{character}" for character in "\\%_"})
"""How to write what LIKE reads as a sign of its own, which Prisma leaves as it is."""


class NewMessage(Row):
    """A message to store, with columns of the schema; one from elsewhere may bring its `id` and its `createdAt`."""

    role: Role  # type: ignore[misc]  # of the client's texts, these


_COLUMNS: Final = Columns.of(NewMessage, left_out="sessionId")
_IS_KNOWN_WHOLE: Final = set(get_args(Field)) <= {"id", "content", "role", "createdAt", "sessionId"}
"""Whether nothing of a message is made by the database, so that what is stored need not be read."""


class MessageRepository(Repository):
    """Creates, reads, searches and deletes messages.

    Messages are in the order of `createdAt`; those of one millisecond are in the order of `id`.
    """

    async def create_message(self, *, session_id: str, **message: Unpack[NewMessage]) -> Message:
        """Append a message to a session: its `content` and its `role`, and what else there is in NewMessage.

        Errors: SessionNotFoundError, InvalidRoleError, InvalidContentError, TypeError; nothing is stored then.
        """
        row = _row(message, session_id, "a message")
        client = await self._connected(session_id)
        try:
            stored = await client.message.create(data=cast("MessageCreateInput", row))  # which may have relations too
        except ForeignKeyViolationError as exc:
            raise SessionNotFoundError(session_id) from exc
        self._wrote(session_id)
        return stored

    async def create_messages(self, session_id: str, messages: Sequence[NewMessage]) -> list[Message]:
        """Append messages to a session, all or none, and return them as they are stored.

        They keep the given order, unless they bring an `id` or a `createdAt` that says otherwise. Of no messages an
        empty list comes back, whether there is such a session or not.
        Units:  `createdAt` is an aware datetime, of which milliseconds are kept.
        Errors: SessionNotFoundError, prisma.errors.UniqueViolationError; and with the position of the message at fault
                InvalidRoleError, InvalidContentError, TypeError, ValueError. Nothing is stored then.
        """
        rows = [_row(message, session_id, f"messages[{position}]") for position, message in enumerate(messages)]
        client = await self._connected(session_id)
        try:
            if _IS_KNOWN_WHOLE:
                await client.message.create_many(data=rows)
                stored = [Message(**row) for row in rows]
            else:
                stored = await _created(client, rows)
        except ForeignKeyViolationError as exc:
            raise SessionNotFoundError(session_id) from exc
        self._wrote(session_id)
        return stored

    async def get_message_by_id(self, message_id: str) -> Message | None:
        """The message, or None."""
        client = await self._connected(message_id)
        return await client.message.find_unique(where={"id": message_id})

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
            bounds.append(_after(await self._in_session(session_id, after)))
        if before is not None:
            bounds.append(_before(await self._in_session(session_id, before)))
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

    async def search_messages(self, text: str, *, session_id: str | None = None, limit: int = 50) -> list[Message]:
        """The messages whose content has this text in it, in upper or lower case, newest first.

        Without an index for it, such as one of `pg_trgm`, PostgreSQL reads every message of the session, or of all.
        Errors: InvalidContentError for text that no message can have; ValueError for an empty one, and for a `limit`
                below 1.
        """
        storable_text("The text to search for", text)
        if not text:
            raise ValueError("The text to search for is empty, and every message has that: pass some of its content.")
        positive("limit", limit)
        where: MessageWhereInput = {"content": {"contains": text.translate(_LIKE), "mode": "insensitive"}}
        if session_id is None:
            client = await self._for_reading()
        else:
            client = await self._for_reading(session_id)
            where["sessionId"] = session_id
        return await client.message.find_many(where=where, order=_NEWEST_FIRST, take=limit)

    async def delete_message(self, message_id: str) -> Message:
        """Delete a message and return what it was. Errors: MessageNotFoundError."""
        client = await self._connected(message_id)
        message = await client.message.delete(where={"id": message_id})
        if message is None:
            raise MessageNotFoundError(message_id)
        self._wrote(message.sessionId)
        return message

    async def delete_messages_by_session_id(self, session_id: str) -> int:
        """Delete every message of a session and return how many there were."""
        client = await self._connected(session_id)
        self._wrote(session_id)
        return await client.message.delete_many(where={"sessionId": session_id})

    async def _in_session(self, session_id: str, place: Message | str) -> Message:
        """The message that `before` or `after` means."""
        message = place if isinstance(place, Message) else await self.get_message_by_id(place)
        if message is None or message.sessionId != session_id:
            raise MessageNotFoundError(place.id if isinstance(place, Message) else place, session_id)
        return message


async def _created(client: Prisma, rows: Sequence[Row]) -> list[Message]:
    """Create messages and read them, because the database has values of its own for them."""
    ids = [row["id"] for row in rows]
    async with all_or_none(client) as tx:
        await tx.message.create_many(data=list(rows))
        stored = {message.id: message for message in await tx.message.find_many(where={"id": {"in": ids}})}
    return [stored[id_] for id_ in ids]


def _row(message: NewMessage, session_id: str, name: str) -> Row:
    """What is stored for a new message, which errors call by `name`."""
    _COLUMNS.check(name, message)
    if message["role"] not in get_args(Role):
        raise InvalidRoleError(message["role"], name)
    storable_text(f"The content of {name}", message["content"])
    # Ids of one process rise, and carry the time: messages of one millisecond keep their order by them.
    own_id = uuid7()
    row: Row = {"id": own_id, "createdAt": _time_of(own_id), **message, "sessionId": session_id}
    if not isinstance(row["id"], str):
        raise TypeError(f"The id of {name} is a str, not {type(row['id']).__name__}.")
    row["createdAt"] = instant(f"The createdAt of {name}", row["createdAt"])
    return row


def _time_of(uuid7_text: str) -> datetime:
    """The instant in a version 7 UUID: its first 48 bits are milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=UUID(uuid7_text).int >> 80)


# The bound that holds for both alternatives tells PostgreSQL where in the index to start; it takes none from an OR.


def _after(place: Message) -> MessageWhereInput:
    alternatives: list[MessageWhereInput] = [{"createdAt": {"gt": place.createdAt}}, {"id": {"gt": place.id}}]
    return {"createdAt": {"gte": place.createdAt}, "OR": alternatives}


def _before(place: Message) -> MessageWhereInput:
    alternatives: list[MessageWhereInput] = [{"createdAt": {"lt": place.createdAt}}, {"id": {"lt": place.id}}]
    return {"createdAt": {"lte": place.createdAt}, "OR": alternatives}
