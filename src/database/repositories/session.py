"""Chat sessions."""

from __future__ import annotations

from typing import Final

from prisma.models import Session
from prisma.types import FindManyMessageArgsFromSession, SessionInclude

from database.errors import SessionNotFoundError
from database.repositories.base import Repository
from database.repositories.message import OLDEST_FIRST

__all__ = ["SessionRepository"]

_MESSAGES: Final[FindManyMessageArgsFromSession] = {"order_by": OLDEST_FIRST}


class SessionRepository(Repository):
    """Creates, reads and deletes sessions."""

    async def create_session(self) -> Session:
        """Create an empty session."""
        client = await self._connected()
        return await client.session.create(data={})

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

    async def delete_session(self, session_id: str) -> Session:
        """Delete the session with its messages and its character file; returns what was the session.

        Errors: SessionNotFoundError.
        """
        client = await self._connected(session_id)
        session = await client.session.delete(where={"id": session_id})
        if session is None:
            raise SessionNotFoundError(session_id)
        return session

    async def _find(self, session_id: str, include: SessionInclude | None = None) -> Session | None:
        client = await self._connected(session_id)
        return await client.session.find_unique(where={"id": session_id}, include=include)
