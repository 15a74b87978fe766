"""What PostgreSQL can store, checked before anything is sent."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from prisma import Json

from database.errors import InvalidCharacterFileError, InvalidContentError
from prisma_engine.errors import UserFacingError
from prisma_engine.request import readable_json

__all__ = ["check_text", "is_storable", "storable_json", "storable_text"]

_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def storable_text(text: str) -> str:
    """The text as PostgreSQL can store it: `\N{REPLACEMENT CHARACTER}` in place of NUL and of each lone surrogate.

    Surrogates that belong together, as where a text was cut between them, become the character that they are.
    """
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", _REPLACEMENT)


def check_text(name: str, text: object) -> None:
    """Check that PostgreSQL can store a text. Errors: InvalidContentError, which says what and where."""
    if not isinstance(text, str):
        raise InvalidContentError(f"{name} is a str, not {type(text).__name__}.")
    problem = _unstorable(text)
    if problem:
        raise InvalidContentError(f"{name} has {problem}, which PostgreSQL cannot store.")


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store a text."""
    return _unstorable(text) is None


def storable_json(content: Any) -> Json:
    """Write content as JSON that PostgreSQL can store.

    Errors: InvalidCharacterFileError, which says what is wrong.
    """
    try:
        text = readable_json(json.dumps(content, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError, RecursionError, UserFacingError) as exc:
        raise InvalidCharacterFileError(f"A character file's content is not JSON: {exc}") from exc
    # json.dumps writes NUL as an escape and leaves lone surrogates as they are.
    has_nul = "\\u0000" in text and "\\u0000" in text.replace("\\\\", "")
    problem = "a NUL character" if has_nul else _unstorable(text)
    if problem:
        raise InvalidCharacterFileError(f"A character file's content has {problem}, which PostgreSQL cannot store.")
    return cast("Json", text)  # the client takes JSON text where it takes Json, and need not write it again


def _unstorable(text: str) -> str | None:
    nul = text.find("\0")
    if nul >= 0:
        return f"a NUL character at position {nul}"
    try:
        text.encode()
    except UnicodeEncodeError as exc:
        return f"the lone surrogate {text[exc.start]!a} at position {exc.start}"
    return None
