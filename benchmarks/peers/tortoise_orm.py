"""Tortoise ORM on asyncpg."""

from __future__ import annotations

from typing import Any

from tortoise import Tortoise, fields
from tortoise.models import Model
from typing_extensions import Self

from peers.models import new_id, now
from peers.serving import Peer, main


class Session(Model):
    """A chat session."""

    id = fields.CharField(max_length=36, primary_key=True, default=new_id)
    created_at = fields.DatetimeField(default=now, source_field="createdAt")
    updated_at = fields.DatetimeField(default=now, source_field="updatedAt")
    messages: fields.ReverseRelation[Message]
    character_file: fields.BackwardOneToOneRelation[CharacterFile] | None

    class Meta:
        """The table."""

        table = "Session"


class Message(Model):
    """A message of a session."""

    id = fields.CharField(max_length=36, primary_key=True, default=new_id)
    content = fields.TextField()
    role = fields.TextField()
    created_at = fields.DatetimeField(default=now, source_field="createdAt")
    session: fields.ForeignKeyRelation[Session] = fields.ForeignKeyField(
        "models.Session", related_name="messages", source_field="sessionId"
    )

    class Meta:
        """The table."""

        table = "Message"
        ordering = ("created_at", "id")


class CharacterFile(Model):
    """The character of a session."""

    id = fields.CharField(max_length=36, primary_key=True, default=new_id)
    content: Any = fields.JSONField()
    created_at = fields.DatetimeField(default=now, source_field="createdAt")
    updated_at = fields.DatetimeField(default=now, source_field="updatedAt")
    session: fields.OneToOneRelation[Session] = fields.OneToOneField(
        "models.Session", related_name="character_file", source_field="sessionId"
    )

    class Meta:
        """The table."""

        table = "CharacterFile"


class TortoiseOrm(Peer):
    """Uses the models as Tortoise's guide does."""

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        await Tortoise.init(
            db_url=f"{url.replace('postgresql:', 'asyncpg:')}?minsize={connections}&maxsize={connections}",
            modules={"models": [__name__]},
            use_tz=False,
        )
        return cls()

    async def close(self) -> None:
        await Tortoise.close_connections()

    async def create_session(self) -> Any:
        return await Session.create()

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        return await Message.create(session_id=session_id, role=role, content=content)

    async def session_by_id(self, session_id: str) -> Any:
        return await Session.get_or_none(id=session_id)

    async def messages(self, session_id: str) -> Any:
        return await Message.filter(session_id=session_id)

    async def last_messages(self, session_id: str, count: int) -> Any:
        return (await Message.filter(session_id=session_id).order_by("-created_at", "-id").limit(count))[::-1]

    async def complete_session(self, session_id: str) -> Any:
        session = await Session.get_or_none(id=session_id).prefetch_related("messages", "character_file")
        return list(session.messages) if session and session.character_file else None

    async def character_file(self, session_id: str, content: Any) -> Any:
        stored, _ = await CharacterFile.update_or_create(session_id=session_id, defaults={"content": content})
        return stored

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        messages = [Message(session_id=session_id, role="user", content=content) for content in contents]
        await Message.bulk_create(messages)
        return len(messages)

    async def delete_session(self, session_id: str) -> Any:
        return await Session.filter(id=session_id).delete()


if __name__ == "__main__":
    main(TortoiseOrm)
