"""Names of migrations: what a person calls them, as a part of a folder's name."""

from __future__ import annotations

import re
from typing import Final

from prisma_engine.migrate.letters import in_latin

__all__ = ["slug"]

_LONGEST: Final = 200
_WORDS: Final = {"&": " and ", "🦄": " unicorn ", "♥": " love "}
_WORD_ENDS: Final = (
    re.compile(r"([A-Z]{2,})([0-9]+)"),
    re.compile(r"([a-z0-9]+)([A-Z]{2,})"),
    re.compile(r"([a-z0-9])([A-Z])"),
    re.compile(r"([A-Z]+)([A-Z][a-rt-z0-9]+)"),
)
_APOSTROPHE: Final = re.compile(r"([a-z0-9]+)'([ts])(?=\s|$)")
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")


def slug(name: str) -> str:
    """The name in small Latin letters, digits and `_`: "Add ExtraTable" is `add_extra_table`.

    Source: the package @sindresorhus/slugify of the Prisma CLI 7.10, with `_` as its separator.
    """
    for sign, word in _WORDS.items():
        name = name.replace(sign, word)
    spaced = in_latin(name)
    for word_end in _WORD_ENDS:
        spaced = word_end.sub(r"\1 \2", spaced)
    small = _APOSTROPHE.sub(r"\1\2", spaced.lower())
    return _BETWEEN.sub("_", small).strip("_")[:_LONGEST]
