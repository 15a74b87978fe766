"""Bare asyncpg on connections that are just there: no pool's reset, no models. The limit of what is possible."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from typing_extensions import Self

from peers import sql
from peers.models import new_id, now
from peers.serving import Peer, main


class Bare(Peer):
    """Hands a connection to each operation and returns asyncpg's rows."""

    def __init__(self, connections: list[asyncpg.Connection[asyncpg.Record]]) -> None:
        self._all = connections
        self._free: asyncio.LifoQueue[asyncpg.Connection[asyncpg.Record]] = asyncio.LifoQueue()
        for connection in connections:
            self._free.put_nowait(connection)

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        return cls([await asyncpg.connect(url) for _ in range(connections)])

    async def close(self) -> None:
        for connection in self._all:
            await connection.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        connection = await self._free.get()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def round_trip(self) -> Any:
        async with self._connection() as connection:
            return await connection.fetchval("SELECT 1")

    async def create_session(self) -> Any:
        async with self._connection() as connection:
            return await connection.fetchrow(sql.CREATE_SESSION, new_id(), now())

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        async with self._connection() as connection:
            return await connection.fetchrow(sql.CREATE_MESSAGE, new_id(), content, role, session_id)

    async def session_by_id(self, session_id: str) -> Any:
        async with self._connection() as connection:
            return await connection.fetchrow(sql.SESSION_BY_ID, session_id)

    async def messages(self, session_id: str) -> Any:
        async with self._connection() as connection:
            return await connection.fetch(sql.MESSAGES, session_id)

    async def last_messages(self, session_id: str, count: int) -> Any:
        async with self._connection() as connection:
            return (await connection.fetch(sql.LAST_MESSAGES, session_id, count))[::-1]

    async def complete_session(self, session_id: str) -> Any:
        async with self._connection() as connection:
            session = await connection.fetchrow(sql.SESSION_BY_ID, session_id)
            messages = await connection.fetch(sql.MESSAGES, session_id)
            character_file = await connection.fetchrow(sql.CHARACTER_FILE, session_id)
            return messages if session and character_file else None

    async def find_unique(self, session_id: str) -> Any:
        async with self._connection() as connection:
            character_file = await connection.fetchrow(sql.CHARACTER_FILE, session_id)
            session = await connection.fetchrow(sql.SESSION_BY_ID, session_id)
            return character_file if session else None

    async def character_file(self, session_id: str, content: Any) -> Any:
        async with self._connection() as connection:
            return await connection.fetchrow(
                sql.UPSERT_CHARACTER_FILE, new_id(), json.dumps(content), now(), session_id
            )

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        ids, roles = [new_id() for _ in contents], ["user"] * len(contents)
        async with self._connection() as connection:
            status = await connection.execute(sql.CREATE_MESSAGES, ids, contents, roles, session_id)
            return int(status.split()[-1])

    async def delete_session(self, session_id: str) -> Any:
        async with self._connection() as connection:
            return await connection.fetchrow(sql.DELETE_SESSION, session_id)


if __name__ == "__main__":
    main(Bare)
