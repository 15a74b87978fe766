"""A web application that stores a message for each request, `/SESSION/CONTENT`: for test_processes."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from database import DatabaseService


async def app(
    scope: dict[str, Any], _receive: Callable[[], Awaitable[Any]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Answer, once the message is stored, which process did it."""
    _, session, content = scope["path"].split("/")
    db = DatabaseService.get_instance()
    await db.messages.create_message(content=content, role="user", session_id=session)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
