"""A session of the OpenAI Agents SDK: its items are messages of the database."""

from __future__ import annotations

import json
from typing import Any, Final, cast, get_args

from agents import TResponseInputItem
from agents.memory import SessionSettings
from prisma.models import Message

from agent_memory.history import History
from database import DatabaseService, NewMessage, Role, storable_text

_RESULT: Final = "_output"  # ends the types of items that say what a tool has returned


class DatabaseSession:
    """Remembers every item as it is, for `Runner.run(..., session=DatabaseSession("some id"))`.

    The text that a person reads of an item is the content of its message. It works on the process-wide database unless
    it gets one. `session_settings` may limit what the agent gets to the last so many items, as those of a run may.
    """

    def __init__(
        self, session_id: str, db: DatabaseService | None = None, *, session_settings: SessionSettings | None = None
    ) -> None:
        self.session_id = session_id
        self.session_settings: SessionSettings | None = session_settings or SessionSettings()
        self._history = History(session_id, db or DatabaseService.get_instance())

    async def get_items(self, limit: int | None = None) -> list[TResponseInputItem]:
        """The items, or the last so many of them, oldest first; of a session that does not exist, none."""
        if limit is None and self.session_settings is not None:
            limit = self.session_settings.limit
        return [_item(message) for message in await self._history.messages(limit)]

    async def add_items(self, items: list[TResponseInputItem]) -> None:
        """Remember items, all or none. Errors: TypeError for what is no JSON."""
        await self._history.append([_message(cast("dict[str, Any]", item)) for item in items])

    async def pop_item(self) -> TResponseInputItem | None:
        """Forget the last item and return it; each goes to one caller only."""
        message = await self._history.pop()
        return None if message is None else _item(message)

    async def clear_session(self) -> None:
        """Forget all items."""
        await self._history.clear()


def _item(message: Message) -> TResponseInputItem:
    """The item of a message; one that was stored by other means is a plain one."""
    plain = {"role": message.role, "content": message.content}
    return cast("TResponseInputItem", plain if message.data is None else json.loads(message.data))


def _message(item: dict[str, Any]) -> NewMessage:
    message: NewMessage = {"role": _role(item), "content": storable_text(_text(item))}
    if item != message:
        message["data"] = json.dumps(item)  # in ASCII, which has no character that PostgreSQL refuses
    return message


def _role(item: dict[str, Any]) -> Role:
    if item.get("role") in get_args(Role):
        return cast("Role", item["role"])
    return "tool" if str(item.get("type")).endswith(_RESULT) else "assistant"


def _text(item: dict[str, Any]) -> str:
    """The text in an item: what was said, what a tool shall do, or what it has returned."""
    said = next((item[name] for name in ("content", "output", "arguments", "summary") if item.get(name)), "")
    parts = said if isinstance(said, list) else [said]
    texts = [part.get("text") or part.get("refusal") if isinstance(part, dict) else part for part in parts]
    return "\n\n".join(text for text in texts if isinstance(text, str))
