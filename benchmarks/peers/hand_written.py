"""What an expert writes for this module: asyncpg with its own pool, and Pydantic models."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import asyncpg
from pydantic import BaseModel
from typing_extensions import Self

from peers import sql
from peers.models import CharacterFile, CharacterFileWithSession, CompleteSession, Message, Session, new_id, now
from peers.serving import Peer, main


async def _prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def _columns(contents: list[str]) -> tuple[list[str], list[str], list[str]]:
    return [new_id() for _ in contents], contents, ["user"] * len(contents)


Model = TypeVar("Model", bound=BaseModel)


class HandWritten(Peer):
    """Takes a connection from the pool for each operation and returns models."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        return cls(await asyncpg.create_pool(url, min_size=connections, max_size=connections, init=_prepare))

    async def close(self) -> None:
        await self._pool.close()

    async def _one(self, model: type[Model], statement: str, *values: Any) -> Model | None:
        row = await self._pool.fetchrow(statement, *values)
        return model(**row) if row else None

    async def create_session(self) -> Any:
        return await self._one(Session, sql.CREATE_SESSION, new_id(), now())

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        return await self._one(Message, sql.CREATE_MESSAGE, new_id(), content, role, session_id)

    async def session_by_id(self, session_id: str) -> Any:
        return await self._one(Session, sql.SESSION_BY_ID, session_id)

    async def messages(self, session_id: str) -> Any:
        return [Message(**row) for row in await self._pool.fetch(sql.MESSAGES, session_id)]

    async def last_messages(self, session_id: str, count: int) -> Any:
        newest = await self._pool.fetch(sql.LAST_MESSAGES, session_id, count)
        return [Message(**row) for row in reversed(newest)]

    async def complete_session(self, session_id: str) -> Any:
        async with self._pool.acquire() as connection:
            session = await connection.fetchrow(sql.SESSION_BY_ID, session_id)
            messages = await connection.fetch(sql.MESSAGES, session_id)
            character_file = await connection.fetchrow(sql.CHARACTER_FILE, session_id)
        if session is None or character_file is None:
            return None
        return CompleteSession(
            **session, messages=[Message(**row) for row in messages], character_file=CharacterFile(**character_file)
        ).messages

    async def find_unique(self, session_id: str) -> Any:
        async with self._pool.acquire() as connection:
            character_file = await connection.fetchrow(sql.CHARACTER_FILE, session_id)
            session = await connection.fetchrow(sql.SESSION_BY_ID, session_id)
        if session is None or character_file is None:
            return None
        return CharacterFileWithSession(**character_file, session=Session(**session))

    async def character_file(self, session_id: str, content: Any) -> Any:
        return await self._one(CharacterFile, sql.UPSERT_CHARACTER_FILE, new_id(), content, now(), session_id)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        rows = await self._pool.fetch(sql.CREATE_AND_RETURN_MESSAGES, *_columns(contents), session_id)
        return [Message(**row) for row in rows]

    async def create_many(self, session_id: str, contents: list[str]) -> Any:
        status = await self._pool.execute(sql.CREATE_MESSAGES, *_columns(contents), session_id)
        return int(status.split()[-1])

    async def delete_session(self, session_id: str) -> Any:
        return await self._one(Session, sql.DELETE_SESSION, session_id)


if __name__ == "__main__":
    main(HandWritten)
