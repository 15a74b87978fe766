"""Columns of the schema in JSON: what is read for them and written, by the models of the generated client."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, Final, TypeGuard, Union, get_args, get_origin

from prisma import Base64, Json, types
from prisma.models import CharacterFile, Message, Session
from pydantic import BaseModel

from database.repositories.exact import fields_of
from demo_input import unstorable
from times import iso_time

_SPECIAL: Final = re.compile(r"-?Infinity|NaN")
"""Numbers of PostgreSQL that JSON has none for; they are texts there."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name: the Python type of its values, and whether they are lists, or may be null."""

    name: str
    kind: type
    is_list: bool
    is_optional: bool

    def read(self, fields: Mapping[str, Any], owner: str) -> Any:
        """Its value in an object of JSON, as the client takes it.

        Errors: TypeError and ValueError, which call it by its name and the owner's.
        """
        value, name = fields[self.name], f"{owner}{self.name}"
        if value is None:
            if self.is_optional:
                return None
            raise ValueError(f"{name} is null, and the schema does not allow that")
        if not self.is_list:
            return self._read(value, name)
        if not isinstance(value, list):
            raise TypeError(f"{name} is not a list")
        return [self._read(item, f"{name}[{position}]") for position, item in enumerate(value)]

    def _read(self, value: Any, name: str) -> Any:
        if issubclass(self.kind, Enum):
            return _member(value, self.kind, name)
        return _READERS[self.kind](value, name)

    def write(self, value: Any) -> str:
        """The JSON of a value of a row of `exact`."""
        if value is None:
            return "null"
        if self.is_list:
            return f"[{', '.join(self._write(item) for item in value)}]"
        return self._write(value)

    def _write(self, value: Any) -> str:
        return _WRITERS.get(self.kind, _json)(value)


@cache
def columns_of(model: type[BaseModel]) -> Mapping[str, Column]:
    """The columns of a model, in the schema's order."""
    return {name: _column(name, model.model_fields[name].annotation) for name in fields_of(model)}


def _column(name: str, annotation: Any) -> Column:
    is_optional = get_origin(annotation) in (Union, UnionType)
    inner = next(kind for kind in get_args(annotation) if kind is not type(None)) if is_optional else annotation
    is_list = get_origin(inner) is list
    return Column(name, get_args(inner)[0] if is_list else inner, is_list, is_optional)


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of rows: the columns of its model, all of them, and those that only the schema knows."""

    all: Mapping[str, Column]
    own: Sequence[Column]
    required: frozenset[str]

    @classmethod
    def of(cls, model: type[BaseModel], row_type: Any, known: Collection[str]) -> Part:
        """The columns of a model, of which some are known here; `row_type` tells which ones a new row must have."""
        columns = columns_of(model)
        own = [column for name, column in columns.items() if name not in known]
        return cls(columns, own, row_type.__required_keys__)

    @property
    def names(self) -> frozenset[str]:
        """The names of the columns."""
        return frozenset(self.all)

    def complete(self, row: dict[str, Any], fields: Mapping[str, Any], owner: str) -> None:
        """Add the schema's own columns to a row. Errors: ValueError for one that has to be there, and is not."""
        row.update((column.name, column.read(fields, owner)) for column in self.own if column.name in fields)
        for name in sorted(self.required - row.keys()):
            raise ValueError(f"{owner}{name} is missing, and the schema has no default for it")

    def written(self, row: Any) -> str:
        """The JSON of a row, without the braces, and without the session that it stands in."""
        columns = [column for name, column in self.all.items() if name != "sessionId"]
        return ", ".join(f"{_json(column.name)}: {column.write(getattr(row, column.name))}" for column in columns)


def time_of(value: Any, name: str) -> datetime:
    """A time with a zone, in UTC. Errors: ValueError, which calls it by its name."""
    try:
        time = iso_time(text_of(value, name))
    except (TypeError, ValueError):
        raise ValueError(f"{name} is not a time such as 2024-05-06T12:00:00.000Z") from None
    except OverflowError:
        raise ValueError(f"{name} is before the year 1 or after the year 9999") from None
    if time.utcoffset() is None:
        raise ValueError(f"{name} is in no time zone: 2024-05-06T12:00:00Z would be one of UTC")
    return time


def text_of(value: object, name: str) -> str:
    """A text that can be stored."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text")
    problem = unstorable(value)
    if problem:
        raise ValueError(f"{name}: {problem}")
    return value


def json_text(value: Any) -> str:
    """The JSON of a value, whose numbers may be Decimals, to the last digit of each."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_json(key)}: {json_text(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(json_text, value))}]"
    return _json(value)


def _integer(value: object, name: str) -> int:
    if not _is_number(value) or Decimal(str(value)) % 1:
        raise TypeError(f"{name} is not a whole number")
    return int(value)


def _number(value: object, name: str) -> Decimal:
    if _is_number(value) or (isinstance(value, str) and _SPECIAL.fullmatch(value)):
        return Decimal(str(value))
    raise TypeError(f"{name} is not a number")


def _is_number(value: object) -> TypeGuard[int | float | Decimal]:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _boolean(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is neither true nor false")
    return value


def _bytes(value: object, name: str) -> Base64:
    try:
        return Base64.encode(base64.b64decode(text_of(value, name), validate=True))
    except ValueError:
        raise ValueError(f"{name} is not Base64") from None


def _member(value: object, members: type[Enum], name: str) -> str:
    names = [str(member.value) for member in members]
    if value not in names:
        raise ValueError(f"{name} is none of {', '.join(names)}")
    return str(value)


_READERS: Final[Mapping[type, Callable[[Any, str], Any]]] = {
    str: text_of,
    int: _integer,
    float: lambda value, name: float(_number(value, name)),
    Decimal: _number,
    bool: _boolean,
    datetime: time_of,
    Json: lambda value, _name: json_text(value),  # the client takes JSON text, too
    Base64: _bytes,
}
"""What makes a column's value of what JSON has."""


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stamp(time: datetime) -> str:
    """The time in UTC, with as many digits of a second as it has, which are three at least."""
    digits = "microseconds" if time.microsecond % 1000 else "milliseconds"
    return _json(time.isoformat(timespec=digits).replace("+00:00", "Z"))


def _float(value: float) -> str:
    return _json(value if math.isfinite(value) else str(Decimal(value)))


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    datetime: _stamp,
    Json: str,
    Decimal: lambda value: str(value) if value.is_finite() else _json(str(value)),
    float: _float,
}
"""How a column's value is written, where it is not what Python writes for it."""

_TIMES: Final = {"createdAt", "updatedAt"}
SESSION: Final = Part.of(Session, types.SessionCreateWithoutRelationsInput, {"id", *_TIMES})
MESSAGE: Final = Part.of(
    Message, types.MessageCreateWithoutRelationsInput, {"id", "role", "content", "createdAt", "sessionId"}
)
CHARACTER: Final = Part.of(
    CharacterFile, types.CharacterFileCreateWithoutRelationsInput, {"id", "content", "sessionId", *_TIMES}
)
