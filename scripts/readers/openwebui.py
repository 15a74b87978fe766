"""Open WebUI's export of one chat or all: a list of chats.

{"id", "title", "created_at", "updated_at": seconds, "chat": {"title", "params": {"system"}, "timestamp": milliseconds,
 "history": {"currentId", "messages": {ID: {"parentId", "role", "content", "timestamp": seconds, "files"}}},
 "messages": [those of the path that is shown]}}; a content has its thinking in <details type="reasoning"> blocks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from readers.blocks import blocks
from readers.moments import milliseconds, seconds
from readers.reading import OTHER_BRANCH, THINKING, TOOL_CALL, Json, Reading, joined, mapping, objects, text_or_none
from readers.tree import latest_leaf, parents_of, path_to

_DETAILS: Final = re.compile(
    r'<details\b[^>]*\btype="(reasoning|tool_calls|code_interpreter)"[^>]*>.*?</details>', re.DOTALL
)
_KINDS: Final[Mapping[str, str]] = {"reasoning": THINKING, "tool_calls": TOOL_CALL, "code_interpreter": "run of code"}


def recognises(value: Json) -> bool:
    """Whether this is a chat of Open WebUI."""
    history = _chat(value).get("history")
    return isinstance(history, dict) and isinstance(history.get("messages"), dict)


def read(value: Json) -> Reading:
    """Read one."""
    chat = _chat(value)
    reading = Reading(
        id=text_or_none(value.get("id")) or text_or_none(chat.get("id")),
        title=text_or_none(value.get("title")) or text_or_none(chat.get("title")),
    )
    reading.created = reading.time(seconds, value.get("created_at")) or reading.time(
        milliseconds, chat.get("timestamp")
    )
    reading.updated = reading.time(seconds, value.get("updated_at"))
    reading.system(mapping(chat.get("params")).get("system") or chat.get("system"))
    history = mapping(chat.get("history"))
    messages = reading.nodes(history.get("messages"))
    path = _path(history.get("currentId"), messages)
    for id_ in path:
        _say(reading, id_, messages[id_])
    for _ in range(len(messages) - len(path)):
        reading.leave(OTHER_BRANCH)
    return reading.ended()


def _chat(value: Json) -> Mapping[str, Json]:
    """The chat of an entry, or an entry that is the chat itself."""
    entry = mapping(value)
    return mapping(entry.get("chat")) or entry


def _path(current: object, messages: Mapping[str, Mapping[str, Json]]) -> list[str]:
    parents = parents_of(messages, "parentId")
    if isinstance(current, str) and current in messages:
        return path_to(current, parents)
    clock = Reading()
    times = {id_: clock.time(seconds, message.get("timestamp")) for id_, message in messages.items()}
    leaf = latest_leaf(parents, times)
    return path_to(leaf, parents) if leaf else []


def _say(reading: Reading, id_: str, message: Mapping[str, Json]) -> None:
    pieces, others = blocks(message.get("content"))
    texts = [_without_details(piece, others) if isinstance(piece, str) else piece for piece in pieces]
    others += ["image" if file.get("type") == "image" else "attachment" for file in objects(message.get("files"))]
    time = reading.time(seconds, message.get("timestamp"))
    reading.say(message.get("role"), texts, others, time=time, id_=id_)


def _without_details(text: str, others: list[str]) -> str:
    """The text around the blocks of details, whose kinds are added to the others."""
    parts = _DETAILS.split(text)  # a text, a kind, a text, ...
    if len(parts) == 1:
        return text
    others += [_KINDS[kind] for kind in parts[1::2]]
    return joined(part.strip() for part in parts[::2])
