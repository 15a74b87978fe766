"""LibreChat's export of one conversation, flat or as a tree.

{"conversationId", "title", "options": {"promptPrefix": the system prompt}, "messages": [MESSAGE], or
 "messagesTree": [MESSAGE with "children": [MESSAGE]]}, where MESSAGE is {"messageId", "parentMessageId",
 "isCreatedByUser", "text", "content": [{"type", "text"}], "error", "createdAt", "files"}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from readers.blocks import blocks
from readers.moments import iso
from readers.reading import OTHER_BRANCH, THINKING, Json, Reading, mapping, objects, text_or_none
from readers.tree import last_leaf, path_to

_ROOT: Final = "00000000-0000-0000-0000-000000000000"
_THINKING: Final = re.compile(r":::thinking\n.*?\n:::\s*", re.DOTALL)


def recognises(value: Json) -> bool:
    """Whether this is a conversation of LibreChat."""
    if not isinstance(value, dict) or "conversationId" not in value:
        return False
    if isinstance(value.get("messagesTree"), list):
        return True
    messages = value.get("messages")
    return isinstance(messages, list) and all("isCreatedByUser" in message for message in objects(messages))


def read(value: Json) -> Reading:
    """Read one."""
    reading = Reading(id=text_or_none(value.get("conversationId")), title=text_or_none(value.get("title")))
    reading.system(mapping(value.get("options")).get("promptPrefix"))
    messages, parents = _messages(value, reading)
    leaf = last_leaf(parents)
    path = path_to(leaf, parents) if leaf else []
    for id_ in path if any(parents.values()) else messages:
        _say(reading, id_, messages[id_])
    if any(parents.values()):
        for _ in range(len(messages) - len(path)):
            reading.leave(OTHER_BRANCH)
    return reading.ended()


def _messages(value: Json, reading: Reading) -> tuple[dict[str, Mapping[str, Json]], dict[str, str | None]]:
    """All messages, and the parent of each."""
    messages: dict[str, Mapping[str, Json]] = {}
    parents: dict[str, str | None] = {}
    flat, roots = reading.entries(value.get("messages")), reading.entries(value.get("messagesTree"))
    rest = [(message, text_or_none(message.get("parentMessageId"))) for message in flat[::-1]]
    rest += [(message, _ROOT) for message in roots[::-1]]
    while rest:
        message, parent = rest.pop()
        id_ = str(message.get("messageId") or f"message {len(messages) + 1}")
        messages[id_], parents[id_] = message, parent
        rest += [(child, id_) for child in reading.entries(message.get("children"))[::-1]]
    return messages, parents


def _say(reading: Reading, id_: str, message: Mapping[str, Json]) -> None:
    if message.get("error") is True:
        reading.leave("error notice")
        return
    pieces, others = blocks(message.get("content") or message.get("text"))
    thoughts = sum(len(_THINKING.findall(piece)) for piece in pieces if isinstance(piece, str))
    texts = [_THINKING.sub("", piece) if isinstance(piece, str) else piece for piece in pieces]
    attached = ["attachment" for name in ("files", "attachments") for _ in objects(message.get(name))]
    reading.say(
        "user" if message.get("isCreatedByUser") else "assistant",
        texts,
        [*others, *[THINKING] * thoughts, *attached],
        time=reading.time(iso, message.get("createdAt")),
        id_=id_,
    )
