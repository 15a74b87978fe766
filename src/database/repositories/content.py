"""What PostgreSQL can store, checked before anything is sent."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from prisma import Json

from database.errors import InvalidCharacterFileError, InvalidContentError

__all__ = ["storable_json", "storable_text"]

_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_NAMES: Final = {"\0": "a NUL character"}


def storable_text(text: object) -> None:
    """Check that PostgreSQL can store a text. Errors: InvalidContentError, which says what and where."""
    if not isinstance(text, str):
        raise InvalidContentError(f"A message's content is a str, not {type(text).__name__}.")
    problem = _unstorable(text)
    if problem:
        raise InvalidContentError(f"A message's content has {problem}, which PostgreSQL cannot store.")


def storable_json(content: Any) -> Json:
    """Check that content is JSON which PostgreSQL can store, and wrap it for the client.

    Errors: InvalidCharacterFileError, which says what is wrong.
    """
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as exc:
        raise InvalidCharacterFileError(f"A character file's content is not JSON: {exc}") from exc
    # json.dumps writes NUL as an escape and leaves lone surrogates as they are.
    problem = _unstorable(text) or ("a NUL character" if "\\u0000" in text.replace("\\\\", "") else None)
    if problem:
        raise InvalidCharacterFileError(f"A character file's content has {problem}, which PostgreSQL cannot store.")
    return Json(content)


def _unstorable(text: str) -> str | None:
    found = _UNSTORABLE.search(text)
    if found is None:
        return None
    return f"{_NAMES.get(found[0], f'the lone surrogate {found[0]!a}')} at position {found.start()}"
