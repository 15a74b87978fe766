"""Google AI Studio prompts: one JSON object, in files that often have no ending.

{"systemInstruction": {"parts": [{"text"}]}, "chunkedPrompt": {"chunks": [{"role": "user" | "model", "text",
 "parts": [{"text"}]: the same in pieces, "isThought", "createTime", "driveImage", "executableCode", …}],
 "pendingInputs": [{"text", "role"}]}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.moments import iso
from readers.reading import THINKING, Json, Reading, mapping, objects, text_or_none

_KINDS: Final[Mapping[str, str]] = {
    **{f"drive{name}": name.lower() for name in ("Document", "Image", "Video", "Audio", "File")},
    **{f"inline{name}": name.lower() for name in ("Document", "Image", "Video", "Audio", "File", "Data")},
    "youtubeVideo": "video",
    "executableCode": "run of code",
    "codeExecutionResult": "run of code",
    "functionCall": "tool call",
    "functionResponse": "tool result",
}


def recognises(value: Json) -> bool:
    """Whether this is a prompt of AI Studio."""
    return isinstance(mapping(mapping(value).get("chunkedPrompt")).get("chunks"), list)


def read(value: Json) -> Reading:
    """Read one."""
    prompt = mapping(value.get("chunkedPrompt"))
    chunks = objects(prompt.get("chunks"))
    first = chunks[0] if chunks else {}
    reading = Reading(key=f"{first.get('createTime')} {_text(first)}")
    reading.system(_text(mapping(value.get("systemInstruction"))))
    for chunk in reading.entries(prompt.get("chunks")):
        if chunk.get("isThought"):
            reading.leave(THINKING)
        else:
            time = reading.time(iso, chunk.get("createTime"))
            reading.say(chunk.get("role"), [_text(chunk)], _others(chunk), time=time)
    for draft in objects(prompt.get("pendingInputs")):
        if text_or_none(_text(draft)) or _others(draft):
            reading.leave("draft that was not sent")
    return reading.ended()


def _text(chunk: Mapping[str, Json]) -> str:
    """The text, or its pieces, which are one stream."""
    text = chunk.get("text")
    if isinstance(text, str):
        return text
    parts = [part.get("text") for part in objects(chunk.get("parts")) if not part.get("thought")]
    return "".join(part for part in parts if isinstance(part, str))


def _others(chunk: Mapping[str, Json]) -> list[str]:
    return [kind for name, kind in _KINDS.items() if chunk.get(name)]
