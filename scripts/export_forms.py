"""The forms of an export: the own one, with all that there is, and those that training tools read."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from prisma import Prisma

from conversations import END, beginning, message_bytes
from readers.formats import OWN

_FROM: Final[Mapping[str, str]] = {"user": "human", "assistant": "gpt", "developer": "system"}


@dataclass(frozen=True, slots=True)
class Form:
    """The line of a conversation: what comes before its messages, each of them, and what comes behind."""

    beginning: Callable[[Any, Prisma], Awaitable[bytes]]
    message: Callable[[Any], bytes]
    end: bytes
    needs_messages: bool


def _openai(message: Any) -> bytes:
    return _bytes({"role": message.role, "content": message.content})


def _sharegpt(message: Any) -> bytes:
    return _bytes({"from": _FROM.get(message.role, message.role), "value": message.content})


async def _open_messages(_session: Any, _client: Prisma) -> bytes:
    return b'{"messages": ['


async def _open_conversations(session: Any, _client: Prisma) -> bytes:
    return b'{"id": ' + _bytes(session.id) + b', "conversations": ['


def _bytes(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


FORMS: Final[Mapping[str, Form]] = {
    OWN: Form(beginning, message_bytes, END, needs_messages=False),
    "openai": Form(_open_messages, _openai, END, needs_messages=True),
    "sharegpt": Form(_open_conversations, _sharegpt, END, needs_messages=True),
}
"""By their names, which `as` takes."""
