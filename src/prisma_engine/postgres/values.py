"""Values on their way to and from PostgreSQL: encoders by parameter type, codecs that decode, Prisma's type words.

`set_codecs` teaches each connection to deliver canonical values, and types that Prisma treats as text travel as text.
Only instants come as numbers: `reading` makes them when it makes the rows, in a fraction of the time of a call each.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import asyncpg
from asyncpg.types import Type

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.driver import Driver
from prisma_engine.postgres.faults import fault, invalid_input, out_of_range

__all__ = [
    "CANONICAL",
    "ENCODERS",
    "EPOCH",
    "MICROSECOND",
    "TYPE_WORDS",
    "Decoder",
    "Encoder",
    "Values",
    "adopt",
    "canonical_type",
    "decoder_for",
    "encoder_for",
    "read_array",
    "read_instant",
    "sql_name",
    "storable",
    "word_for",
    "write_array",
]

Encoder = Callable[[Any], object]
Decoder = Callable[[Any], object]

_CATALOG: Final = "pg_catalog"
EPOCH: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)
"""PostgreSQL counts from here."""

MICROSECOND: Final = timedelta(microseconds=1)

_EPOCH_DAY: Final = EPOCH.toordinal()
_FOREVER: Final = 2**63 - 1  # how `infinity` travels as a timestamp; `-infinity` is one below its negative
_FOREVER_DAY: Final = 2**31 - 1
_SHOWN: Final = 100  # characters of a value that an error message repeats
_NUMERIC_DIGITS: Final = 131_072  # before the decimal point; the driver wraps larger exponents around silently

_SHORT: Final = 20  # digits of a number that is quick to read

_INTEGER: Final = re.compile(r"\s*[+-]?[0-9]+\s*")
_NUMBER: Final = re.compile(
    r"\s*[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)\s*", re.IGNORECASE
)
_INFINITE: Final = re.compile(r"\s*[+-]?inf(?:inity)?\s*", re.IGNORECASE)
_DATE: Final = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_TIME: Final = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
_ZONE: Final = r"(?P<zone>Z|(?P<sign>[+-])(?P<hours>\d\d)(?::?(?P<minutes>\d\d)(?::?(?P<seconds>\d\d))?)?)?"
_INSTANT: Final = re.compile(rf"\s*(?:{_DATE})?(?:(?(year)[T ]){_TIME}\s*{_ZONE})?\s*", re.IGNORECASE | re.ASCII)
_NUL_ESCAPE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_HAS_TEXT: Final = (
    str, int, float, Decimal, timedelta, UUID,
    IPv4Address, IPv6Address, IPv4Interface, IPv6Interface, IPv4Network, IPv6Network,
)  # fmt: skip
"""Types whose text is what anyone would expect; others' may be an address in memory."""

_BOOLEANS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "off", "0"), False),
}


# What every encoder shares


def _shown(value: object) -> str:
    try:
        text = str(value)
    except Exception:  # noqa: BLE001  # very many digits, very many levels, or whatever a caller's class raises
        return f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _unreadable(type_name: str, value: object) -> UserFacingError:
    return invalid_input(f'invalid input syntax for type {type_name}: "{_shown(value)}"')


def _beyond(type_name: str, value: object) -> UserFacingError:
    return out_of_range(f'value "{_shown(value)}" is out of range for type {type_name}')


def storable(text: str) -> str:
    """Return the text if PostgreSQL can store it.

    Errors: UserFacingError P2007 for NUL characters and lone surrogates.
    """
    if "\x00" in text:
        raise invalid_input("PostgreSQL text cannot store the NUL character (U+0000)", code="22021")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            lone = ord(text[error.start])
            message = f"PostgreSQL text cannot store the lone surrogate U+{lone:04X}"
            raise invalid_input(message, code="22021") from error
    return text


# Encoders, one for each kind of type


