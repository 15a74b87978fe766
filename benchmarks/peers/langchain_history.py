"""langchain-postgres' chat history on psycopg, with a table of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_postgres import PostgresChatMessageHistory
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from typing_extensions import Self

from peers.serving import Peer, main

_TABLE: Final = "chat_history"
_TYPES: Final[dict[str, type[BaseMessage]]] = {"user": HumanMessage, "assistant": AIMessage}


class LangchainHistory(Peer):
    """Makes a history object on a connection of a pool for each operation: a history has one connection."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        pool = AsyncConnectionPool(url, min_size=connections, max_size=connections, open=False)
        await pool.open(wait=True)
        async with pool.connection() as connection:
            await PostgresChatMessageHistory.acreate_tables(connection, _TABLE)
        return cls(pool)

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def _history(self, session_id: str) -> AsyncIterator[PostgresChatMessageHistory]:
        async with self._pool.connection() as connection:
            yield PostgresChatMessageHistory(_TABLE, session_id, async_connection=connection)

    async def fill(self, session_id: str, count: int) -> Any:
        """Give a session so many messages."""
        await self.delete_session(session_id)
        await self.create_messages(session_id, ["hello"] * count)

    async def clear(self, kept: list[str]) -> Any:
        """Delete all other sessions."""
        async with self._pool.connection() as connection:
            await connection.execute("DELETE FROM chat_history WHERE session_id <> ALL(%s::uuid[])", (kept,))

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        async with self._history(session_id) as history:
            await history.aadd_messages([_TYPES[role](content=content)])
        return 1

    async def messages(self, session_id: str) -> Any:
        async with self._history(session_id) as history:
            return await history.aget_messages()

    async def last_messages(self, session_id: str, count: int) -> Any:
        return (await self.messages(session_id))[-count:]  # it cannot read the last ones alone

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        async with self._history(session_id) as history:
            await history.aadd_messages([HumanMessage(content=content) for content in contents])
        return len(contents)

    async def delete_session(self, session_id: str) -> Any:
        async with self._history(session_id) as history:
            await history.aclear()
        return 1


if __name__ == "__main__":
    main(LangchainHistory)
