"""Contents of messages in blocks, {"type", "text"}: the pieces of text, and the kinds of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.reading import THINKING, TOOL_CALL, Json

_TEXTS: Final = {"text", "input_text", "output_text"}
_MARKERS: Final = {"step-start"}
_KINDS: Final[Mapping[str, str]] = {
    **{name: THINKING for name in ("thinking", "redacted_thinking", "reasoning", "think")},
    **{name: TOOL_CALL for name in ("tool_use", "tool_call", "tool-call", "tool-invocation", "dynamic-tool")},
    **{name: "tool result" for name in ("tool_result", "tool-result")},
    **{name: "image" for name in ("image", "image_url", "image_file", "input_image")},
    **{name: "audio" for name in ("audio", "input_audio")},
    **{name: "attachment" for name in ("file", "document", "input_file")},
    **{name: "source" for name in ("source", "source-url", "source-document")},
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
