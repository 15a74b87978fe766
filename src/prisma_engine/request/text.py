"""Calls as the text that Prisma 5's engine got, for objects that a program puts around a client's engine.

Programs count, trace or retry queries so, or wait until none runs: they get a text that knows what it was written of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from prisma_engine.request import Call

__all__ = ["Batch", "QueryText", "query_of"]

Batch: TypeAlias = "tuple[Call, ...]"
"""Calls that are run in order, all of them or none."""


class QueryText(str):
    """The text of a query, for reading; what runs is the call, or the batch, that it was written of."""

    query: Call | Batch

    @classmethod
    def of(cls, query: Call | Batch, text: str) -> QueryText:
        """Join a query with its text."""
        written = _written[text] = cls(text)
        written.query = query
        return written

    def __str__(self) -> str:
        return self


_written: Final[WeakValueDictionary[str, QueryText]] = WeakValueDictionary()
"""The texts that are on their way: a program may pass on another object with the same letters."""


def query_of(text: str) -> Call | Batch | None:
    """What a text was written of; None for one that no client has written, and for one that was changed."""
    known = text if isinstance(text, QueryText) else _written.get(text)
    return None if known is None else known.query
