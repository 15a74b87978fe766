"""How database values become results, one row for each line of the tables."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import pytest

from prisma_engine.errors import PlanError, UserFacingError
from prisma_engine.interpreter.data_map import data_map
from prisma_engine.plan import FieldType, Structure
from prisma_engine.ports import Rows

UTC = timezone.utc
ENUMS = {"Role": {"admin_value": "ADMIN", "USER": "USER"}}
NOON = datetime(2024, 5, 6, 12, tzinfo=UTC)

Arity = Literal["required", "optional", "list"]


def field(type_: str, *, arity: Arity = "optional", column: str = "c", **more: str) -> Structure:
    field_type: FieldType = {"arity": arity, "type": type_}
    field_type.update(more)  # type: ignore[typeddict-item]  # the names of FieldType's other keys
    return {"type": "field", "dbName": column, "fieldType": field_type}


def record(fields: dict[str, Structure], *, source: str | None = None, skip_nulls: bool = False) -> Structure:
    return {"type": "object", "fields": fields, "serializedName": source, "skipNulls": skip_nulls}


def mapped(structure: Structure, value: object) -> Any:
    return data_map({"expr": {"type": "unit", "args": None}, "structure": structure, "enums": ENUMS})(value)


def one(structure: Structure, value: object) -> Any:
    """Map a record of one column."""
    return mapped(record({"f": structure}), {"c": value})["f"]


SCALARS: list[tuple[Structure, object, object]] = [
    (field("string"), "text", "text"),
    (field("int"), 5, 5),
    (field("int"), Decimal(5), 5),
    (field("int"), "5", 5),
    (field("int"), 5.9, 5),
    (field("bigint"), 2**62, 2**62),
    (field("bigint"), Decimal(2**70), 2**70),
    (field("bigint"), "-9007199254740993", -9007199254740993),
    (field("float"), 1.5, 1.5),
    (field("float"), Decimal("2.5"), 2.5),
    (field("float"), 2, 2.0),
    (field("float"), "Infinity", float("inf")),
    (field("boolean"), False, False),
    (field("boolean"), 1, True),
    (field("boolean"), "0", False),
    (field("boolean"), "true", True),
    (field("decimal"), Decimal("1.50"), Decimal("1.50")),
    (field("decimal"), 3, Decimal(3)),
    (field("decimal"), 0.1, Decimal("0.1")),
    (field("decimal"), "1.10", Decimal("1.10")),
    (field("datetime"), NOON, NOON),
    (field("datetime"), date(2024, 5, 6), datetime(2024, 5, 6, tzinfo=UTC)),
    (field("datetime"), time(4, 5, 6), datetime(1970, 1, 1, 4, 5, 6, tzinfo=UTC)),
    (
        field("datetime"),
        time(4, 5, tzinfo=timezone(timedelta(hours=3))),
        datetime(1970, 1, 1, 1, 5, tzinfo=UTC),
    ),
    (field("datetime"), "2024-05-06T12:00:00", NOON),
    (field("json"), '{"a": 1}', '{"a": 1}'),
    (field("json"), {"a": 1}, '{"a": 1}'),
    (field("object"), {"a": [Decimal("1.5"), "ü", None]}, '{"a": [1.5, "ü", null]}'),
    (field("object"), "text", '"text"'),
    (field("bytes", encoding="array"), b"\x01\x02", "AQI="),
    (field("bytes", encoding="hex"), "\\x0102", "AQI="),
    (field("bytes", encoding="base64"), "AQI=", "AQI="),
    (field("enum", name="Role"), "admin_value", "ADMIN"),
    (field("unsupported"), (1, 2), (1, 2)),
    (field("extension"), "anything", "anything"),
]


@pytest.mark.parametrize(("structure", "value", "expected"), SCALARS)
def test_value_of_a_column(structure: Structure, value: object, expected: object) -> None:
    actual = one(structure, value)

    assert actual == expected
    assert type(actual) is type(expected)


@pytest.mark.parametrize("structure", [structure for structure, _, _ in SCALARS])
def test_null_stays_null_in_every_type(structure: Structure) -> None:
    assert one(structure, None) is None


@pytest.mark.parametrize(
    ("structure", "value", "expected"),
    [
        (field("int", arity="list"), [1, "2", None], [1, 2, None]),
        (field("int", arity="list"), [], []),
        (field("int", arity="list"), None, []),
        (field("enum", arity="list", name="Role"), ["USER", "admin_value"], ["USER", "ADMIN"]),
        (field("bytes", arity="list", encoding="array"), [b"\x01"], ["AQ=="]),
        (field("json", arity="list"), ["null", '"s"'], ["null", '"s"']),
        (field("bigint", arity="list"), "{1,NULL,3}", [1, None, 3]),
        (field("bigint", arity="list"), "{}", []),
    ],
)
def test_value_of_a_list_column(structure: Structure, value: object, expected: object) -> None:
    assert one(structure, value) == expected


@pytest.mark.parametrize(
    ("structure", "value", "message"),
    [
        (field("string"), 5, "Expected a string in column 'c', got int: 5"),
        (field("int"), "five", "Expected an integer in column 'c', got str: five"),
        (field("int"), True, "Expected an integer in column 'c', got bool: True"),
        (field("bigint"), Decimal("NaN"), "Expected a bigint in column 'c', got Decimal: NaN"),
        (field("float"), "much", "Expected a float in column 'c', got str: much"),
        (field("float"), False, "Expected a float in column 'c', got bool: False"),
        (field("boolean"), 2, "Expected a boolean in column 'c', got int: 2"),
        (field("decimal"), "much", "Expected a decimal in column 'c', got str: much"),
        (field("decimal"), True, "Expected a decimal in column 'c', got bool: True"),
        (field("datetime"), "someday", "Expected a date in column 'c', got str: someday"),
        (field("datetime"), 5, "Expected a date in column 'c', got int: 5"),
        (field("bytes", encoding="hex"), "\\xzz", "Expected a byte array in column 'c', got str: \\xzz"),
        (field("bytes", encoding="array"), 5, "Expected a byte array in column 'c', got int: 5"),
        (field("int", arity="list"), [1, "x"], "Expected an integer in column 'c[1]', got str: x"),
        (field("int", arity="list"), 5, "Expected a list in column 'c', got int: 5"),
        (field("int", arity="list"), "1,2", "Expected a list in column 'c', got str: 1,2"),
        (field("enum", name="Role"), "KING", "Value 'KING' not found in enum 'Role'"),
    ],
)
def test_value_that_does_not_fit_its_column(structure: Structure, value: object, message: str) -> None:
    with pytest.raises(UserFacingError, match=re.escape(message)) as caught:
        one(structure, value)

    assert caught.value.code == "P2023"


def test_only_the_listed_fields_are_returned_under_their_own_names() -> None:
    structure = record({"name": field("string", column="full_name"), "id": field("int", column="id")})

    assert mapped(structure, {"id": 1, "full_name": "x", "helper": 2}) == {"name": "x", "id": 1}


def test_missing_column_is_named_without_showing_the_row() -> None:
    with pytest.raises(UserFacingError) as caught:
        mapped(record({"f": field("int")}), {"password": "hunter2"})

    assert caught.value.code == "P2023"
    assert caught.value.message == "Missing data field (Value): 'c'; the row has: password"


def test_missing_object_is_named() -> None:
    with pytest.raises(UserFacingError, match=re.escape("Missing data field (Object): '@nested$kids'")):
        mapped(record({"kids": record({}, source="@nested$kids")}), {})


NAMED = {"f": field("int")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ({"c": 1}, {"f": 1}),
        ([{"c": 1}, None], [{"f": 1}, None]),
        ('{"c": 1}', {"f": 1}),
        ('[{"c": 1}]', [{"f": 1}]),
        ("null", None),
    ],
)
def test_object_is_read_from_records_lists_and_json_text(value: object, expected: object) -> None:
    assert mapped(record(NAMED), value) == expected


def test_nulls_in_a_list_are_dropped_where_the_plan_says_so() -> None:
    assert mapped(record(NAMED, skip_nulls=True), [None, {"c": 1}]) == [{"f": 1}]


@pytest.mark.parametrize("value", [5, "5", "no json"])
def test_object_needs_a_record_or_a_list(value: object) -> None:
    with pytest.raises(UserFacingError, match="Expected an array or an object, got: ") as caught:
        mapped(record(NAMED), value)

    assert caught.value.code == "P2023"


def test_nested_object_is_read_from_its_own_column() -> None:
    structure = record({"kids": record(NAMED, source="@nested$kids"), "id": field("int", column="id")})

    assert mapped(structure, {"id": 7, "@nested$kids": [{"c": 1}]}) == {"id": 7, "kids": [{"f": 1}]}


def test_nested_object_without_a_column_is_read_from_the_same_row() -> None:
    structure = record({"_sum": record({"views": field("int", column="_sum$views")})})

    assert mapped(structure, {"_sum$views": Decimal(10)}) == {"_sum": {"views": 10}}


def test_decimals_inside_json_keep_every_digit() -> None:
    structure = record({"f": field("decimal")})

    assert mapped(structure, '{"c": 0.12345678901234567890}') == {"f": Decimal("0.12345678901234567890")}


def test_records_are_left_as_they_were() -> None:
    row = {"c": "5"}

    mapped(record(NAMED), row)

    assert row == {"c": "5"}


def test_rows_whose_types_are_the_results_are_handed_through() -> None:
    structure = record({"id": field("int", column="id"), "name": field("string", column="name")})
    rows = Rows([{"id": 1, "name": "one"}, {"id": 2, "name": None}], {"id": int, "name": str})

    assert mapped(structure, rows) is rows
    assert mapped(structure, rows[1:]) == [{"id": 2, "name": None}]


@pytest.mark.parametrize("types", [{"n": object}, {}, {"n": int, "more": str}])
def test_rows_of_other_types_are_mapped(types: dict[str, type]) -> None:
    rows = Rows([{"n": "5", "more": ""}], types)

    assert mapped(record({"n": field("int", column="n")}), rows) == [{"n": 5}]


def test_rows_of_renamed_columns_are_mapped() -> None:
    rows = Rows([{"c": 5}], {"c": int})

    assert mapped(record({"n": field("int", column="c")}), rows) == [{"n": 5}]


def test_affected_rows_are_counted() -> None:
    assert mapped({"type": "affectedRows"}, 3) == {"count": 3}


@pytest.mark.parametrize("value", [None, "3", True])
def test_affected_rows_must_be_a_number(value: object) -> None:
    with pytest.raises(UserFacingError, match=f"Expected an affected rows count, got: {value}"):
        mapped({"type": "affectedRows"}, value)


def test_single_value_is_mapped_by_its_type() -> None:
    assert mapped(field("bigint"), "5") == 5


def test_unknown_enum_is_refused_before_anything_runs() -> None:
    with pytest.raises(PlanError, match="Unknown enum 'Colour'"):
        mapped(record({"f": field("enum", name="Colour")}), None)


def test_unknown_structure_is_refused_before_anything_runs() -> None:
    with pytest.raises(PlanError, match="unknown result structure 'cube'"):
        mapped({"type": "cube"}, None)
