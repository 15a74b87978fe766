"""Database rows to results, in the forms that Prisma Client Python's models take.

Shape: datetime is aware UTC, decimal is Decimal without padding zeros, json is JSON text, bytes are base64 text, an
       enum is its Prisma name.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from typing import Any, Final

from prisma_engine.errors import PlanError, UserFacingError
from prisma_engine.interpreter.forms import (
    UNREADABLE,
    array_items,
    dump_document,
    parse_document,
    to_bytes,
    to_decimal,
    to_instant,
)
from prisma_engine.plan import DataMapArgs, FieldType, Structure
from prisma_engine.ports import Record, Rows

__all__ = ["FORMS", "Shape", "data_map", "exact_types"]

Shape = Callable[[object], Any]
Row = Callable[[Record], Record]
Enums = Mapping[str, Mapping[str, str]]

_ONE: Final = Decimal(1)
_WIDE: Final = Context(prec=147_455)
"""Holds what `numeric` holds: 131,072 digits before the point and 16,383 behind it."""

_BOOLEANS: Final = {"0": False, "1": True, "false": False, "true": True}


def _refuse(value: object) -> object:
    raise TypeError(f"not this type: {type(value).__name__}")


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("a boolean is no number")
    return int(value)


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError("a boolean is no number")
    return float(value)


def _decimal(value: object) -> Decimal:
    """Take off the zeros that the column's scale pads with: 1.5 from DECIMAL(65,30) has one digit, not thirty."""
    number = _WIDE.normalize(to_decimal(value))
    return number.quantize(_ONE, context=_WIDE) if "E+" in str(number) else number


def _boolean(value: object) -> bool:
    text = str(value)
    if text not in _BOOLEANS:
        raise ValueError("not a boolean")
    return _BOOLEANS[text]


def _base64(value: object) -> str:
    return base64.b64encode(to_bytes(value)).decode("ascii")


def _unchanged(value: object) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Form:
    """How a column's values become results: those of the `exact` type stay as they are, others are parsed."""

    exact: type
    noun: str
    parse: Callable[[Any], object]


FORMS: Final[Mapping[str, Form]] = {
    "string": Form(str, "a string", _refuse),
    "int": Form(int, "an integer", _integer),
    "bigint": Form(int, "a bigint", _integer),
    "float": Form(float, "a float", _float),
    "boolean": Form(bool, "a boolean", _boolean),
    "decimal": Form(object, "a decimal", _decimal),
    "datetime": Form(datetime, "a date", to_instant),
    "json": Form(str, "JSON", dump_document),
    "object": Form(object, "JSON", dump_document),  # parsed already, as a part of a larger document
    "bytes": Form(object, "a byte array", _base64),
}
"""Forms by the plan's type word; the canonical values of `postgres.values` are those of the exact type."""

_OTHER: Final = Form(object, "a value", _unchanged)  # `unsupported`, `extension` and what may come


def _form(field_type: FieldType, enums: Enums) -> Form:
    if field_type["type"] == "enum":
        return _enum(field_type["name"], enums)
    return FORMS.get(field_type["type"], _OTHER)


def _enum(name: str, enums: Enums) -> Form:
    if name not in enums:
        raise PlanError(f"Unknown enum '{name}'")
    members = enums[name]

    def parse(value: str) -> str:
        member = members.get(value)
        if member is None:
            raise _mismatch(f"Value '{value}' not found in enum '{name}'")
        return member

    return Form(object, "an enum value", parse)


def _mismatch(message: str) -> UserFacingError:
    return UserFacingError("P2023", message)


def _unreadable(noun: str, column: str, value: object) -> UserFacingError:
    return _mismatch(f"Expected {noun} in column '{column}', got {type(value).__name__}: {value}")


def _missing(kind: str, column: str, record: Record) -> UserFacingError:
    return _mismatch(f"Missing data field ({kind}): '{column}'; the row has: {', '.join(record) or 'nothing'}")


def _inconsistent(field: str) -> UserFacingError:
    """Prisma 5's words for a record that the schema promises; it gave them no code."""
    words = f"Inconsistent query result: Field {field} is required to return data, got `null` instead."
    return UserFacingError(None, words)


def _list_form(column: str, item: Form) -> Form:
    """Make the form of a list column from that of its items."""

    def parse_item(value: object, index: int) -> object:
        try:
            return item.parse(value)
        except UNREADABLE:
            raise _unreadable(item.noun, f"{column}[{index}]", value) from None

    def parse(value: object) -> list[object]:
        values = array_items(value) if isinstance(value, str) else value
        if not isinstance(values, list):
            raise TypeError("not a list")
        return [
            one if one is None or type(one) is item.exact else parse_item(one, index)
            for index, one in enumerate(values)
        ]

    return Form(object, "a list", parse)


