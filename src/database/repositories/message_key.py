"""The key of a message: its id, and where its table has partitions by session, the session's id, too."""

from __future__ import annotations

from typing import Final, cast

from prisma import Prisma, types
from prisma.models import Message
from prisma.types import MessageWhereUniqueInput

from database.errors import MessageNotFoundError

__all__ = ["HAS_SESSION", "find_message", "in_session", "unique"]

HAS_SESSION: Final = hasattr(types, "_MessageCompoundPrimaryKey")
"""Whether the client was generated for a table with partitions."""


async def find_message(client: Prisma, message_id: str, session_id: str | None = None) -> Message | None:
    """A message by its id; the session that it must be in, where that is known, tells which partition it is in."""
    if HAS_SESSION and session_id is None:
        return await client.message.find_first(where={"id": message_id})
    return await client.message.find_unique(where=_where(message_id, session_id))


def in_session(found: Message | None, asked: Message | str, session_id: str | None) -> Message:
    """What was found for a message or an id, in a session or in any. Errors: MessageNotFoundError."""
    if found is None or session_id not in (None, found.sessionId):
        raise MessageNotFoundError(asked.id if isinstance(asked, Message) else asked, session_id)
    return found


async def unique(client: Prisma, message_id: str) -> MessageWhereUniqueInput | None:
    """What names a message in an update or a deletion, or None where there is none, as far as that is known here."""
    if not HAS_SESSION:
        return _where(message_id, None)
    message = await find_message(client, message_id)
    return None if message is None else _where(message_id, message.sessionId)


def _where(message_id: str, session_id: str | None) -> MessageWhereUniqueInput:
    key = {"id_sessionId": {"id": message_id, "sessionId": session_id}} if HAS_SESSION else {"id": message_id}
    return cast("MessageWhereUniqueInput", key)
