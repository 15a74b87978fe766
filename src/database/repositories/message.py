"""Messages of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final, Literal, get_args
from uuid import UUID

from prisma.errors import ForeignKeyViolationError
from prisma.models import Message
from prisma.types import MessageOrderByInput

from database.errors import InvalidRoleError, MessageNotFoundError, SessionNotFoundError
from database.repositories.base import Repository
from database.repositories.content import storable_text
from prisma_engine.interpreter import uuid7

__all__ = ["OLDEST_FIRST", "MessageRepository", "Role"]

Role = Literal["user", "assistant"]

OLDEST_FIRST: Final[list[MessageOrderByInput]] = [{"createdAt": "asc"}, {"id": "asc"}]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class MessageRepository(Repository):
    """Creates, reads and deletes messages."""

    async def create_message(self, *, content: str, role: Role, session_id: str) -> Message:
        """Append a message to a session.

        Errors: SessionNotFoundError, InvalidRoleError, InvalidContentError; nothing is stored then.
        """
        if role not in get_args(Role):
            raise InvalidRoleError(role)
        storable_text(content)
        client = await self._connected(session_id)
        # Ids of one process rise, and carry the time: messages of one millisecond keep their order by them.
        message_id = uuid7()
        try:
            return await client.message.create(
                data={
                    "id": message_id,
                    "createdAt": _time_of(message_id),
                    "content": content,
                    "role": role,
                    "sessionId": session_id,
                }
            )
        except ForeignKeyViolationError as exc:
            raise SessionNotFoundError(session_id) from exc

    async def get_message_by_id(self, message_id: str) -> Message | None:
        """The message, or None."""
        client = await self._connected(message_id)
        return await client.message.find_unique(where={"id": message_id})

    async def get_messages_by_session_id(self, session_id: str) -> list[Message]:
        """The messages of a session, oldest first; empty when there is no such session."""
        client = await self._connected(session_id)
        return await client.message.find_many(where={"sessionId": session_id}, order=OLDEST_FIRST)

    async def delete_message(self, message_id: str) -> Message:
        """Delete a message and return what it was. Errors: MessageNotFoundError."""
        client = await self._connected(message_id)
        message = await client.message.delete(where={"id": message_id})
        if message is None:
            raise MessageNotFoundError(message_id)
        return message

    async def delete_messages_by_session_id(self, session_id: str) -> int:
        """Delete every message of a session and return how many there were."""
        client = await self._connected(session_id)
        return await client.message.delete_many(where={"sessionId": session_id})


def _time_of(uuid7_text: str) -> datetime:
    """The instant in a version 7 UUID: its first 48 bits are milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=UUID(uuid7_text).int >> 80)