@dataclass(frozen=True, slots=True)
class Column:
    """A result field that is read from one column."""

    name: str
    source: str
    form: Form
    is_list: bool


def _column(name: str, structure: Structure, enums: Enums) -> Column:
    field_type, source = structure["fieldType"], structure["dbName"]
    form = _form(field_type, enums)
    if field_type["arity"] != "list":
        return Column(name, source, form, is_list=False)
    return Column(name, source, _list_form(source, form), is_list=True)


@dataclass(frozen=True, slots=True)
class Nested:
    """A result field that is an object: from a column of its own, or from columns of the same row."""

    name: str
    source: str | None
    shape: Shape
    is_required: bool


def _columns_row(columns: Sequence[Column]) -> Row:
    """Make the function that reads all columns of a row in one loop: most of the work of a large result."""
    steps = [(column.name, column.source, column.form.exact, column.form.parse) for column in columns]
    nouns = {column.source: column.form.noun for column in columns}
    lists = [column.name for column in columns if column.is_list]

    def row(record: Record) -> Record:
        result: Record = {}
        try:
            for name, source, exact, parse in steps:
                value = record[source]
                result[name] = value if value is None or type(value) is exact else parse(value)
        except KeyError:
            raise _missing("Value", source, record) from None
        except UNREADABLE:
            raise _unreadable(nouns[source], source, value) from None
        for name in lists:
            if result[name] is None:
                result[name] = []
        return result

    return row


def _row(fields: Mapping[str, Structure], enums: Enums) -> Row:
    columns = [_column(name, field, enums) for name, field in fields.items() if field["type"] == "field"]
    objects = [
        Nested(name, field["serializedName"], _object(field, enums), field.get("required", False))
        for name, field in fields.items()
        if field["type"] == "object"
    ]
    flat = _columns_row(columns)
    return _row_with_objects(flat, objects) if objects else flat


def _row_with_objects(flat: Row, objects: Sequence[Nested]) -> Row:
    def row(record: Record) -> Record:
        result = flat(record)
        for nested in objects:
            if nested.source is None:
                result[nested.name] = nested.shape(record)
            elif nested.source in record:
                result[nested.name] = nested.shape(record[nested.source])
            else:
                raise _missing("Object", nested.source, record)
            if nested.is_required and result[nested.name] is None:
                raise _inconsistent(nested.name)
        return result

    return row


def _exact_types(fields: Mapping[str, Structure], enums: Enums) -> Mapping[str, type] | None:
    """The columns' types with which rows are results already; None where there is something to do in any case."""
    columns = [_column(name, field, enums) for name, field in fields.items() if field["type"] == "field"]
    if not columns or len(columns) < len(fields) or any(c.name != c.source or c.form.exact is object for c in columns):
        return None
    return {column.name: column.form.exact for column in columns}


def _object(structure: Structure, enums: Enums) -> Shape:
    """Make the function that maps a record, a list of records, or JSON text of either; None stays."""
    row = _row(structure["fields"], enums)
    skip_nulls = structure["skipNulls"]
    exact = _exact_types(structure["fields"], enums)

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return row(value)
        if isinstance(value, Rows) and value.types == exact:
            return value
        if isinstance(value, list):
            items = [item for item in value if item is not None] if skip_nulls else value
            return [row(item) if type(item) is dict else shape(item) for item in items]
        return None if value is None else shape(_document(value))

    return shape


def _document(value: object) -> object:
    try:
        parsed = parse_document(value) if isinstance(value, str) else value
    except ValueError:
        parsed = value
    if not isinstance(parsed, (dict, list, type(None))):
        raise _mismatch(f"Expected an array or an object, got: {type(value).__name__}")
    return parsed


def _affected_rows(_structure: Structure, _enums: Enums) -> Shape:
    def shape(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _mismatch(f"Expected an affected rows count, got: {value}")
        return {"count": value}

    return shape


def _field(structure: Structure, enums: Enums) -> Shape:
    column = _column("value", structure, enums)
    row = _columns_row([column])
    return lambda value: row({column.source: value})["value"]


_SHAPES: Final = {"affectedRows": _affected_rows, "object": _object, "field": _field}


def data_map(args: DataMapArgs) -> Shape:
    """Turn the structure of a `dataMap` node into the function that maps its value.

    Errors: PlanError for an unknown structure or enum; the function raises UserFacingError P2023 for a value that
    does not fit.
    """
    structure = args["structure"]
    if structure["type"] not in _SHAPES:
        raise PlanError(f"the plan has the unknown result structure {structure['type']!r}")
    return _SHAPES[structure["type"]](structure, args["enums"])


def exact_types(args: DataMapArgs) -> Mapping[str, type] | None:
    """The types of the columns with which rows are results as they are, by name; None where no rows are."""
    structure = args["structure"]
    return _exact_types(structure["fields"], args["enums"]) if structure["type"] == "object" else None
