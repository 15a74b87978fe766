"""psycopg 3: its asynchronous pool, rows as Pydantic models."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from typing_extensions import Self

from peers import psycopg_sql as sql
from peers.models import CharacterFile, CompleteSession, Message, Session, new_id, now
from peers.serving import Peer, main


class PsycopgPoolModels(Peer):
    """Takes a connection from the pool for each operation; single statements need no transaction."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        pool = AsyncConnectionPool(
            url, min_size=connections, max_size=connections, open=False, kwargs={"autocommit": True}
        )
        await pool.open(wait=True)
        return cls(pool)

    async def close(self) -> None:
        await self._pool.close()

    async def _row(self, model: type[Any], statement: Any, *values: Any) -> Any:
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(model)) as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchone()

    async def _rows(self, model: type[Any], statement: Any, *values: Any) -> Any:
        async with self._pool.connection() as connection, connection.cursor(row_factory=class_row(model)) as cursor:
            await cursor.execute(statement, values)
            return await cursor.fetchall()

    async def create_session(self) -> Any:
        return await self._row(Session, sql.CREATE_SESSION, new_id(), now())

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        return await self._row(Message, sql.CREATE_MESSAGE, new_id(), content, role, session_id)

    async def session_by_id(self, session_id: str) -> Any:
        return await self._row(Session, sql.SESSION_BY_ID, session_id)

    async def messages(self, session_id: str) -> Any:
        return await self._rows(Message, sql.MESSAGES, session_id)

    async def last_messages(self, session_id: str, count: int) -> Any:
        return (await self._rows(Message, sql.LAST_MESSAGES, session_id, count))[::-1]

    async def complete_session(self, session_id: str) -> Any:
        session = await self._row(Session, sql.SESSION_BY_ID, session_id)
        messages = await self._rows(Message, sql.MESSAGES, session_id)
        character_file = await self._row(CharacterFile, sql.CHARACTER_FILE, session_id)
        if session is None or character_file is None:
            return None
        return CompleteSession(**session.model_dump(), messages=messages, character_file=character_file).messages

    async def character_file(self, session_id: str, content: Any) -> Any:
        return await self._row(CharacterFile, sql.UPSERT_CHARACTER_FILE, new_id(), Jsonb(content), now(), session_id)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        copying = 'COPY "Message" (id, content, role, "sessionId") FROM STDIN'
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            async with cursor.copy(copying) as copy:
                for content in contents:
                    await copy.write_row((new_id(), content, "user", session_id))
            return cursor.rowcount

    async def delete_session(self, session_id: str) -> Any:
        return await self._row(Session, sql.DELETE_SESSION, session_id)


if __name__ == "__main__":
    main(PsycopgPoolModels)
