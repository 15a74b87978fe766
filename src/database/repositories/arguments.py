"""Arguments that are neither ids nor content, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from typing_extensions import Self

from database.errors import shown

__all__ = ["Columns", "instant", "one_of", "positive"]

_MOST: Final = 2**31 - 1  # of rows, for Prisma


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a new row may have, by one of the types that the client was generated with."""

    required: frozenset[str]
    optional: frozenset[str]

    @classmethod
    def of(cls, row_type: Any, *, left_out: str = "") -> Self:
        """The columns of a TypedDict, without one that is told elsewhere."""
        return cls(row_type.__required_keys__ - {left_out}, row_type.__optional_keys__ - {left_out})

    def check(self, name: str, row: object) -> None:
        """Check which columns a row has. Errors: TypeError, for what is no dict, too."""
        if type(row) is dict and row.keys() == self.required:
            return
        if not isinstance(row, Mapping):
            raise TypeError(f"{name} is a dict with {_listed(self.required) or 'columns'}, not {type(row).__name__}.")
        missing = self.required - row.keys()
        unknown = row.keys() - self.required - self.optional
        if missing or unknown:
            faults = [f"lacks {_listed(missing)}"] if missing else []
            faults += [f"has {', '.join(sorted(map(shown, unknown)))}, which it cannot have"] if unknown else []
            raise TypeError(f"{name} {' and '.join(faults)}: {self._described()}, and nothing else.")

    def _described(self) -> str:
        """What a row has."""
        optional = f"maybe {_listed(self.optional)}"
        return f"it has {_listed(self.required)}, {optional}" if self.required else f"it has {optional}"


def _listed(names: Set[str]) -> str:
    return " and ".join(", ".join(sorted(names)).rsplit(", ", 1))


def positive(name: str, value: object) -> None:
    """Check how many rows are asked for.

    Errors: TypeError for what is no int; ValueError for less than 1, and for more than 32 bits can hold.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is an int, not {type(value).__name__}.")
    if value < 1:
        raise ValueError(f"{name} is {value}, but it must be 1 or more.")
    if value > _MOST:
        raise ValueError(f"{name} is {value:,}, but {_MOST:,} is the most.")


def one_of(name: str, value: object, known: Collection[str]) -> None:
    """Check a word. Errors: ValueError for what is none of those that are known."""
    if not isinstance(value, str) or value not in known:  # what is no text may say that it equals anything
        raise ValueError(f"{name} is {shown(value)}, but it must be {' or '.join(map(repr, known))}.")


def instant(name: str, value: object) -> datetime:
    """The time as PostgreSQL keeps it: in UTC, cut to milliseconds.

    Errors: TypeError for what is no datetime; ValueError for one that says no instant.
    """
    if not isinstance(value, datetime):
        raise TypeError(f"{name} is a datetime, not {type(value).__name__}.")
    if value.utcoffset() is None:
        raise ValueError(f"{name} is {value}, in no time zone: pass an aware datetime, such as one of timezone.utc.")
    try:
        utc = value.astimezone(timezone.utc)
    except OverflowError as exc:
        raise ValueError(f"{name} is {value}, which is before the year 1 or after the year 9999 in UTC.") from exc
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)
