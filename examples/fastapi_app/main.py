"""The routes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from prisma.engine.errors import EngineConnectionError
from prisma.errors import PrismaError
from prisma.models import CharacterFile, Message, Session
from prisma.types import (
    CharacterFileRelationalFieldKeys,
    MessageCreateWithoutRelationsInput,
    MessageRelationalFieldKeys,
    SessionCreateWithoutRelationsInput,
    SessionRelationalFieldKeys,
)
from pydantic import BaseModel

from database import DatabaseError, DatabaseService, Role, SessionNotFoundError, SessionOrder, SessionSummary
from fastapi_app.errors import RETRY_AFTER, answer, answer_invalid, code_of
from fastapi_app.replies import Model, Replies, echo
from fastapi_app.rows import columns, nothing, with_columns

__all__ = ["app", "get_database", "get_model"]

_REMEMBERED: Final = 50  # messages that the model is shown
_STREAM: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # no proxy shall wait for the end

_logger = logging.getLogger(__name__)
_replies: Final = Replies()


async def get_database() -> DatabaseService:
    """The service of this process."""
    return DatabaseService.get_instance()


async def get_model() -> Model:
    """The model that replies: put yours here."""
    return echo


Database = Annotated[DatabaseService, Depends(get_database)]
Limit = Annotated[int, Query(ge=1, le=200)]


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    db = await get_database()
    try:
        await db.connect()
    except EngineConnectionError as error:  # `ready` tells it, until the database is there
        _logger.warning("%s", error)
    try:
        yield
    finally:
        await _replies.stop()
        await db.disconnect()


app = FastAPI(
    title="Chat",
    lifespan=_lifespan,
    exception_handlers={DatabaseError: answer, PrismaError: answer, RequestValidationError: answer_invalid},
)


_KNOWN: Final = {"id", "content", "role", "createdAt", "updatedAt", "sessionId"}  # not for a client to say by itself
_NOT_TOLD: Final = {  # of a session the client has the id
    "session": {*get_args(SessionRelationalFieldKeys)},
    "message": {"sessionId", *get_args(MessageRelationalFieldKeys)},
    "character": {"id", "createdAt", "sessionId", *get_args(CharacterFileRelationalFieldKeys)},
}


@with_columns(SessionCreateWithoutRelationsInput, known=_KNOWN)
class SessionIn(BaseModel):
    """A session to begin."""


@with_columns(MessageCreateWithoutRelationsInput, known=_KNOWN)
class ReplyIn(BaseModel):
    """A reply to make: its columns; one with an id of the client's own is stored once, however often it is made."""

    id: UUID | None = None


@with_columns(MessageCreateWithoutRelationsInput, known=_KNOWN)
class MessageIn(BaseModel):
    """A message to store; with an id of the client's own it may be sent again, and is stored once."""

    content: str
    role: Role = "user"
    id: UUID | None = None


@app.get("/health/live")
async def live() -> dict[str, str]:
    """Whether the process answers: it need not be started again."""
    return {"status": "live"}


@app.get("/health/ready")
async def ready(db: Database) -> JSONResponse:
    """Whether the database takes writes now: requests may be sent here."""
    health = await db.health()
    if health.takes_writes:
        return JSONResponse({"status": "ready"})
    reason = "read-only" if health.error is None else code_of(health.error)
    return JSONResponse({"status": "unready", "reason": reason}, HTTPStatus.SERVICE_UNAVAILABLE, RETRY_AFTER)


@app.post("/sessions", status_code=HTTPStatus.CREATED, response_model_exclude=_NOT_TOLD["session"])
async def create_session(db: Database, session: SessionIn | None = None) -> Session:
    """Begin a conversation."""
    return await db.sessions.create_session(**columns(session or nothing(SessionIn)))


@app.get("/sessions", response_model_exclude={"__all__": _NOT_TOLD["session"]})
async def list_sessions(
    db: Database, limit: Limit = 50, after: str | None = None, order: SessionOrder = "creation"
) -> list[SessionSummary]:
    """A page of the sessions, newest first; `after` is the id of the last one of the page before."""
    return await db.sessions.list_sessions(limit=limit, after=after, order=order)


@app.delete("/sessions/{session_id}", status_code=HTTPStatus.NO_CONTENT)
async def delete_session(session_id: str, db: Database) -> None:
    """Delete a session with all that is in it."""
    await db.sessions.delete_session(session_id)


@app.post(
    "/sessions/{session_id}/messages", status_code=HTTPStatus.CREATED, response_model_exclude=_NOT_TOLD["message"]
)
async def create_message(session_id: str, message: MessageIn, db: Database) -> Message:
    """Append a message."""
    new = {"role": message.role, **_with_text_id(columns(message))}
    return await db.messages.create_message(session_id=session_id, **new)


@app.get("/sessions/{session_id}/messages", response_model_exclude={"__all__": _NOT_TOLD["message"]})
async def get_messages(
    session_id: str, db: Database, limit: Limit = 50, before: str | None = None, after: str | None = None
) -> Sequence[Message]:
    """The last messages, or those right before or after a message, oldest first."""
    if before is None and after is None:
        return await _last_messages(db, session_id, limit)
    return await db.messages.get_messages_by_session_id(session_id, limit=limit, before=before, after=after)


@app.post("/sessions/{session_id}/replies", response_class=StreamingResponse)
async def reply(
    session_id: str, db: Database, model: Annotated[Model, Depends(get_model)], reply: ReplyIn | None = None
) -> StreamingResponse:
    """Have the model reply, and stream what it says as server-sent events."""
    own = _with_text_id(columns(reply or nothing(ReplyIn)))
    pieces = model(await _last_messages(db, session_id, _REMEMBERED))
    events = _replies.start(db, session_id, pieces, own)
    return StreamingResponse(events, headers=_STREAM, media_type="text/event-stream")


@app.put("/sessions/{session_id}/character", response_model_exclude=_NOT_TOLD["character"])
async def put_character(session_id: str, content: dict[str, Any], db: Database) -> CharacterFile:
    """Give the session this character file, in place of one that it has."""
    return await db.character_files.create_character_file(content=content, session_id=session_id)


@app.get("/sessions/{session_id}/character", response_model_exclude=_NOT_TOLD["character"])
async def get_character(session_id: str, db: Database) -> CharacterFile:
    """The character file of the session."""
    character_file = await db.character_files.get_character_file_by_session_id(session_id)
    if character_file is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "The session has no character file.")
    return character_file


def _with_text_id(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the id as the text that is stored; null is none."""
    id_ = row.pop("id", None)
    return row if id_ is None else {**row, "id": str(id_)}


async def _last_messages(db: DatabaseService, session_id: str, count: int) -> Sequence[Message]:
    """The last messages. Errors: SessionNotFoundError, where none could be."""
    messages = await db.messages.get_last_messages(session_id, count)
    if not messages and await db.sessions.get_session_by_id(session_id) is None:
        raise SessionNotFoundError(session_id)
    return messages
