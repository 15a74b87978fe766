"""Claude account exports: `conversations.json`, a list of conversations.

{"uuid", "name", "created_at", "updated_at", "chat_messages": [{"uuid", "sender": "human" | "assistant", "text",
 "content": [{"type": "text" | "thinking" | "tool_use" | "tool_result" | …, "text"}], "created_at",
 "attachments", "files", "parent_message_uuid"}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from readers.blocks import blocks
from readers.moments import iso
from readers.reading import OTHER_BRANCH, Json, Reading, objects, text_or_none
from readers.tree import latest_leaf, parents_of, path_to


def recognises(value: Json) -> bool:
    """Whether this is a conversation of Claude."""
    return isinstance(value, dict) and isinstance(value.get("chat_messages"), list)


def read(value: Json) -> Reading:
    """Read one."""
    reading = Reading(id=text_or_none(value.get("uuid")), title=text_or_none(value.get("name")))
    reading.created = reading.time(iso, value.get("created_at"))
    reading.updated = reading.time(iso, value.get("updated_at"))
    messages = reading.entries(value.get("chat_messages"))
    shown = _shown(messages)
    for message in shown:
        _say(reading, message)
    for _ in range(len(messages) - len(shown)):
        reading.leave(OTHER_BRANCH)
    return reading.ended()


def _shown(messages: Sequence[Mapping[str, Json]]) -> Sequence[Mapping[str, Json]]:
    """Those of the branch that was written last; without parents, all of them."""
    by_id = {str(message.get("uuid")): message for message in messages}
    parents = parents_of(by_id, "parent_message_uuid")
    if len(by_id) < len(messages) or not any(parents.values()):
        return messages
    clock = Reading()
    leaf = latest_leaf(parents, {id_: clock.time(iso, message.get("created_at")) for id_, message in by_id.items()})
    return [by_id[id_] for id_ in path_to(leaf, parents)] if leaf else []


def _say(reading: Reading, message: Mapping[str, Json]) -> None:
    content = message.get("content")
    pieces, others = blocks(content) if content else ([message.get("text")], [])
    attached = ["attachment" for name in ("attachments", "files") for _ in objects(message.get(name))]
    time = reading.time(iso, message.get("created_at"))
    reading.say(message.get("sender"), pieces, [*others, *attached], time=time, id_=message.get("uuid"))
