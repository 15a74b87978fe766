"""Leaf values of a client call: as placeholder values for the database, or as literals for the compiler."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from json.encoder import encode_basestring
from types import NoneType
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic_core import from_json

from prisma_engine.errors import UserFacingError

__all__ = ["NOT_A_PARAM", "OF_THE_DRIVER", "Values", "readable_json", "untagged"]

NOT_A_PARAM: Final = object()
"""What a converter returns for a value that its scalar does not take; the compiler then refuses it as a literal."""


_Key = TypeVar("_Key")

_TAG: Final = "$type"
_OF_JSON: Final = (bool, int, float, dict, list, tuple, Mapping)  # the abstract class last, because asking it is slow
_WRITTEN: Final = frozenset({NoneType, bool, int, float, str, dict})  # most parameters are one of these
OF_THE_DRIVER: Final = (
    *(bytes, bytearray, memoryview),
    *(date, time, timedelta),
    *(IPv4Address, IPv4Network, IPv6Address, IPv6Network, UUID),
)
"""What raw queries take beyond what the client can write."""

_READ_LEVELS: Final = 200  # that pydantic reads in JSON
_READ_DIGITS: Final = 4300  # that Python reads in a number
_DIGIT: Final = re.compile("[0-9]")
_HALF_CHARACTER: Final = re.compile(r"\\u[dD][89a-fA-F]")
_MILLISECONDS: Final = 3  # digits of a second that a DateTime column keeps unless its type says otherwise
_FRACTION: Final = re.compile(r"[.,][0-9]+")
_DIGITS: Final = re.compile("-?[0-9]{1,19}")  # no BigInt has more
_NOT_FINITE: Final = re.compile(r"\s*[+-]?(?:s?nan|inf(?:inity)?)\s*", re.IGNORECASE)


def _raw_integer(value: Any) -> str:
    return "int8" if -(2**63) <= value < 2**63 else "numeric"


def _raw_float(value: Any) -> str:
    return "numeric" if math.isfinite(value) else "float8"


_RAW_TYPES: Final[Mapping[type, str | Callable[[Any], str]]] = {
    str: "text",
    int: _raw_integer,
    float: _raw_float,
    bool: "bool",
    datetime: "timestamptz",
    Decimal: "text",  # as which it travelled
    date: "text",
    dict: "jsonb",
}
"""PostgreSQL's types of the values that JSON and Prisma Client Python's own serialisers have a form for."""


def _integer(value: object) -> object:
    return value if isinstance(value, int) and not isinstance(value, bool) else NOT_A_PARAM


def _big_integer(value: object) -> object:
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else _integer(value)


def _number(value: object) -> object:
    is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    return value if is_number else NOT_A_PARAM


def _decimal(value: object) -> object:
    # The column would take them, but the client's models refuse to read them: the row could never be read again.
    if isinstance(value, (str, float, Decimal)) and _NOT_FINITE.fullmatch(str(value)):
        raise UserFacingError("P2007", f"Invalid input value: a Decimal cannot be {value}")
    return value if isinstance(value, str) else _number(value)


def _boolean(value: object) -> object:
    return value if isinstance(value, bool) else NOT_A_PARAM


def _date_time(digits: int) -> Callable[[object], object]:
    """Make the converter for columns that keep so many digits of a second.

    A column would round what is beyond them; cut off, a value that was written is found again by the same value.
    """
    step = 10 ** (6 - digits)

    def cut(fraction: re.Match[str]) -> str:
        return fraction[0][: digits + 1] if digits else ""

    def convert(value: object) -> object:
        if isinstance(value, datetime):
            if type(value) is datetime and value.tzinfo is timezone.utc and not value.microsecond % step:
                return value
            utc = _utc(value)
            rest = utc.microsecond % step
            return utc.replace(microsecond=utc.microsecond - rest) if rest else utc
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
        return _FRACTION.sub(cut, value) if isinstance(value, str) else NOT_A_PARAM

    return convert


def _utc(value: datetime) -> datetime:
    if value.tzinfo is timezone.utc:
        return value
    if value.tzinfo is None:
        return value.replace(tzinfo=timezone.utc)
    try:
        return value.astimezone(timezone.utc)
    except OverflowError as exc:
        raise UserFacingError("P2020", f"Value out of range for the type: {value} has no form in UTC") from exc


class Values:
    """Converts leaf values; `json_type` and `base64_type` are the wrapper classes of the generated client.

    `serialise` is the client's own function for what JSON does not know; programs teach it types of theirs, which
    `is_taught` tells.
    Errors: UserFacingError P2007 for JSON that is not JSON and Base64 that is not Base64; TypeError, the client's own,
            for a type that has no form.
    """

    def __init__(
        self,
        *,
        json_type: type,
        base64_type: type,
        serialise: Callable[[Any], object],
        is_taught: Callable[[type], bool],
    ) -> None:
        self._json_type = json_type
        self._base64_type = base64_type
        self._serialise = serialise
        self._is_taught = is_taught
        self.converters: Mapping[str, Callable[[object], object]] = {
            "String": self._string,
            "Int": _integer,
            "BigInt": _big_integer,
            "Float": _number,
            "Decimal": self._unless_taught(Decimal, _decimal),
            "Boolean": _boolean,
            "DateTime": self._unless_taught(date, _date_time(_MILLISECONDS)),
            **{f"DateTime({digits})": self._unless_taught(date, _date_time(digits)) for digits in range(7)},
            "Json": self._json,
            "Bytes": self._bytes,
        }
        self._raw_kinds: Sequence[tuple[type | tuple[type, ...], str]] = (
            ((json_type, Mapping), "jsonb"),
            (base64_type, "bytea"),
            (datetime, "timestamptz"),
            ((str, Decimal, date), "text"),
        )
        self._raw_forms = (datetime, Decimal, Enum, json_type, base64_type, *OF_THE_DRIVER)

    def _unless_taught(self, kind: type, convert: Callable[[object], object]) -> Callable[[object], object]:
        """A converter that takes what the program writes for values of a type, where it has taught the serialiser."""
        serialise, is_taught = self._serialise, self._is_taught

        def converter(value: object) -> object:
            return convert(serialise(value) if isinstance(value, kind) and is_taught(type(value)) else value)

        return converter

    def _string(self, value: object) -> object:
        """Text, or what the client writes in its place."""
        if isinstance(value, str):
            return value.value if isinstance(value, Enum) else value  # str() of a member may be its name
        if value is None or isinstance(value, _OF_JSON):
            return NOT_A_PARAM
        if isinstance(value, Enum) and not self._is_taught(type(value)):
            return value.value
        return self._serialise(value)

    def _json(self, value: object) -> object:
        """JSON text. A bare string is JSON text already, as it always was for this client."""
        if not isinstance(value, (str, self._json_type, *_OF_JSON)):
            value = self.written(value)
        return readable_json(value if isinstance(value, str) else self.json_text(value))

    def json_text(self, value: object) -> str:
        """Write a Json wrapper, or plain data, as JSON text."""
        data = value.data if isinstance(value, self._json_type) else value  # type: ignore[attr-defined]  # the wrapper's
        try:
            return json.dumps(data, ensure_ascii=False, allow_nan=False, default=self._serialise)
        except (ValueError, RecursionError) as exc:
            raise UserFacingError("P2007", f"Invalid input value: this is not JSON: {exc}") from exc

    def check_comparable(self, value: object) -> None:
        """Refuse a document that has no order, and with which the compiler panics: all but texts and numbers.

        Errors: UserFacingError P2007, for what is not JSON, and P2019.
        """
        try:
            document = json.loads(str(self._json(value)))
        except ValueError as exc:
            raise UserFacingError("P2007", f"Invalid input value: this is not JSON: {exc}") from exc
        if isinstance(document, bool) or not isinstance(document, (str, int, float)):
            kind = "null" if document is None else type(document).__name__
            raise UserFacingError("P2019", f"Input error. Json is compared with a text or a number, not with a {kind}.")

    def _bytes(self, value: object) -> object:
        if isinstance(value, bytes):
            return value
        if not isinstance(value, (str, self._base64_type)):
            return NOT_A_PARAM
        try:
            return base64.b64decode(_text(value), validate=True)
        except (binascii.Error, ValueError) as exc:
            raise UserFacingError("P2007", f"Invalid input value: this is not Base64: {exc}") from exc

    def written(self, value: object) -> object:
        """A value; in place of one of a type that the program has taught the serialiser, what is written for it.

        Errors: TypeError, the client's own, for a type that neither the client nor the driver has a form for.
        """
        kind = type(value)
        if kind in _WRITTEN:
            return value
        if isinstance(value, (list, tuple)):
            return [self.written(item) for item in value]
        if isinstance(value, (str, int, float, Mapping)):
            return value
        if isinstance(value, self._raw_forms) and not self._is_taught(kind):
            return value
        return self.written(self._serialise(value))

    def raw_type(self, value: object) -> str | None:
        """PostgreSQL's type of a parameter of a raw query, as Prisma 5 took it; None leaves it to the server."""
        kind = type(value)
        known = _RAW_TYPES.get(kind)
        if known is not None:
            return known(value) if callable(known) else known
        if isinstance(value, (list, tuple)):
            return self._raw_array(value)
        if isinstance(value, Enum):
            return self.raw_type(value.value)
        for kinds, name in self._raw_kinds:
            if isinstance(value, kinds):
                return name
        return None

    def _raw_array(self, items: Sequence[object]) -> str | None:
        """The type of an array whose items are of one kind, at whatever depth."""
        kinds = {self.raw_type(item) for item in items if item is not None}
        if len(kinds) != 1:
            return None
        (kind,) = kinds
        return kind and f"{kind.removesuffix('[]')}[]"

    def raw(self, value: object) -> object:
        """Unwrap a parameter of a raw query."""
        if isinstance(value, (list, tuple)):
            return [self._raw_item(item) for item in value]
        if isinstance(value, (self._json_type, Mapping)):
            return self.json_text(value)
        if isinstance(value, self._base64_type):
            return _text(value)  # what it is for a text; for bytes the database's side decodes it
        if isinstance(value, datetime):
            return _utc(value)
        return value.value if isinstance(value, Enum) else value

    def _raw_item(self, value: object) -> object:
        # The list may be an array of documents or one document, so plain data stays data.
        return json.loads(self.json_text(value)) if isinstance(value, Mapping) else self.raw(value)

    def literal(self, value: object, scalar: str = "") -> str:
        """Write a value as JSON-protocol text, tagged where JSON has no such type.

        Errors: TypeError for a value that no Prisma type takes; UserFacingError P2007 for a number that JSON cannot
        hold.
        """
        if type(value) is str and scalar != "Json":
            return encode_basestring(value)  # most literals are words, such as the direction of an order
        try:
            return json.dumps(self._tagged(value, scalar), ensure_ascii=False, allow_nan=False)
        except ValueError as exc:
            raise UserFacingError("P2007", f"Invalid input value: {exc}") from exc

    def _tagged(self, value: object, scalar: str) -> Any:
        if value is None:
            # In a Json position null would be JSON's null; None means that the column holds nothing.
            return {"$type": "Enum", "value": "DbNull"} if scalar == "Json" else None
        if isinstance(value, (list, tuple, set)):
            return [self._tagged(item, scalar) for item in value]
        if isinstance(value, Mapping) and scalar != "Json":
            return {untagged(key): self._tagged(item, "") for key, item in value.items()}  # for the compiler to refuse
        if scalar == "Json" or isinstance(value, self._json_type):
            return {"$type": "Json", "value": self._json(value)}
        written = self.written(value)
        if written is not value:
            return self._tagged(written, scalar)
        for kinds, tag in self._tags():
            if isinstance(value, kinds):
                return tag(value)
        raise TypeError(f"Type {type(value)} not serializable")

    def _tags(self) -> tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...]:
        return (
            (Enum, lambda v: v.value),
            ((bool, int, float, str), lambda v: v),
            (datetime, lambda v: {"$type": "DateTime", "value": _iso(v)}),
            (date, lambda v: {"$type": "DateTime", "value": f"{v.isoformat()}T00:00:00.000Z"}),
            (Decimal, lambda v: {"$type": "Decimal", "value": str(v)}),
            (bytes, lambda v: {"$type": "Bytes", "value": base64.b64encode(v).decode("ascii")}),
            (self._base64_type, lambda v: {"$type": "Bytes", "value": _text(v)}),
        )


