"""What every reader makes of a conversation: its messages, and by kind what is left out of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from database import storable_text

Json = Any  # a JSON document: its shape belongs to whoever wrote it

NO_MESSAGE: Final = "entry that is no message"
NO_TEXT: Final = "message without text"
OTHER_BRANCH: Final = "message of another branch"
THINKING: Final = "thinking"
TOOL_CALL: Final = "tool call"
TOOLS: Final = "definitions of tools"
UNREADABLE_TIME: Final = "time that cannot be read"
_NO_ROLE: Final = "message without a role"
_UNSTORABLE: Final = "text with a character that PostgreSQL cannot store"
_EMPTY: Final = "conversation without messages"

_ROLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot", "ai", "function_call"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "function_response"), "tool"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message that is kept."""

    role: str
    content: str
    time: datetime | None
    id: str | None


@dataclass(slots=True)
class Reading:
    """A conversation as a reader finds it.

    `id` is its name in all the world, `key` one that only its file gives it; with neither, its text is its name.
    """

    id: str | None = None
    key: str | None = None
    title: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    character: Mapping[str, Json] | None = None
    messages: list[Said] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def leave(self, kind: str) -> None:
        """Count something that has no place."""
        self.left_out[kind] += 1

    def say(
        self,
        role: object,
        pieces: Iterable[object],
        others: Iterable[str] = (),
        *,
        time: datetime | None = None,
        id_: object = None,
    ) -> None:
        """Keep a message of some pieces of text, and count its other parts; one without text or role counts as one.

        Errors: ValueError for a role that no format has.
        """
        if role is None:
            self.leave(_NO_ROLE)
            return
        known = _ROLES.get(role.lower()) if isinstance(role, str) else None
        if known is None:
            raise ValueError(f"a message has the role {str(role)[:40]!r}, which is none that this format has")
        content = self.storable(joined(pieces))
        if content:
            self.messages.append(Said(known, content, time, id_ if isinstance(id_, str) and id_ else None))
            self.left_out.update(others)
        else:
            self.leave(NO_TEXT)

    def storable(self, text: str) -> str:
        """A text as PostgreSQL can store it; one that had to be changed is counted."""
        stored = storable_text(text)
        if stored != text:
            self.leave(_UNSTORABLE)
        return stored

    def entries(self, value: object) -> Sequence[Mapping[str, Json]]:
        """The objects of a list of messages; what else is in it is counted."""
        found = objects(value)
        for _ in range(len(value) - len(found) if isinstance(value, list) else 0):
            self.leave(NO_MESSAGE)
        return found

    def nodes(self, value: object) -> Mapping[str, Mapping[str, Json]]:
        """The objects by their ids; what else is among them is counted."""
        entries = mapping(value)
        found = {id_: entry for id_, entry in entries.items() if isinstance(entry, dict)}
        for _ in range(len(entries) - len(found)):
            self.leave(NO_MESSAGE)
        return found

    def system(self, text: object) -> None:
        """Keep a system prompt that is saved beside the messages, if there is one."""
        if isinstance(text, str) and text.strip():
            self.say("system", [text], id_="system prompt")

    def time(self, read: Any, value: object) -> datetime | None:
        """A time by its reader, None where there is none; one that cannot be read is counted."""
        if value is None or value == "":
            return None
        try:
            time: datetime = read(value)
        except (TypeError, ValueError, ArithmeticError):
            self.leave(UNREADABLE_TIME)
            return None
        return time

    def ended(self) -> Reading:
        """The reading, which counts the conversation itself where nothing was said in it."""
        if not self.messages and self.character is None and self.left_out.keys() <= {TOOLS, UNREADABLE_TIME}:
            self.leave(_EMPTY)
        return self


def joined(pieces: Iterable[object]) -> str:
    """Pieces of text with a blank line between two; those without text are skipped."""
    return "\n\n".join(piece for piece in pieces if isinstance(piece, str) and piece.strip())


def text_or_none(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value.strip() else None


def objects(value: object) -> Sequence[Mapping[str, Json]]:
    """The objects of a list; of anything else, none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def mapping(value: object) -> Mapping[str, Json]:
    """An object; of anything else, an empty one."""
    return value if isinstance(value, dict) else {}
