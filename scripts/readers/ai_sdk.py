"""Messages of the Vercel AI SDK: the list of one chat, or {"id", "messages": that list}.

Version 5 and later {"id", "role", "parts": [{"type": "text" | "reasoning" | "file" | "tool-…" | …, "text"}]};
version 4 {"id", "role", "content", "createdAt", "parts", "toolInvocations", "experimental_attachments", "reasoning"}.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.blocks import blocks
from readers.moments import iso
from readers.reading import THINKING, TOOL_CALL, Json, Reading, joined, objects, text_or_none

_FIELDS: Final = {"parts", "toolInvocations", "experimental_attachments"}
_NO_MESSAGE: Final = "data of the application"


def recognises(value: Json) -> bool:
    """Whether this is a list of such messages."""
    messages = objects(_messages(value))
    return all("role" in message for message in messages) and any(_is_ours(message) for message in messages)


def read(value: Json) -> Reading:
    """Read one."""
    messages = objects(_messages(value))
    first = messages[0].get("id") if messages else None
    own = text_or_none(value.get("id")) if isinstance(value, dict) else None
    reading = Reading(id=own, key=text_or_none(first))
    for message in reading.entries(_messages(value)):
        if message.get("role") == "data":
            reading.leave(_NO_MESSAGE)
        else:
            _say(reading, message)
    return reading.ended()


def _messages(value: Json) -> Json:
    return value.get("messages") if isinstance(value, dict) else value


def _is_ours(message: Mapping[str, Json]) -> bool:
    return message.get("role") == "data" or any(isinstance(message.get(name), list) for name in _FIELDS)


def _say(reading: Reading, message: Mapping[str, Json]) -> None:
    pieces, others = blocks(message.get("parts"))
    if not joined(pieces):
        pieces, more = blocks(message.get("content"))
        others += more
    if TOOL_CALL not in others:
        others += [TOOL_CALL for _ in objects(message.get("toolInvocations"))]
    if THINKING not in others and text_or_none(message.get("reasoning")):
        others.append(THINKING)
    others += ["attachment" for _ in objects(message.get("experimental_attachments"))]
    time = reading.time(iso, message.get("createdAt"))
    reading.say(message.get("role"), pieces, others, time=time, id_=message.get("id"))