def _iso(value: datetime) -> str:
    return _utc(value).isoformat(timespec="milliseconds")


def _text(value: object) -> str:
    """The text of a value, Base64 above all. Errors: TypeError for a Base64 that was not made of bytes."""
    try:
        return str(value)
    except AttributeError as exc:
        raise TypeError(f"a {type(value).__name__} is made of bytes") from exc


def untagged(key: _Key) -> _Key:
    """Return the key of an object, unless it would make the object one of the protocol's own, such as a placeholder.

    Errors: UserFacingError P2009.
    """
    if key == _TAG:
        raise UserFacingError("P2009", f"`{_TAG}` is not the name of a field.")
    return key


def readable_json(text: str) -> str:
    """Return JSON text, unless the client could store it, but never read it again.

    Errors: UserFacingError P2007 for more than some 200 levels, for numbers of more than 4,300 digits, and for escapes
    that stand for half a character.
    """
    may_be_deep = text.count("[") + text.count("{") > _READ_LEVELS
    may_be_long = _DIGIT.search(text[_READ_DIGITS :: _READ_DIGITS + 1])  # a longer number has a digit at one of these
    if may_be_deep or may_be_long or _HALF_CHARACTER.search(text):
        try:
            from_json(text)  # what reads it for the client's models
        except ValueError as exc:
            raise UserFacingError("P2007", f"Invalid input value: this JSON could not be read again: {exc}") from exc
    return text
