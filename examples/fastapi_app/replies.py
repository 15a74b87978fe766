"""Replies of a model: sent piece by piece, and stored whole whether their client stays or not."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from prisma.models import Message

from database import DatabaseService, storable_text
from fastapi_app.errors import problem

__all__ = ["Model", "Replies", "echo"]

Model: TypeAlias = Callable[[Sequence[Message]], AsyncIterator[str]]
"""Takes the last messages of a conversation, and makes the reply piece by piece."""

_Store: TypeAlias = Callable[[str], Awaitable[str]]
_Events: TypeAlias = "asyncio.Queue[str | None]"

_logger = logging.getLogger(__name__)


async def echo(messages: Sequence[Message]) -> AsyncIterator[str]:
    """A toy in place of a model: it repeats the last message, word by word."""
    yield "You said:"
    for word in messages[-1].content.split() if messages else ["nothing"]:
        await asyncio.sleep(0.01)  # a model takes its time
        yield f" {word}"


class Replies:
    """Makes replies in tasks of their own: a client that hangs up ends its request, not the reply."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(
        self, db: DatabaseService, session_id: str, pieces: AsyncIterator[str], columns: Mapping[str, Any]
    ) -> AsyncIterator[str]:
        """Start to make a reply, which is stored with these columns of yours, and return its server-sent events.

        There is a `piece` for each piece; `stored` with the message's id, once there is a message; at last an `error`
        if something failed. The message holds all that the model made, also when the model fails in the middle.
        """
        events: _Events = asyncio.Queue()
        task = asyncio.create_task(_make(partial(_store, db, session_id, columns), pieces, events))
        self._running.add(task)
        task.add_done_callback(partial(self._ended, events))
        return _until_end(events)

    async def stop(self) -> None:
        """Break off the replies that nobody waits for any more, and wait until what there is of them is stored."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, events: _Events, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _logger.error("A reply failed.", exc_info=error)
            status, detail = problem(error)
            events.put_nowait(_event("error", {"status": status, "detail": detail}))
        events.put_nowait(None)


async def _make(store: _Store, pieces: AsyncIterator[str], events: _Events) -> None:
    text = ""
    try:
        async for piece in pieces:
            text += piece
            events.put_nowait(_event("piece", {"text": piece}))
    finally:
        if text:
            events.put_nowait(_event("stored", {"id": await store(text)}))


async def _store(db: DatabaseService, session_id: str, columns: Mapping[str, Any], text: str) -> str:
    """Store the reply, unless there is one with its id, and return its id. What cannot be stored of it is replaced."""
    reply: Any = {**columns, "content": storable_text(text), "role": "assistant"}
    stored = await db.messages.create_messages(session_id, [reply], skip_existing=True)
    return stored[0].id if stored else str(columns["id"])


def _event(name: str, data: object) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


async def _until_end(events: _Events) -> AsyncIterator[str]:
    while (event := await events.get()) is not None:
        yield event
