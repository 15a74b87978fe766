"""Arguments that are neither ids nor content, checked before anything is sent."""

from __future__ import annotations

from datetime import datetime, timezone

__all__ = ["instant", "positive"]


def positive(name: str, value: object) -> None:
    """Check how many rows are asked for. Errors: TypeError for what is no int, ValueError for less than 1."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is an int, not {type(value).__name__}.")
    if value < 1:
        raise ValueError(f"{name} is {value}, but it must be 1 or more.")


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
