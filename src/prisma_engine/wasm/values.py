"""JavaScript's values in Python.

null is None, booleans, strings and arrays are bool, str and list, objects are dicts, functions are callables, and bytes
are a bytearray or a view of memory. What Python has no counterpart for is defined here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = [
    "ITERATOR",
    "UNDEFINED",
    "BigInt",
    "Date",
    "JsError",
    "Map",
    "describe",
    "get",
    "is_nothing",
    "is_number",
    "kind_of",
    "to_number",
    "to_text",
]

Kind = Literal["undefined", "boolean", "bigint", "number", "string", "symbol", "function", "object"]


@dataclass(frozen=True, slots=True, eq=False)
class _Singleton:
    name: str

    def __repr__(self) -> str:
        return self.name


UNDEFINED: Final = _Singleton("undefined")
"""JavaScript's undefined, which is another value than null."""

ITERATOR: Final = _Singleton("Symbol(Symbol.iterator)")
"""The key of an object's iterator."""


class BigInt(int):
    """A whole number that is no number to JavaScript."""


class Map(dict[object, object]):
    """JavaScript's Map, whose keys are any values and no properties."""


@dataclass(frozen=True, slots=True)
class Date:
    """A moment. Units: milliseconds since 1970."""

    milliseconds: float


class JsError(Exception):
    """JavaScript's Error, which a host function raises to throw it; the properties are those of the object."""

    def __init__(self, message: str, *, name: str = "Error") -> None:
        super().__init__(message)
        self.properties: dict[str, object] = {"name": name, "message": message}

    @property
    def message(self) -> str:
        """What the error says."""
        return str(self.properties["message"])

    def __str__(self) -> str:
        return "{name}: {message}".format_map(self.properties)


def kind_of(value: object) -> Kind:
    """What `typeof` says."""
    for types, kind in _KINDS:
        if isinstance(value, types):
            return kind
    if value is UNDEFINED:
        return "undefined"
    if value is ITERATOR:
        return "symbol"
    return "function" if callable(value) else "object"


_KINDS: Final[tuple[tuple[type, Kind], ...]] = (
    (str, "string"),
    (bool, "boolean"),
    (BigInt, "bigint"),
    (int, "number"),
    (float, "number"),
)
"""The first that fits, because a bool and a BigInt are an int too."""


def is_number(value: object) -> bool:
    """Whether the value is a number to JavaScript."""
    return isinstance(value, (int, float)) and not isinstance(value, (bool, BigInt))


def to_number(value: object) -> float:
    """What `Number(value)` gives."""
    if value is None:
        return 0.0
    if isinstance(value, str):
        return _parsed(value.strip())
    if isinstance(value, (int, float)):
        return float(value)
    return value.milliseconds if isinstance(value, Date) else math.nan


def _parsed(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return math.nan


def to_text(value: object) -> str:
    """What `String(value)` gives."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, list):
        return ",".join("" if is_nothing(item) else to_text(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


def _number_text(number: float) -> str:
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(number) or str(number).replace("nan", "NaN")


def describe(value: object) -> str:
    """A value for messages of the module's own."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list):
        return f"[{', '.join(map(describe, value))}]"
    if isinstance(value, dict):
        return f"Object({json.dumps(value, default=to_text, separators=(',', ':'))})"
    return "Function" if kind_of(value) == "function" else to_text(value)


def is_nothing(value: object) -> bool:
    """Whether the value is null or undefined."""
    return value is None or value is UNDEFINED


def get(value: Any, key: Any) -> Any:
    """The property of a value, UNDEFINED where it has none. Errors: JsError for null and undefined."""
    if is_nothing(value):
        raise JsError(f"Cannot read properties of {to_text(value)} (reading '{to_text(key)}')", name="TypeError")
    if isinstance(value, dict) and not isinstance(value, Map):
        return value.get(key, UNDEFINED)
    if isinstance(value, JsError):
        return value.properties.get(key, UNDEFINED)
    if key is ITERATOR and isinstance(value, (list, Map, bytearray, memoryview)):
        return lambda: _iterate(value)
    if isinstance(value, (list, bytearray, memoryview)) and is_number(key):
        return value[int(key)] if 0 <= key < len(value) else UNDEFINED
    return UNDEFINED


def _iterate(value: Any) -> dict[str, object]:
    items: Iterator[object] = map(list, value.items()) if isinstance(value, Map) else iter(value)

    def advance() -> dict[str, object]:
        for item in items:
            return {"done": False, "value": item}
        return {"done": True, "value": UNDEFINED}

    return {"next": advance}
