"""The times that exports have, to the millisecond."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from times import iso_time

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_AT: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})\s*@\s*(\d{1,2})h\s*(\d{1,2})m\s*(\d{1,2})s(?:\s*(\d{1,3})ms)?", re.ASCII
)
_NAMED: Final = re.compile(
    r"([A-Za-z]+)\.? (\d{1,2}),? (\d{4}),? (\d{1,2}):(\d\d)(?::(\d\d))?\s*([ap])\.?m\.?", re.ASCII | re.IGNORECASE
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def iso(value: object) -> datetime:
    """A time of ISO 8601, in UTC unless it says otherwise. Errors: TypeError, ValueError, OverflowError."""
    if not isinstance(value, str):
        raise TypeError("a time is a text")
    time = iso_time(value)
    return _cut(time if time.tzinfo else time.replace(tzinfo=timezone.utc))


def seconds(value: object) -> datetime:
    """A time in seconds since 1970, rounded to the millisecond. Errors: as `iso`."""
    return milliseconds(_number(value) * 1000)


def milliseconds(value: object) -> datetime:
    """A time in milliseconds since 1970. Errors: as `iso`."""
    return _EPOCH + timedelta(milliseconds=int(_number(value).to_integral_value(ROUND_HALF_UP)))


def send_date(value: object) -> datetime:
    """A time in one of the forms that SillyTavern has had; those without a zone are read as UTC. Errors: as `iso`."""
    if not isinstance(value, str):
        return milliseconds(value)
    text = value.strip()
    if text.isascii() and text.isdigit() and len(text) > 8:
        return milliseconds(Decimal(text))
    if found := _AT.fullmatch(text):
        year, month, day, hour, minute, second, thousandth = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second, thousandth * 1000, tzinfo=timezone.utc)
    if found := _NAMED.fullmatch(text):
        return _named(found)
    return iso(text)


def _named(found: re.Match[str]) -> datetime:
    name, day, year, hour, minute, second, half = found.groups()
    month = _MONTHS.index(name[:3].lower()) + 1
    hours = int(hour) % 12 + (12 if half.lower() == "p" else 0)
    return datetime(int(year), month, int(day), hours, int(minute), int(second or 0), tzinfo=timezone.utc)


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise TypeError("a time is a number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("a time is a number")
    return number


def _cut(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
