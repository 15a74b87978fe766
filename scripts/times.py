"""Times as texts: every form of ISO 8601, which Python reads only from 3.11 on, and not all of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Final

_WEEK: Final = r"-?W(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?"
_DAY: Final = r"-?(?P<month>\d\d)-?(?P<day>\d\d)|-?(?P<ordinal>\d{3})"
_DATE: Final = rf"(?P<year>\d{{4}})(?:{_WEEK}|{_DAY})"
_CLOCK: Final = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d))?)?(?:[.,](?P<fraction>\d+))?"
_ZONE: Final = r"(?P<zone>[Zz]|(?P<sign>[+\-\u2212])(?P<hours>\d\d)(?::?(?P<minutes>\d\d)(?::?(?P<seconds>\d\d))?)?)"
_ISO: Final = re.compile(rf"{_DATE}(?:[Tt ]{_CLOCK} ?{_ZONE}?)?", re.ASCII)
_MICROSECOND: Final = timedelta(microseconds=1)


def iso_time(text: str) -> datetime:
    """The time of a text of ISO 8601: in UTC, or naive where the text has no zone.

    Errors: ValueError for what is no time; OverflowError for one before the year 1 or after 9999 in UTC.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise ValueError("this is not a time of ISO 8601")
    time = _date(found) + _clock(found)
    if not found["zone"]:
        return time
    return time.replace(tzinfo=timezone.utc) - _offset(found)


def _date(found: re.Match[str]) -> datetime:
    year = int(found["year"])
    if found["week"]:
        return datetime.fromisocalendar(year, int(found["week"]), int(found["weekday"] or 1))
    if found["ordinal"]:
        day = datetime.strptime(f"{found['year']} {found['ordinal']}", "%Y %j")  # noqa: DTZ007  # the zone comes later
        if day.year != year:
            raise ValueError("the year has no such day")
        return day
    return datetime(year, int(found["month"]), int(found["day"]))  # noqa: DTZ001  # the zone comes later


def _clock(found: re.Match[str]) -> timedelta:
    """The time since midnight; a fraction is one of the smallest unit that is given."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 24 or minute > 59 or second > 60:  # the end of a day, and a leap second
        raise ValueError("the day has no such time")
    whole = timedelta(hours=hour, minutes=minute, seconds=second)
    if whole > timedelta(days=1):
        raise ValueError("the day has no such time")
    unit = timedelta(seconds=1) if found["second"] else timedelta(minutes=1) if found["minute"] else timedelta(hours=1)
    digits = (found["fraction"] or "")[:15]
    microseconds: int = unit // _MICROSECOND * int(digits or 0) // 10 ** len(digits)
    return whole + timedelta(microseconds=microseconds)


def _offset(found: re.Match[str]) -> timedelta:
    hours, minutes, seconds = (int(found[name] or 0) for name in ("hours", "minutes", "seconds"))
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError("there is no such time zone")
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return offset if found["sign"] == "+" else -offset
