"""The table of formats: a format's name, how it is recognised, and its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from readers import (
    ai_sdk,
    aistudio,
    card,
    chatgpt,
    claude,
    elizaos,
    librechat,
    openai,
    openwebui,
    sharegpt,
    sillytavern,
)
from readers.reading import Json, Reading

OWN: Final = "own"
"""The format of the export, which `conversations` reads."""


@dataclass(frozen=True, slots=True)
class Format:
    """How conversations of one program are recognised and read."""

    recognises: Callable[[Json], bool]
    read: Callable[[Json], Reading]


FORMATS: Final[Mapping[str, Format]] = {
    "chatgpt": Format(chatgpt.recognises, chatgpt.read),
    "claude": Format(claude.recognises, claude.read),
    "librechat": Format(librechat.recognises, librechat.read),
    "openwebui": Format(openwebui.recognises, openwebui.read),
    "sharegpt": Format(sharegpt.recognises, sharegpt.read),
    "sillytavern": Format(sillytavern.recognises, sillytavern.read),
    "card": Format(card.recognises, card.read),
    "aistudio": Format(aistudio.recognises, aistudio.read),
    "ai-sdk": Format(ai_sdk.recognises, ai_sdk.read),
    "openai": Format(openai.recognises, openai.read),
    "elizaos": Format(elizaos.recognises, elizaos.read),
}
"""In the order in which they are tried."""

NAMES: Final = (*FORMATS, OWN)
"""All names of formats."""


def format_of(value: Json) -> str | None:
    """The name of the format of a conversation of another program; None where it is none of them."""
    return next((name for name, format_ in FORMATS.items() if format_.recognises(value)), None)


def is_own(value: Json) -> bool:
    """Whether this is a conversation as the export writes it, or a list of messages."""
    messages = value.get("messages") if isinstance(value, dict) else value
    return isinstance(messages, list) and all(isinstance(message, dict) and "role" in message for message in messages)
