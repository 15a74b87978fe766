"""OpenAI's lines for fine-tuning chat models: JSON Lines.

{"messages": [{"role", "content": text | null | [{"type": "text" | "image_url" | …, "text"}], "tool_calls",
 "function_call", "tool_call_id", "name", "weight"}], "tools", "functions", "parallel_tool_calls"}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.blocks import blocks
from readers.reading import TOOL_CALL, TOOLS, Json, Reading, objects

_FIELDS: Final = {"messages", "tools", "functions", "parallel_tool_calls", "tool_choice", "function_call"}
_OF_MESSAGES: Final = {
    *("role", "content", "name", "weight", "refusal", "audio"),
    *("tool_calls", "function_call", "tool_call_id"),
}


def recognises(value: Json) -> bool:
    """Whether this has the fields of such a line, and no others."""
    if not isinstance(value, dict) or not value.keys() <= _FIELDS or not isinstance(value.get("messages"), list):
        return False
    messages = value["messages"]
    return bool(messages) and all(isinstance(item, dict) and item.keys() <= _OF_MESSAGES for item in messages)


def read(value: Json) -> Reading:
    """Read one."""
    reading = Reading()
    if value.get("tools") or value.get("functions"):
        reading.leave(TOOLS)
    for message in reading.entries(value.get("messages")):
        if not message.keys() & {"content", "tool_calls", "function_call"}:
            raise ValueError("a message has no content")
        pieces, others = blocks(message.get("content"))
        reading.say(message.get("role"), pieces, [*others, *_calls(message)])
    return reading.ended()


def _calls(message: Mapping[str, Json]) -> list[str]:
    calls = [TOOL_CALL for _ in objects(message.get("tool_calls"))]
    for name, kind in (("function_call", TOOL_CALL), ("audio", "audio"), ("refusal", "refusal")):
        if message.get(name):
            calls.append(kind)
    return calls
