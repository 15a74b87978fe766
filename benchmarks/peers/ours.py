"""This project: the repositories, and Prisma Client Python on the in-process engine."""

from __future__ import annotations

from typing import Any

from typing_extensions import Self

from database import DatabaseService
from peers.serving import Peer, main


class Ours(Peer):
    """Calls the repositories, and the client for what they do not have."""

    def __init__(self, db: DatabaseService) -> None:
        self._db = db

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        db = DatabaseService(url=f"{url}?connection_limit={connections}")
        await db.connect()
        return cls(db)

    async def close(self) -> None:
        await self._db.disconnect()

    async def create_session(self) -> Any:
        return await self._db.sessions.create_session()

    async def create_message(self, session_id: str, role: Any, content: str) -> Any:
        return await self._db.messages.create_message(content=content, role=role, session_id=session_id)

    async def session_by_id(self, session_id: str) -> Any:
        return await self._db.sessions.get_session_by_id(session_id)

    async def messages(self, session_id: str) -> Any:
        return await self._db.messages.get_messages_by_session_id(session_id)

    async def last_messages(self, session_id: str, count: int) -> Any:
        newest = await self._db.client.message.find_many(
            where={"sessionId": session_id}, order=[{"createdAt": "desc"}, {"id": "desc"}], take=count
        )
        return newest[::-1]

    async def complete_session(self, session_id: str) -> Any:
        session = await self._db.sessions.get_complete_session(session_id)
        return session.messages if session and session.characterFile else None

    async def find_unique(self, session_id: str) -> Any:
        return await self._db.client.characterfile.find_unique(
            where={"sessionId": session_id}, include={"session": True}
        )

    async def find_first(self, session_id: str) -> Any:
        session = await self._db.client.session.find_first(
            where={"id": session_id},
            include={
                "messages": {"order_by": [{"createdAt": "asc"}, {"id": "asc"}]},
                "characterFile": True,
            },
        )
        return session.messages if session and session.characterFile else None

    async def character_file(self, session_id: str, content: Any) -> Any:
        return await self._db.character_files.create_character_file(content=content, session_id=session_id)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        return await self._db.messages.create_messages(
            session_id, [{"role": "user", "content": content} for content in contents]
        )

    async def create_many(self, session_id: str, contents: list[str]) -> Any:
        return await self._db.client.message.create_many(
            data=[{"sessionId": session_id, "role": "user", "content": content} for content in contents]
        )

    async def delete_session(self, session_id: str) -> Any:
        return await self._db.sessions.delete_session(session_id)


if __name__ == "__main__":
    main(Ours)
