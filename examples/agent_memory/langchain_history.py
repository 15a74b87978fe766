"""A chat history of LangChain: its messages are messages of the database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    message_to_dict,
    messages_from_dict,
)
from prisma.models import Message

from agent_memory.history import History
from database import DatabaseService, NewMessage, Role, storable_text
from prisma_engine.sync_engine import run

_ROLES: Final[Mapping[str, Role]] = {"ai": "assistant", "system": "system", "tool": "tool", "function": "tool"}
_PLAIN: Final[Mapping[str, type[BaseMessage]]] = {
    "user": HumanMessage,
    "assistant": AIMessage,
    "system": SystemMessage,
    "developer": SystemMessage,
}


class DatabaseChatHistory(BaseChatMessageHistory):
    """Remembers every message as it is, for `RunnableWithMessageHistory(chain, DatabaseChatHistory)` and by itself.

    The text that a person reads of a message is the content of the database's. It works on the process-wide database
    unless it gets one. The methods without async run the others on an event loop in the background.
    """

    def __init__(self, session_id: str, db: DatabaseService | None = None) -> None:
        self._history = History(session_id, db or DatabaseService.get_instance())

    async def aget_messages(self) -> list[BaseMessage]:
        """All messages, oldest first; of a session that does not exist, none."""
        stored = await self._history.messages()
        return [read for message in stored if (read := _read(message)) is not None]

    async def aadd_messages(self, messages: Sequence[BaseMessage]) -> None:
        """Remember messages, all or none. Errors: TypeError for what is no JSON, such as an object in an `artifact`."""
        await self._history.append([_written(message) for message in messages])

    async def aclear(self) -> None:
        """Forget all messages."""
        await self._history.clear()

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]  # as the base class says that it may be
        """The same as `aget_messages`."""
        return run(self.aget_messages)

    def add_messages(self, messages: Sequence[BaseMessage]) -> None:
        """The same as `aadd_messages`."""
        run(partial(self.aadd_messages, messages))

    def clear(self) -> None:
        """The same as `aclear`."""
        run(self.aclear)


def _read(message: Message) -> BaseMessage | None:
    """The message of LangChain; what other means have stored is a plain one, or None: a result without its call."""
    if message.data is not None:
        return messages_from_dict([json.loads(message.data)])[0]
    plain = _PLAIN.get(message.role)
    return plain(content=message.content) if plain else None


def _written(message: BaseMessage) -> NewMessage:
    role = _ROLES.get(message.type.removesuffix("MessageChunk").lower(), "user")
    content = storable_text(str(message.text))
    written: NewMessage = {"role": role, "content": content}
    if type(message) is not _PLAIN.get(role) or message != _PLAIN[role](content=content):
        written["data"] = json.dumps(message_to_dict(message))  # in ASCII, which PostgreSQL takes whole
    return written
