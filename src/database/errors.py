"""What a caller may want to catch by name; everything else is Prisma Client Python's own `prisma.errors`.

DatabaseError
├── ConfigurationError           there is no database URL
├── SessionNotFoundError         the session does not exist
├── MessageNotFoundError         the message does not exist
├── CharacterFileNotFoundError   the character file does not exist
├── IdTakenError                 there is a row with that id already
├── InvalidRoleError             a role that is none
├── InvalidContentError          text that PostgreSQL cannot store
├── InvalidCharacterFileError    content that is not JSON
└── WordIndexMissingError        words are searched for, without the index for them
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prisma.errors import UniqueViolationError

__all__ = [
    "CharacterFileNotFoundError",
    "ConfigurationError",
    "DatabaseError",
    "IdTakenError",
    "InvalidCharacterFileError",
    "InvalidContentError",
    "InvalidRoleError",
    "MessageNotFoundError",
    "SessionNotFoundError",
    "WordIndexMissingError",
]

_SHOWN: Final = 100  # characters


def shown(value: object) -> str:
    """A text, but no more of it than a line can show; of what is no text, its type."""
    if not isinstance(value, str):
        return f"a value of type {type(value).__name__}"
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


class DatabaseError(Exception):
    """Base of the module's own errors; nothing was stored or deleted when one is raised."""


class ConfigurationError(DatabaseError):
    """There is no database URL: not as an argument, not in the environment, not in a `.env` file."""


class SessionNotFoundError(DatabaseError):
    """The session does not exist."""

    def __init__(self, session_id: str) -> None:
        super().__init__(f"There is no session with the id {shown(session_id)}.")


class MessageNotFoundError(DatabaseError):
    """The message does not exist."""

    def __init__(self, message_id: str, session_id: str | None = None) -> None:
        place = "" if session_id is None else f" in the session {shown(session_id)}"
        super().__init__(f"There is no message with the id {shown(message_id)}{place}.")


class CharacterFileNotFoundError(DatabaseError):
    """The character file does not exist."""

    def __init__(self, character_file_id: str) -> None:
        super().__init__(f"There is no character file with the id {shown(character_file_id)}.")


class IdTakenError(DatabaseError, UniqueViolationError):
    """There is a row with the id that was given for a new one, or that row is in another session."""

    def __init__(self, message: str) -> None:
        UniqueViolationError.__init__(self, _TAKEN, message=message)


_TAKEN: Final = {"user_facing_error": {"error_code": "P2002", "meta": {"target": ["id"]}}}


class InvalidRoleError(DatabaseError, ValueError):
    """The role is none of those that a message may have."""

    def __init__(self, role: object, roles: Sequence[str], message: str = "a message") -> None:
        *others, last = map(repr, roles)
        super().__init__(f"The role of {message} is {', '.join(others)} or {last}, not {shown(role)}.")


class InvalidContentError(DatabaseError, ValueError):
    """The text cannot be stored by PostgreSQL, or is not text."""


class InvalidCharacterFileError(DatabaseError, ValueError):
    """The content is not JSON, or holds text that PostgreSQL cannot store."""


class WordIndexMissingError(DatabaseError):
    """There is no index of words, or it is not complete; without one, each search would take minutes."""

    def __init__(self) -> None:
        super().__init__(
            "The database has no complete index of the words in messages: add it with make db-search, or by a "
            "migration with the SQL that messages.word_index_sql() returns. A search in one session needs none."
        )
