"""Contents of messages in blocks, {"type", "text"}: the pieces of text, and the kinds of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.reading import THINKING, TOOL_CALL, Json

_TEXTS: Final = {"text", "input_text", "output_text"}
_MARKERS: Final = {"step-start"}
_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("thinking", "redacted_thinking", "reasoning", "think"), THINKING),
    **dict.fromkeys(("tool_use", "tool_call", "tool-call", "tool-invocation", "dynamic-tool"), TOOL_CALL),
    **dict.fromkeys(("tool_result", "tool-result"), "tool result"),
    **dict.fromkeys(("image", "image_url", "image_file", "input_image"), "image"),
    **dict.fromkeys(("audio", "input_audio"), "audio"),
    **dict.fromkeys(("file", "document", "input_file"), "attachment"),
    **dict.fromkeys(("source", "source-url", "source-document"), "source"),
}


def blocks(content: object) -> tuple[list[object], list[str]]:
    """The pieces of text in a content, which is a text or a list of blocks, and the kinds of its other blocks."""
    pieces: list[object] = []
    others: list[str] = []
    for block in content if isinstance(content, list) else [content]:
        if block is None or isinstance(block, str):
            pieces.append(block)
        elif not isinstance(block, dict):
            others.append("part without text")
        elif block.get("type") in _TEXTS:
            pieces.append(_text(block.get("text")))
        elif block.get("type") not in _MARKERS:
            others.append(_kind(str(block.get("type"))))
    return pieces, others


def _text(value: Json) -> Json:
    """The text of a block, which some programs keep in an object."""
    return value.get("value") if isinstance(value, dict) else value


def _kind(name: str) -> str:
    if name.startswith("tool-"):
        return _KINDS.get(name, TOOL_CALL)
    return _KINDS.get(name, f"{name} part")
