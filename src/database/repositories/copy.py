"""A copy of a session, with all that is its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Final

from prisma import Prisma
from prisma.models import CharacterFile, Message, Session
from pydantic import BaseModel

from database.errors import SessionNotFoundError
from database.repositories.arguments import instant
from database.repositories.exact import exact, fields_of
from database.repositories.message_key import find_message, in_session
from prisma_engine.namespace import execute, table_of
from prisma_engine.uuid7 import uuid7

__all__ = ["copied"]

_NEW: Final = {"id", "createdAt", "updatedAt"}

_COPY: Final = """
WITH messages AS (
    INSERT INTO {message} ({message_columns})
    SELECT {message_values}
    FROM {message} AS source
    WHERE source.{message[sessionId]} = $1 {bound}
)
INSERT INTO {character} ({character_columns})
SELECT {character_values} FROM {character} AS source WHERE source.{character[sessionId]} = $1
"""
_UP_TO: Final = "AND (source.{message[createdAt]}, source.{message[id]}) <= ($6, $7)"

_TIMED: Final = "to_hex($3 + row_number() OVER (ORDER BY source.{message[createdAt]}, source.{message[id]}))"
_MESSAGE_ID: Final = (
    f"(overlay(lpad({_TIMED}, 15, '0') PLACING '7' FROM 13 FOR 0) || substr(gen_random_uuid()::text, 20))::uuid"
)
"""A UUID of version 7 for each message, in their order: the time and the count of one that was made here, and upward.

Messages of one time are in the order of their ids. A full count borrows the next millisecond, as in `uuid7`.
"""
_COPY_ID: Final = "(SELECT {session[id]} FROM {session} WHERE {session[id]} = $2)"  # of the column's type: maybe a uuid
_MESSAGE: Final = {"id": _MESSAGE_ID, "sessionId": _COPY_ID}
_CHARACTER: Final = {"id": "$4::uuid", "createdAt": "$5", "updatedAt": "$5", "sessionId": _COPY_ID}


async def copied(tx: Prisma, session_id: str, end: Message | str | None, columns: Mapping[str, Any]) -> Session:
    """Copy a session in a transaction. Errors: SessionNotFoundError, MessageNotFoundError."""
    source = await exact(Session).prisma(tx).find_unique(where={"id": session_id})
    if source is None:
        raise SessionNotFoundError(session_id)
    place = () if end is None else await _place(tx, session_id, end)
    kept = {name: getattr(source, name) for name in fields_of(Session) if name not in _NEW}
    data: Any = {**kept, **columns}
    session = await tx.session.create(data=data)
    now = instant("now", datetime.now(timezone.utc))
    sql = await _copy(tx, _UP_TO if place else "")
    await execute(tx, sql, session_id, session.id, _beginning(uuid7()), uuid7(), now, *place)
    return session


async def _copy(tx: Prisma, bound: str) -> str:
    """The statement that copies what is a session's own."""
    models = {"session": Session, "message": Message, "character": CharacterFile}
    tables = {name: await table_of(tx, model) for name, model in models.items()}
    parts = {
        "bound": bound,
        **_columns("message", Message, _MESSAGE),
        **_columns("character", CharacterFile, _CHARACTER),
    }
    return _COPY.format(**tables, **{name: text.format(**tables) for name, text in parts.items()})


def _columns(name: str, model: type[BaseModel], new: Mapping[str, str]) -> dict[str, str]:
    """All columns of a table, and their values: new ones, or those of the source."""
    columns = {field: f"{{{name}[{field}]}}" for field in fields_of(model)}
    values = [new.get(field, f"source.{column}") for field, column in columns.items()]
    return {f"{name}_columns": ", ".join(columns.values()), f"{name}_values": ", ".join(values)}


def _beginning(uuid7_text: str) -> int:
    """The time and the count of a version 7 UUID, as one number."""
    return int(uuid7_text[:8] + uuid7_text[9:13] + uuid7_text[15:18], 16)


async def _place(tx: Prisma, session_id: str, end: Message | str) -> tuple[datetime, str]:
    found = end if isinstance(end, Message) else await find_message(tx, end, session_id)
    message = in_session(found, end, session_id)
    return message.createdAt, message.id
