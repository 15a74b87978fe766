"""The forms one value can take: native, or as text from JSON documents and from clients."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any, Final

__all__ = [
    "UNREADABLE",
    "array_items",
    "dump_document",
    "parse_document",
    "same",
    "to_bytes",
    "to_decimal",
    "to_instant",
]

UNREADABLE: Final = (TypeError, ValueError, ArithmeticError)
"""What the readers of this module raise for a value that they cannot take."""

_INSTANT = re.compile(
    r"(?P<date>\d{4,}-\d\d-\d\d)?"
    r"[T ]?(?:(?P<time>\d\d:\d\d(?::\d\d)?)(?:\.(?P<fraction>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?"
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def parse_document(text: str) -> Any:
    """Parse JSON text; numbers with a fraction become Decimal, so that no digit is lost."""
    return json.loads(text, parse_float=Decimal)


def dump_document(value: object) -> str:
    """Turn a parsed JSON document back into text."""
    return json.dumps(value, ensure_ascii=False, default=float)


def to_instant(value: object) -> datetime:
    """Read a date, a time or an instant, native or as text, as an aware UTC datetime.

    Shape:  a date is its midnight, a time belongs to 1970-01-01, what has no zone is UTC.
    Errors: one of UNREADABLE.
    """
    if isinstance(value, str):
        value = _parse_instant(value)
    elif isinstance(value, time):
        value = datetime.combine(date(1970, 1, 1), value)
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise TypeError(f"not a date: {type(value).__name__}")
    return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


def _parse_instant(text: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if found is None or not (found["date"] or found["time"]):
        raise ValueError("not a date")
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]  # datetime holds microseconds
    clock = (found["time"] or "00:00") + ":00"  # seconds may be missing
    moment = f"{found['date'] or '1970-01-01'}T{clock[:8]}.{fraction}"
    return datetime.fromisoformat(moment + _offset(found["zone"] or "Z"))


def _offset(zone: str) -> str:
    digits = zone.replace("Z", "+").replace(":", "").ljust(5, "0")
    return f"{digits[:3]}:{digits[3:]}"


def to_decimal(value: object) -> Decimal:
    """Read a number, native or as text. Errors: one of UNREADABLE."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise TypeError(f"not a number: {type(value).__name__}")
    return Decimal(str(value)) if isinstance(value, float) else Decimal(value)  # 0.1 stays 0.1


def to_bytes(value: object) -> bytes:
    r"""Read bytes, native, as `\x` followed by hexadecimal digits, or as base64 text. Errors: one of UNREADABLE."""
    if isinstance(value, str):
        return bytes.fromhex(value[2:]) if value.startswith("\\x") else base64.b64decode(value, validate=True)
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"not bytes: {type(value).__name__}")
    return bytes(value)


def array_items(text: str) -> list[str | None]:
    """Split PostgreSQL's text form of an array of numbers, which is how `BigInt[]` arrives inside JSON."""
    if not (text.startswith("{") and text.endswith("}")):
        raise ValueError("not an array")
    return [None if item == "NULL" else item for item in text[1:-1].split(",")] if len(text) > 2 else []


_READERS: Final[tuple[tuple[tuple[type, ...], Callable[[object], object]], ...]] = (
    ((date, time), to_instant),
    ((bytes, bytearray, memoryview), to_bytes),
    ((int, float, Decimal), to_decimal),
)


def same(stored: object, wanted: object) -> bool:
    """Whether a value from the database equals one that a client sent, possibly in a text form."""
    if stored is None or wanted is None:
        return stored is wanted
    if stored == wanted:
        return True
    for kinds, read in _READERS:
        if isinstance(stored, kinds) or isinstance(wanted, kinds):
            return _read_alike(read, stored, wanted)
    return _same_uuid(stored, wanted)


def _read_alike(read: Callable[[object], object], stored: object, wanted: object) -> bool:
    try:
        return read(stored) == read(wanted)
    except UNREADABLE:
        return False


def _same_uuid(stored: object, wanted: object) -> bool:
    one, other = str(stored), str(wanted)
    return one.lower() == other.lower() and _UUID.fullmatch(one) is not None
