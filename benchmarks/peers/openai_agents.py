"""OpenAI Agents' SQLAlchemySession on asyncpg, with tables of its own."""

from __future__ import annotations

from typing import Any, Final

from agents.extensions.memory import SQLAlchemySession
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from typing_extensions import Self

from peers.serving import Peer, main

_CHUNK: Final = 1_000  # messages added at once when a session is filled


class OpenaiAgents(Peer):
    """Makes a session object for each operation, as a web request does."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        engine = create_async_engine(
            url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=connections, max_overflow=0
        )
        await SQLAlchemySession("first", engine=engine, create_tables=True).get_items()
        return cls(engine)

    async def close(self) -> None:
        await self._engine.dispose()

    def _session(self, session_id: str) -> SQLAlchemySession:
        return SQLAlchemySession(session_id, engine=self._engine)

    async def fill(self, session_id: str, count: int) -> Any:
        """Give a session so many messages."""
        await self.delete_session(session_id)
        for start in range(0, count, _CHUNK):
            await self.create_messages(session_id, ["hello"] * min(_CHUNK, count - start))

    async def clear(self, kept: list[str]) -> Any:
        """Delete all other sessions."""
        async with self._engine.begin() as connection:
            for table in ("agent_messages", "agent_sessions"):
                statement = text(f"DELETE FROM {table} WHERE session_id <> ALL(:kept)")
                await connection.execute(statement, {"kept": kept})

    async def create_message(self, session_id: str, role: Any, content: str) -> Any:
        await self._session(session_id).add_items([{"role": role, "content": content}])
        return 1

    async def messages(self, session_id: str) -> Any:
        return await self._session(session_id).get_items()

    async def last_messages(self, session_id: str, count: int) -> Any:
        return await self._session(session_id).get_items(limit=count)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        await self._session(session_id).add_items([{"role": "user", "content": content} for content in contents])
        return len(contents)

    async def delete_session(self, session_id: str) -> Any:
        await self._session(session_id).clear_session()
        return 1


if __name__ == "__main__":
    main(OpenaiAgents)
