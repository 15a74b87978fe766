"""SillyTavern chats: JSON Lines, all of them one conversation.

{"user_name", "character_name", "create_date", "chat_metadata": {"integrity": an id}}, and then for each message
{"name", "is_user", "is_system", "send_date", "mes", "swipes": other answers, and the one that is shown,
 "extra": {"type", "reasoning", "image", "file", …}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from readers.moments import send_date
from readers.reading import THINKING, TOOL_CALL, Json, Reading, mapping, objects, text_or_none

_ATTACHED: Final[Mapping[str, str]] = {"image": "image", "video": "video", "file": "attachment"}
_LISTS: Final[Mapping[str, str]] = {"media": "image", "images": "image", "files": "attachment"}


def begins(value: Json) -> bool:
    """Whether this is the first line of a chat."""
    if not isinstance(value, dict) or "messages" in value:
        return False
    return (
        "chat_metadata" in value
        or {"user_name", "character_name"} <= value.keys()
        or {"mes", "is_user"} <= value.keys()
    )


def recognises(value: Json) -> bool:
    """Whether this is the list of a chat's lines."""
    return isinstance(value, list) and bool(value) and begins(value[0])


def read(value: Json) -> Reading:
    """Read one."""
    lines = objects(value)
    header = lines[0] if lines and "mes" not in lines[0] else {}
    identity = text_or_none(mapping(header.get("chat_metadata")).get("integrity"))
    first = next((line for line in lines if "mes" in line), {})
    reading = Reading(key=identity or f"{header.get('create_date')} {first.get('send_date')} {first.get('mes')}")
    reading.created = reading.time(send_date, header.get("create_date"))
    for line in reading.entries(value)[1 if header else 0 :]:
        _say(reading, line)
    return reading.ended()


def _say(reading: Reading, line: Mapping[str, Json]) -> None:
    extra = mapping(line.get("extra"))
    kind = extra.get("type")
    if line.get("is_system") and kind and kind != "narrator":
        reading.leave("note of the application")
    elif line.get("is_system") and extra.get("tool_invocations"):
        reading.leave(TOOL_CALL)
    else:
        role = "system" if kind == "narrator" else "user" if line.get("is_user") else "assistant"
        time = reading.time(send_date, line.get("send_date"))
        reading.say(role, [line.get("mes")], _others(line, extra), time=time)


def _others(line: Mapping[str, Json], extra: Mapping[str, Json]) -> list[str]:
    swipes = line.get("swipes")
    others = ["other swipe"] * (max(len(swipes) - 1, 0) if isinstance(swipes, list) else 0)
    if text_or_none(extra.get("reasoning")):
        others.append(THINKING)
    others += [kind for name, kind in _ATTACHED.items() if extra.get(name)]
    for name, kind in _LISTS.items():
        items = extra.get(name)
        others += [kind] * (len(items) if isinstance(items, list) else 0)
    return others
