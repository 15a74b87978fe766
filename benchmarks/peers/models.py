"""The models of the peers that map rows by hand."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from uuid import uuid4

from pydantic import BaseModel


class Session(BaseModel):
    """A chat session."""

    id: str
    created_at: datetime
    updated_at: datetime


class Message(BaseModel):
    """A message of a session."""

    id: str
    content: str
    role: str
    created_at: datetime
    session_id: str


class CharacterFile(BaseModel):
    """The character of a session."""

    id: str
    content: Any
    created_at: datetime
    updated_at: datetime
    session_id: str


class CharacterFileWithSession(CharacterFile):
    """A character file with its session."""

    session: Session


class CompleteSession(Session):
    """A session with all that belongs to it."""

    messages: list[Message]
    character_file: CharacterFile | None


def new_id() -> str:
    """An id for a new row."""
    return str(uuid4())


def now() -> datetime:
    """The time in UTC, as columns without a time zone take it."""
    return datetime.now(timezone.utc).replace(tzinfo=None)
