"""A copy of a session, with all that is its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Final

from prisma import Prisma
from prisma.models import CharacterFile, Message, Session
from prisma.types import MessageWhereInput

from database.errors import MessageNotFoundError, SessionNotFoundError
from database.repositories.exact import exact, fields_of
from database.repositories.message import OLDEST_FIRST, following, up_to
from prisma_engine.uuid7 import uuid7

__all__ = ["copied"]

_PAGE: Final = 500  # messages of one read and one write
_NEW: Final = {"id", "createdAt", "updatedAt"}


async def copied(tx: Prisma, session_id: str, end: Message | str | None, columns: Mapping[str, Any]) -> Session:
    """Copy a session in a transaction. Errors: SessionNotFoundError, MessageNotFoundError."""
    source = await exact(Session).prisma(tx).find_unique(where={"id": session_id})
    if source is None:
        raise SessionNotFoundError(session_id)
    bounds: list[MessageWhereInput] = [] if end is None else [up_to(await _place(tx, session_id, end))]
    data: Any = {**_columns(source, without=_NEW), **columns}
    session = await tx.session.create(data=data)
    async for page in _pages(tx, session_id, bounds):
        rows: Any = [{**_columns(row), "id": uuid7(), "sessionId": session.id} for row in page]
        await tx.message.create_many(data=rows)
    await _copy_character(tx, session_id, session.id)
    return session


async def _pages(tx: Prisma, session_id: str, bounds: Sequence[MessageWhereInput]) -> AsyncIterator[Sequence[Any]]:
    messages, last = exact(Message).prisma(tx), list(bounds)
    where = {"sessionId": session_id}
    while page := await messages.find_many(where={**where, "AND": last}, order=OLDEST_FIRST, take=_PAGE):
        yield page
        last = [*bounds, following(page[-1])]


async def _copy_character(tx: Prisma, session_id: str, copy_id: str) -> None:
    character = await exact(CharacterFile).prisma(tx).find_unique(where={"sessionId": session_id})
    if character is not None:
        data: Any = {**_columns(character, without=_NEW), "sessionId": copy_id}
        await tx.characterfile.create(data=data)


async def _place(tx: Prisma, session_id: str, end: Message | str) -> Message:
    message = end if isinstance(end, Message) else await tx.message.find_unique(where={"id": end})
    if message is None or message.sessionId != session_id:
        raise MessageNotFoundError(end.id if isinstance(end, Message) else end, session_id)
    return message


def _columns(row: Any, *, without: Collection[str] = ()) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields_of(type(row)) if name not in without}
