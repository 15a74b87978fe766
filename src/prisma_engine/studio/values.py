"""Values between the page's JSON and PostgreSQL's texts: a parameter becomes text, a column's text becomes JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from prisma_engine.postgres.text import Decoder
from prisma_engine.postgres.values import Encoder, read_array, storable, write_array

__all__ = ["decoder_for", "encoder_for", "to_json"]

_ARRAY: Final = "[]"
_TEXT_ARRAYS: Final = frozenset({"box[]"})  # the only type whose items are not separated by commas
_DOCUMENTS: Final = frozenset({"json", "jsonb"})

_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?(?:\+00)?", re.ASCII)
_EXACT: Final = 1e21  # JavaScript writes larger numbers with an exponent
_MILLISECONDS: Final = 3  # digits that JavaScript writes, also where they are zeros


# From the database to the page


def decoder_for(type_name: str) -> Decoder:
    """What reads a column's text, by the name of its type.

    Shape: as the `postgres` package for Node gives it to Prisma Studio: integers and floats are numbers, those of 64
    bits and exact ones are texts; documents are JSON. Bytes are text as well: the page cannot show Node's Buffer.
    Source: postgres 3.4.7, src/types.js; @prisma/studio-core 0.33.0, data/postgresjs.
    """
    if type_name in _TEXT_ARRAYS:
        return str
    if not type_name.endswith(_ARRAY):
        return _DECODERS.get(type_name, str)
    decode = _DECODERS.get(type_name.removesuffix(_ARRAY), str)
    return lambda text: _each(decode, read_array(text))


def _each(change: Callable[[Any], object], items: list[Any]) -> list[Any]:
    return [_each(change, item) if isinstance(item, list) else None if item is None else change(item) for item in items]


def _boolean(text: str) -> bool:
    return text == "t"


def _number(text: str) -> int | float | str:
    """A number; JSON has none for NaN and the infinities, so that they stay texts."""
    if text.lstrip("-").isdecimal():
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _document(text: str) -> object:
    try:
        return json.loads(text, parse_float=_number)
    except (ValueError, RecursionError):  # numbers of too many digits, too many levels
        return text


def _moment(text: str) -> str:
    """ISO 8601 in UTC, with all digits: a row is found again by them. What is not of our era or not finite stays."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return text
    date, time, fraction = match.groups(default="")
    return f"{date}T{time}.{fraction.ljust(_MILLISECONDS, '0')}Z"


_DECODERS: Final[Mapping[str, Decoder]] = {
    "bool": _boolean,
    **dict.fromkeys(("int2", "int4", "oid", "float4", "float8"), _number),
    **dict.fromkeys(_DOCUMENTS, _document),
    **dict.fromkeys(("timestamp", "timestamptz"), _moment),
}
"""By the type's name; every other type is the text that PostgreSQL writes."""


def to_json(answer: object) -> bytes:
    """Write an answer as the page reads it; a lone surrogate, which a document may hold, becomes its escape."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


# From the page to the database


def encoder_for(type_name: str) -> Encoder:
    """What writes a parameter as text, by the name of the type that PostgreSQL has found for it.

    Errors: the encoder raises UserFacingError P2007 for what PostgreSQL's text cannot hold; everything else is for the
    server to judge, in its own words.
    """
    item_name = type_name.removesuffix(_ARRAY)
    is_document = item_name in _DOCUMENTS
    encode = _json if is_document else _text
    if item_name == type_name:
        return lambda value: storable(encode(value))
    items = _flat if is_document else _each  # a list among documents is one of them
    return lambda value: storable(write_array(items(encode, value)) if isinstance(value, list) else _text(value))


def _flat(change: Callable[[Any], object], items: list[Any]) -> list[Any]:
    return [None if item is None else change(item) for item in items]


def _text(value: object) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
