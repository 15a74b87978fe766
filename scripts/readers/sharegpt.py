"""ShareGPT: training data, a list or JSON Lines.

{"id", "system", "tools", "conversations": [{"from": "human" | "gpt" | "system" | …, "value"}]}
"""

from __future__ import annotations

from typing import Final

from readers.reading import TOOLS, Json, Reading

_NONE: Final[tuple[object, ...]] = (None, "", "[]", [])


def recognises(value: Json) -> bool:
    """Whether this is a conversation of ShareGPT."""
    return isinstance(value, dict) and any(
        isinstance(value.get(name), list) for name in ("conversations", "conversation")
    )


def read(value: Json) -> Reading:
    """Read one."""
    reading = Reading()
    reading.system(value.get("system"))
    if value.get("tools") not in _NONE:
        reading.leave(TOOLS)
    for turn in reading.entries(value.get("conversations") or value.get("conversation")):
        role = turn.get("from") or turn.get("role")
        reading.say(role, [next((turn[name] for name in ("value", "content", "text") if name in turn), None)])
    for kind in ("image", "video", "audio"):
        files = value.get(f"{kind}s")
        for _ in files if isinstance(files, list) else []:
            reading.leave(kind)
    return reading.ended()
