"""ChatGPT account exports: `conversations.json`, a list of conversations.

{"id" | "conversation_id", "title", "create_time", "update_time": seconds, "current_node": the leaf that is shown,
 "mapping": {NODE: {"parent": NODE | null, "message": null | {"author": {"role"}, "create_time": seconds,
   "content": {"content_type", "parts": [text | object], or "text"},
   "metadata": {"is_visually_hidden_from_conversation", "attachments"}}}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.moments import seconds
from readers.reading import NO_MESSAGE, OTHER_BRANCH, THINKING, Json, Reading, mapping, objects, text_or_none
from readers.tree import latest_leaf, parents_of, path_to

_THOUGHTS: Final = {"thoughts", "reasoning_recap"}
_KINDS: Final = ("image", "audio", "video")


def recognises(value: Json) -> bool:
    """Whether this is a conversation of ChatGPT."""
    return isinstance(value, dict) and isinstance(value.get("mapping"), dict)


def read(value: Json) -> Reading:
    """Read one."""
    reading = Reading(
        id=text_or_none(value.get("conversation_id")) or text_or_none(value.get("id")),
        title=text_or_none(value.get("title")),
    )
    reading.created = reading.time(seconds, value.get("create_time"))
    reading.updated = reading.time(seconds, value.get("update_time"))
    nodes = reading.nodes(value.get("mapping"))
    path = _path(value.get("current_node"), nodes)
    for name in path:
        message = nodes[name].get("message")
        if isinstance(message, dict):
            _say(reading, name, message)
        elif message is not None:
            reading.leave(NO_MESSAGE)
    for name in nodes.keys() - set(path):
        if nodes[name].get("message"):
            reading.leave(OTHER_BRANCH)
    return reading.ended()


def _path(current: object, nodes: Mapping[str, Mapping[str, Json]]) -> list[str]:
    parents = parents_of(nodes, "parent")
    if isinstance(current, str) and current in nodes:
        return path_to(current, parents)
    clock = Reading()
    times = {name: clock.time(seconds, mapping(node.get("message")).get("create_time")) for name, node in nodes.items()}
    leaf = latest_leaf(parents, times)
    return path_to(leaf, parents) if leaf else []


def _say(reading: Reading, name: str, message: Mapping[str, Json]) -> None:
    content, metadata = mapping(message.get("content")), mapping(message.get("metadata"))
    if metadata.get("is_visually_hidden_from_conversation"):
        reading.leave("hidden message")
    elif content.get("content_type") in _THOUGHTS:
        reading.leave(THINKING)
    else:
        pieces, others = _parts(content)
        files = [file for file in objects(metadata.get("attachments")) if not _is_image(file)]
        time = reading.time(seconds, message.get("create_time"))
        role = mapping(message.get("author")).get("role")
        reading.say(role, pieces, [*others, *("attachment" for _ in files)], time=time, id_=message.get("id") or name)


def _is_image(file: Mapping[str, Json]) -> bool:
    """Whether an attachment is a picture, which is a part of the content, too."""
    return str(file.get("mime_type") or file.get("mimeType")).startswith("image/")


def _parts(content: Mapping[str, Json]) -> tuple[list[str], list[str]]:
    """The pieces of text, and the kinds of the other parts."""
    pieces: list[str] = []
    others: list[str] = []
    parts = content.get("parts")
    for part in parts if isinstance(parts, list) else [content.get("text")]:
        if isinstance(part, str):
            pieces.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            pieces.append(part["text"])
        elif part is not None:
            others.append(_kind(str(mapping(part).get("content_type"))))
    return pieces, others


def _kind(content_type: str) -> str:
    return next((kind for kind in _KINDS if kind in content_type), "part without text")
