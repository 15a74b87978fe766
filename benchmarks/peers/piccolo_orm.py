"""Piccolo on asyncpg, with its engine's pool."""

from __future__ import annotations

import os
from typing import Any

from piccolo.columns import JSONB, ForeignKey, Text, Timestamp
from piccolo.columns.defaults.timestamp import TimestampNow
from piccolo.engine.finder import engine_finder
from piccolo.engine.postgres import PostgresEngine
from piccolo.table import Table
from typing_extensions import Self

from peers.models import new_id, now
from peers.serving import Peer, main


class Session(Table, tablename="Session"):
    """A chat session."""

    id = Text(primary_key=True, default=new_id)
    created_at = Timestamp(db_column_name="createdAt", default=TimestampNow())
    updated_at = Timestamp(db_column_name="updatedAt", default=TimestampNow(), auto_update=now)


class Message(Table, tablename="Message"):
    """A message of a session."""

    id = Text(primary_key=True, default=new_id)
    content = Text()
    role = Text()
    created_at = Timestamp(db_column_name="createdAt", default=TimestampNow())
    session = ForeignKey(references=Session, db_column_name="sessionId")


class CharacterFile(Table, tablename="CharacterFile"):
    """The character of a session."""

    id = Text(primary_key=True, default=new_id)
    content = JSONB()
    created_at = Timestamp(db_column_name="createdAt", default=TimestampNow())
    updated_at = Timestamp(db_column_name="updatedAt", default=TimestampNow(), auto_update=now)
    session = ForeignKey(references=Session, db_column_name="sessionId", unique=True)


class PiccoloOrm(Peer):
    """Uses the tables as Piccolo's documentation does."""

    def __init__(self, engine: PostgresEngine) -> None:
        self._engine = engine

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        os.environ.update({"PICCOLO_CONF": "peers.piccolo_conf", "PICCOLO_URL": url})
        engine = engine_finder()
        assert isinstance(engine, PostgresEngine)
        await engine.start_connection_pool(min_size=connections, max_size=connections)
        return cls(engine)

    async def close(self) -> None:
        await self._engine.close_connection_pool()

    async def create_session(self) -> Any:
        return await Session.objects().create()

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        return await Message.objects().create(session=session_id, role=role, content=content)

    async def session_by_id(self, session_id: str) -> Any:
        return await Session.objects().get(Session.id == session_id)

    async def messages(self, session_id: str) -> Any:
        chosen = Message.objects().where(Message.session == session_id)
        return await chosen.order_by(Message.created_at).order_by(Message.id)

    async def last_messages(self, session_id: str, count: int) -> Any:
        chosen = Message.objects().where(Message.session == session_id)
        newest_first = chosen.order_by(Message.created_at, ascending=False).order_by(Message.id, ascending=False)
        return (await newest_first.limit(count))[::-1]

    async def complete_session(self, session_id: str) -> Any:
        session = await self.session_by_id(session_id)
        messages = await self.messages(session_id)
        character_file = await CharacterFile.objects().get(CharacterFile.session == session_id)
        return messages if session and character_file else None

    async def character_file(self, session_id: str, content: Any) -> Any:
        return await CharacterFile.insert(CharacterFile(session=session_id, content=content)).on_conflict(
            target=CharacterFile.session,
            action="DO UPDATE",
            values=[CharacterFile.content, CharacterFile.updated_at],
        )

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        messages = [Message(session=session_id, role="user", content=content) for content in contents]
        return len(await Message.insert(*messages))

    async def delete_session(self, session_id: str) -> Any:
        return await Session.delete().where(Session.id == session_id).returning(Session.id)


if __name__ == "__main__":
    main(PiccoloOrm)
