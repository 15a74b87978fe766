"""Calls as what an engine's `query` gets: the text that Prisma 5's engine got, written only when somebody reads it.

Programs put objects of their own around a client's engine, to count, trace or wait for queries: they see each one.
"""

from __future__ import annotations

from collections import UserString
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prisma_engine.request import Call

__all__ = ["BatchText", "QueryText"]


class _Text(UserString):
    """A text that is written when it is first read."""

    def __init__(self, write: Callable[[], str]) -> None:
        self._write = write
        self._written: str | None = None

    @property
    def data(self) -> str:  # type: ignore[override]  # where UserString has its text
        """The text."""
        if self._written is None:
            self._written = self._write()
        return self._written


class QueryText(_Text):
    """One call."""

    def __init__(self, call: Call, write: Callable[[], str]) -> None:
        super().__init__(write)
        self.call = call


class BatchText(_Text):
    """The calls of a batch."""

    def __init__(self, calls: Sequence[Call], write: Callable[[], str]) -> None:
        super().__init__(write)
        self.calls = calls
