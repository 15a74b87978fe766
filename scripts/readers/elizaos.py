"""elizaOS characters, `*.character.json`: {"name", "bio": text | list, "messageExamples", "style", "settings", …}."""

from __future__ import annotations

from readers.reading import Json, Reading


def recognises(value: Json) -> bool:
    """Whether this is a character of elizaOS."""
    return isinstance(value, dict) and "name" in value and isinstance(value.get("bio"), (str, list))


def read(value: Json) -> Reading:
    """The character, whole and unchanged."""
    return Reading(character=value)