def _text(value: object) -> str:
    return storable(value if type(value) is str else _as_text(value))


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple)):
        return _json(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        message = "bytes are not text; decode them first"
        raise invalid_input(message)
    if not isinstance(value, _HAS_TEXT):
        message = f"a {type(value).__name__} is not text"
        raise invalid_input(message)
    return str(value)


def _json(value: object) -> str:
    if isinstance(value, str):
        return storable(value)
    try:
        return storable(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        message = f"a value cannot be written as JSON: {error}"
        raise invalid_input(message) from error


def _jsonb(value: object) -> str:
    text = _json(value)
    if "\\u0000" in text and _NUL_ESCAPE.search(text):
        message = "PostgreSQL jsonb cannot store the NUL character (\\u0000)"
        raise invalid_input(message, code="22P05")
    return text


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(value.strip().lower() if isinstance(value, str) else _shown(value))
    if found is None:
        raise _unreadable("boolean", value)
    return found


def _integer(type_name: str, least: int, most: int) -> Encoder:
    def encode(value: object) -> int:
        number = value if type(value) is int else _whole(type_name, value)
        if not least <= number <= most:
            raise _beyond(type_name, value)
        return number

    return encode


def _whole(type_name: str, value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < _SHORT:
        return int(value)  # how plans write the constants of LIMIT and OFFSET
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        try:
            return int(value)
        except ValueError as error:  # more digits than Python reads
            raise _beyond(type_name, value) from error
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > _SHORT:
        raise _beyond(type_name, value)  # the integer of a large exponent would take seconds
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        try:
            number = int(value)
        except (ValueError, OverflowError):  # neither NaN nor infinity is an integer
            raise _unreadable(type_name, value) from None
        if number == value:
            return number
    raise _unreadable(type_name, value)


def _float(type_name: str) -> Encoder:
    def encode(value: object) -> float:
        if type(value) is float:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
            raise _unreadable(type_name, value)
        if isinstance(value, str) and not _NUMBER.fullmatch(value):
            raise _unreadable(type_name, value)
        return _finite(type_name, value)

    return encode


def _finite(type_name: str, value: float | Decimal | str) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise _beyond(type_name, value) from error
    if math.isinf(number) and not _INFINITE.fullmatch(_shown(value)):
        raise _beyond(type_name, value)
    return number


def _numeric(value: object) -> Decimal:
    number = _decimal("numeric", value)
    if number.is_finite() and number.adjusted() >= _NUMERIC_DIGITS:
        raise _beyond("numeric", value)
    return number


def _decimal(type_name: str, value: object) -> Decimal:
    if type(value) is Decimal:
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _unreadable(type_name, value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise _unreadable(type_name, value)
    try:
        # a float goes by its text: its binary expansion has digits that nobody wrote
        return Decimal(value if isinstance(value, int) else str(value).strip())
    except InvalidOperation as error:  # an exponent beyond Python's
        raise _beyond(type_name, value) from error


def _money(value: object) -> str:
    number = _decimal("money", value)
    if not number.is_finite() or abs(number.adjusted()) > 1000:
        raise _beyond("money", value)
    return format(number, "f")


def _bytes(value: object) -> bytes:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str):
        raise _unreadable("bytea", value)
    try:
        # base64 has no backslash, so PostgreSQL's own hexadecimal form cannot be mistaken for it
        return bytes.fromhex(value[2:]) if value.startswith("\\x") else base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable("bytea", value) from error


def _interval(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    return _text(value)


# Dates and times: everything is an instant in UTC first


def _instant(type_name: str, value: object) -> datetime:
    if isinstance(value, datetime):
        return _utc(type_name, value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)
    if isinstance(value, time):
        return _utc(type_name, datetime.combine(date(1970, 1, 1), value))
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match["year"] is None and match["hour"] is None):
        raise _unreadable(type_name, value)
    return _from_match(type_name, match)


def _utc(type_name: str, value: datetime) -> datetime:
    if value.tzinfo is timezone.utc:
        return value
    if value.utcoffset() is None:
        return value.replace(tzinfo=timezone.utc)
    try:
        return value.astimezone(timezone.utc)
    except OverflowError as error:
        raise _beyond(type_name, value) from error


def _from_match(type_name: str, match: re.Match[str]) -> datetime:
    try:
        local = datetime(
            int(match["year"] or 1970),
            int(match["month"] or 1),
            int(match["day"] or 1),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int((match["fraction"] or "").ljust(6, "0")[:6]),
            tzinfo=timezone.utc,
        )
        return local - _offset(match)
    except ValueError as error:
        raise invalid_input(f'date/time field value out of range: "{match[0]}"', code="22008") from error
    except OverflowError as error:
        raise _beyond(type_name, match[0]) from error


def _offset(match: re.Match[str]) -> timedelta:
    hours, minutes, seconds = (int(match[name] or 0) for name in ("hours", "minutes", "seconds"))
    if hours > 15 or minutes > 59 or seconds > 59:  # PostgreSQL's own limits
        message = "no such zone"
        raise ValueError(message)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -offset if match["sign"] == "-" else offset


def _timestamp(type_name: str) -> Encoder:
    def encode(value: object) -> datetime:
        if type(value) is datetime and value.tzinfo is timezone.utc:
            return value
        return _instant(type_name, value)

    return encode


def _date(value: object) -> date:
    if type(value) is date:
        return value
    return _instant("date", value).date()


def _time(value: object) -> time:
    return _instant("time", value).time()


def _timetz(value: object) -> time:
    return _instant("time with time zone", value).timetz()


ENCODERS: Final[Mapping[str, Encoder]] = {
    **dict.fromkeys(
        ("text", "varchar", "bpchar", "name", "xml", "char", "uuid", "inet", "cidr", "bit", "varbit"), _text
    ),
    "bool": _boolean,
    "int2": _integer("smallint", -(2**15), 2**15 - 1),
    "int4": _integer("integer", -(2**31), 2**31 - 1),
    "int8": _integer("bigint", -(2**63), 2**63 - 1),
    "oid": _integer("oid", 0, 2**32 - 1),
    "float4": _float("real"),
    "float8": _float("double precision"),
    "numeric": _numeric,
    "money": _money,
    "timestamp": _timestamp("timestamp"),
    "timestamptz": _timestamp("timestamp with time zone"),
    "date": _date,
    "time": _time,
    "timetz": _timetz,
    "interval": _interval,
    "json": _json,
    "jsonb": _jsonb,
    "bytea": _bytes,
}
"""Encoders of PostgreSQL's own types by name: protocol forms and native values -> what the driver wants."""


def encoder_for(server_type: Type) -> Encoder | None:
    """The encoder of a parameter whose type the server reported, None if values of that type pass as they are."""
    if server_type.kind == "array":
        element = _element_encoder(server_type)
        return _array(element, nests=element not in (_json, _jsonb))
    if server_type.kind != "scalar":
        return None
    if server_type.schema != _CATALOG:
        return _text  # enums, citext and other extensions' types travel as text
    return ENCODERS.get(server_type.name)


def _element_encoder(array: Type) -> Encoder:
    if array.schema != _CATALOG:
        return _text
    return ENCODERS.get(array.name.removesuffix("[]"), _unchanged)


def _unchanged(value: object) -> object:
    return value


_PLAIN: Final = frozenset({str, int, float, bool, bytes, Decimal, datetime, date, time})
"""Types of items that are neither null nor a further dimension."""


def _array(element: Encoder, *, nests: bool) -> Encoder:
    def encode(value: object) -> Sequence[object]:
        items: Sequence[Any] = value if isinstance(value, (list, tuple)) else [value]
        kinds = set(map(type, items))
        if kinds == {str} and element in (_text, _json):
            storable("".join(items))
            return items
        return list(map(element if kinds <= _PLAIN else encode_item, items))

    def encode_item(item: object) -> object:
        if item is None:
            return None
        if nests and isinstance(item, (list, tuple)):  # a further dimension; in json[] it is a JSON array
            return encode(item)
        return element(item)

    return encode


# Codecs: what `set_codecs` gives a connection


def _timestamp_out(value: datetime) -> tuple[int]:
    return ((value - EPOCH) // MICROSECOND,)


_timestamp_in: Final[Callable[[tuple[int]], int]] = itemgetter(0)
"""The microseconds since `EPOCH`: `decoder_for` says what makes an instant of them, after the driver's call."""


def _date_out(value: date) -> tuple[int]:
    return (value.toordinal() - _EPOCH_DAY,)


def _date_in(value: tuple[int]) -> date:
    if value[0] == _FOREVER_DAY:
        return date.max
    if value[0] == -_FOREVER_DAY - 1:
        return date.min
    return date.fromordinal(value[0] + _EPOCH_DAY)


def _money_in(text: str) -> Decimal:
    digits = "".join(character for character in text if character in "0123456789.,")
    whole, separator, fraction = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    if not separator or len(fraction) > 2:  # the last separator groups thousands
        whole, fraction = digits, "0"
    number = Decimal("{}.{}".format(re.sub("[.,]", "", whole), fraction))
    return -number if "-" in text or "(" in text else number


_AS_TEXT: Final[Mapping[str, int]] = {
    "char": 18, "uuid": 2950, "inet": 869, "cidr": 650, "bit": 1560, "varbit": 1562, "interval": 1186,
    "point": 600, "lseg": 601, "path": 602, "box": 603, "polygon": 604, "line": 628, "circle": 718,
    "int4range": 3904, "numrange": 3906, "tsrange": 3908, "tstzrange": 3910, "daterange": 3912, "int8range": 3926,
}  # fmt: skip
"""Types that travel as text both ways, by their fixed oid."""

_ARRAY_PIECE: Final = re.compile(r'[{}]|"(?:[^"\\]|\\.)*"|[^{},"]+', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def read_array(text: str) -> Any:
    """Read an array's text form: nested braces, items in quotes where they could be mistaken."""
    levels: list[list[Any]] = [[]]
    body = text.partition("=")[2] if text.startswith("[") else text  # bounds other than 1 are written before it
    for piece in _ARRAY_PIECE.findall(body):
        if piece == "{":
            items: list[Any] = []
            levels[-1].append(items)
            levels.append(items)
        elif piece == "}":
            levels.pop()
        elif piece[0] == '"':
            levels[-1].append(_ESCAPED.sub(r"\1", piece[1:-1]))
        else:
            levels[-1].append(None if piece == "NULL" else piece)
    return levels[0][0]


def write_array(items: list[Any]) -> str:
    """Write an array of texts, nulls and further arrays in its text form."""
    return "{" + ",".join(_array_item_out(item) for item in items) + "}"


def _array_item_out(item: Any) -> str:
    if isinstance(item, list):
        return write_array(item)
    return "NULL" if item is None else '"{}"'.format(item.replace("\\", "\\\\").replace('"', '\\"'))


_TEXT_ARRAYS: Final[Mapping[str, int]] = {"char": 1002, "xml": 143, "varbit": 1563, "tsvector": 3643, "tsquery": 3645}
"""Arrays, by their fixed oid, of text-like types with an empty value: the driver's own parser leaves a hole in the
list for an item without characters, and the process dies of it."""

_CODECS: Final[tuple[tuple[str, int, Callable[[Any], Any], Callable[[Any], Any], str], ...]] = (
    # the driver's own codecs store 9999-12-31 as `infinity` and 0001-01-01 as `-infinity`
    ("timestamp", 1114, _timestamp_out, _timestamp_in, "tuple"),
    ("timestamptz", 1184, _timestamp_out, _timestamp_in, "tuple"),
    ("date", 1082, _date_out, _date_in, "tuple"),
    ("float4", 700, float.__repr__, float, "text"),  # the server writes the shortest digits; widening would add some
    ("money", 790, str, _money_in, "text"),
)


def set_codecs(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Teach a connection to deliver canonical values: aware datetimes, text for text-like types, shortest floats."""
    settings = connection.get_settings()  # unlike `set_type_codec`, this asks the server nothing
    for name, oid in _AS_TEXT.items():
        settings.set_builtin_type_codec(oid, name, _CATALOG, "scalar", "text", "text")
    for name, oid, encode, decode, format_ in _CODECS:
        settings.add_python_codec(oid, name, _CATALOG, [], "scalar", encode, decode, format_)
    for name, oid in _TEXT_ARRAYS.items():
        _set_array_codec(connection, oid, f"{name}[]", _CATALOG)


def _set_array_codec(connection: asyncpg.Connection[asyncpg.Record], oid: int, name: str, schema: str) -> None:
    settings = connection.get_settings()
    settings.add_python_codec(oid, name, schema, [], "array", write_array, read_array, "text")


def adopt(connection: asyncpg.Connection[asyncpg.Record], types: Iterable[Type], known: set[int]) -> bool:
    """Teach a connection the arrays of extensions and users among these types; tells whether any were new.

    They travel as text, and `_TEXT_ARRAYS` says what the driver does with that. What is prepared already stays
    with the driver's own codec.
    """
    found = {type_.oid: type_ for type_ in types if type_.kind == "array" and type_.schema != _CATALOG}
    for oid in found.keys() - known:
        _set_array_codec(connection, oid, found[oid].name, found[oid].schema)
    is_new = not found.keys() <= known
    known.update(found)
    return is_new


def read_instant(microseconds: int) -> datetime:
    """The instant so long after `EPOCH`, or the last and first that Python has for `infinity` and `-infinity`.

    Errors: OverflowError for all others that Python does not have.
    """
    if microseconds == _FOREVER:
        return datetime.max.replace(tzinfo=timezone.utc)
    if microseconds == -_FOREVER - 1:
        return datetime.min.replace(tzinfo=timezone.utc)
    return EPOCH + microseconds * MICROSECOND


def _read_instants(items: list[Any]) -> list[Any]:
    return [
        _read_instants(item) if type(item) is list else None if item is None else read_instant(item) for item in items
    ]


def _refuse(type_name: str) -> Decoder:
    """Refuse values that hold others, among which an instant would be a number."""

    def decode(_value: object) -> object:
        raise fault("UnsupportedNativeDataType", {"type": type_name})

    return decode


_DECODERS: Final[Mapping[str, Decoder]] = {
    **dict.fromkeys(("timestamp", "timestamptz"), read_instant),
    **dict.fromkeys(("timestamp[]", "timestamptz[]"), _read_instants),
    **{name: _refuse(name) for name in ("record", "record[]", "tsmultirange[]", "tstzmultirange[]")},
}


def decoder_for(server_type: Type) -> Decoder | None:
    """What makes a canonical value of what the driver delivers for a column, None where that is one already.

    Errors: the decoder raises OverflowError for an instant that Python does not have, and UserFacingError for types
    that hold values of several others.
    """
    if server_type.kind not in ("scalar", "array"):
        return _refuse(server_type.name)
    return _DECODERS.get(server_type.name) if server_type.schema == _CATALOG else None


_CANONICAL: Final[Mapping[str, type]] = {
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "uuid", "json", "jsonb"), str),
    **dict.fromkeys(("int2", "int4", "int8"), int),
    **dict.fromkeys(("float4", "float8"), float),
    **dict.fromkeys(("timestamp", "timestamptz"), datetime),
    "bool": bool,
}


def canonical_type(server_type: Type) -> type:
    """The type of every value of a column, `object` where it is not certain."""
    is_ours = server_type.schema == _CATALOG and server_type.kind == "scalar"
    return _CANONICAL.get(server_type.name, object) if is_ours else object


@dataclass(frozen=True, slots=True)
class Values:
    """How the values of a connection travel, and what they are for its user."""

    set_codecs: Callable[[Driver], None]  # what a new connection is taught
    adopt: Callable[[asyncpg.Connection[asyncpg.Record], Iterable[Type], set[int]], bool]  # ... and at a new type
    encoder_for: Callable[[Type], Encoder | None]
    decoder_for: Callable[[Type], Decoder | None]
    canonical_type: Callable[[Type], type]


CANONICAL: Final = Values(set_codecs, adopt, encoder_for, decoder_for, canonical_type)
"""The values that plans and results are made of."""


def sql_name(server_type: Type) -> str | None:
    """The name of a scalar type, or an array, for SQL; None for types of other kinds."""
    if server_type.kind not in ("scalar", "array"):
        return None
    element, brackets, _ = server_type.name.partition("[]")
    schema, name = (part.replace('"', '""') for part in (server_type.schema, element))
    return f'"{schema}"."{name}"{brackets}'


# Prisma's type words


TYPE_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("int2", "int4"), "int"),
    **dict.fromkeys(("int8", "oid"), "bigint"),
    "float4": "float",
    "float8": "double",
    **dict.fromkeys(("numeric", "money"), "decimal"),
    "bool": "bool",
    "char": "char",
    "uuid": "uuid",
    **dict.fromkeys(("json", "jsonb"), "json"),
    "bytea": "bytes",
    "date": "date",
    **dict.fromkeys(("time", "timetz"), "time"),
    **dict.fromkeys(("timestamp", "timestamptz"), "datetime"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "xml", "bit", "varbit", "inet", "cidr"), "string"),
    # Prisma refuses the following; they arrive as text all the same
    **dict.fromkeys(("void", "interval", "macaddr", "macaddr8", "tsvector", "tsquery", "jsonpath"), "string"),
    **dict.fromkeys(("regclass", "regtype", "regproc", "regrole", "regnamespace"), "string"),
    **dict.fromkeys(("point", "lseg", "path", "box", "polygon", "line", "circle"), "string"),
    **dict.fromkeys(("int4range", "numrange", "tsrange", "tstzrange", "daterange", "int8range"), "string"),
}
"""Prisma's word for a column of a raw query, by the name of PostgreSQL's own type."""


def word_for(server_type: Type) -> str | None:
    """Prisma's word for a column's type, `-array` added for arrays; None for types without a faithful text form."""
    if server_type.kind == "array":
        word = "string" if server_type.schema != _CATALOG else TYPE_WORDS.get(server_type.name.removesuffix("[]"))
        return word and f"{word}-array"
    if server_type.kind != "scalar":
        return None
    return "string" if server_type.schema != _CATALOG else TYPE_WORDS.get(server_type.name)
