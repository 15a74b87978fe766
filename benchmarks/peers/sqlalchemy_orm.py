"""SQLAlchemy 2: its async ORM on asyncpg, with its own pool."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, delete, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload
from typing_extensions import Self

from peers.models import new_id, now
from peers.serving import Peer, main


class Base(DeclarativeBase):
    """The models of this peer."""


class Session(Base):
    """A chat session."""

    __tablename__ = "Session"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column("createdAt", server_default=func.current_timestamp())
    updated_at: Mapped[datetime] = mapped_column("updatedAt", default=now, onupdate=now)
    messages: Mapped[list[Message]] = relationship(
        order_by="[Message.created_at, Message.id]", passive_deletes=True, cascade="all, delete-orphan"
    )
    character_file: Mapped[CharacterFile | None] = relationship(passive_deletes=True, cascade="all, delete-orphan")


class Message(Base):
    """A message of a session."""

    __tablename__ = "Message"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=new_id)
    content: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column("createdAt", server_default=func.current_timestamp())
    session_id: Mapped[str] = mapped_column("sessionId", ForeignKey("Session.id"))


class CharacterFile(Base):
    """The character of a session."""

    __tablename__ = "CharacterFile"

    id: Mapped[str] = mapped_column(Text, primary_key=True, default=new_id)
    content: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column("createdAt", server_default=func.current_timestamp())
    updated_at: Mapped[datetime] = mapped_column("updatedAt", default=now, onupdate=now)
    session_id: Mapped[str] = mapped_column("sessionId", ForeignKey("Session.id"), unique=True)


class SqlalchemyOrm(Peer):
    """Opens a session for each operation, as a web request does."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], engine: Any) -> None:
        self._sessions = sessions
        self._engine = engine

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        engine = create_async_engine(
            url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=connections, max_overflow=0
        )
        return cls(async_sessionmaker(engine, expire_on_commit=False), engine)

    async def close(self) -> None:
        await self._engine.dispose()

    async def create_session(self) -> Any:
        async with self._sessions.begin() as db:
            session = Session()
            db.add(session)
        return session

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        async with self._sessions.begin() as db:
            message = Message(session_id=session_id, role=role, content=content)
            db.add(message)
        return message

    async def session_by_id(self, session_id: str) -> Any:
        async with self._sessions() as db:
            return await db.get(Session, session_id)

    async def messages(self, session_id: str) -> Any:
        chosen = select(Message).where(Message.session_id == session_id).order_by(Message.created_at, Message.id)
        async with self._sessions() as db:
            return (await db.scalars(chosen)).all()

    async def last_messages(self, session_id: str, count: int) -> Any:
        chosen = (
            select(Message)
            .where(Message.session_id == session_id)
            .order_by(Message.created_at.desc(), Message.id.desc())
            .limit(count)
        )
        async with self._sessions() as db:
            return (await db.scalars(chosen)).all()[::-1]

    async def complete_session(self, session_id: str) -> Any:
        related = (selectinload(Session.messages), joinedload(Session.character_file))
        async with self._sessions() as db:
            session = await db.get(Session, session_id, options=related)
        return session.messages if session and session.character_file else None

    async def character_file(self, session_id: str, content: Any) -> Any:
        row = upsert(CharacterFile).values(session_id=session_id, content=content)
        replacing = row.on_conflict_do_update(
            index_elements=[CharacterFile.session_id],
            set_={"content": row.excluded.content, "updatedAt": row.excluded.updatedAt},
        ).returning(CharacterFile)
        async with self._sessions.begin() as db:
            return await db.scalar(replacing)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        rows = [{"session_id": session_id, "role": "user", "content": content} for content in contents]
        async with self._sessions.begin() as db:
            await db.execute(insert(Message), rows)
        return len(rows)

    async def delete_session(self, session_id: str) -> Any:
        async with self._sessions.begin() as db:
            return await db.scalar(delete(Session).where(Session.id == session_id).returning(Session))


if __name__ == "__main__":
    main(SqlalchemyOrm)
