"""Encoding parameters by the server's type names, and Prisma's words for columns."""

from __future__ import annotations

import ipaddress
import math
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from asyncpg.types import Type

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.values import ENCODERS, TYPE_WORDS, encoder_for, word_for

UTC = timezone.utc
PLUS_TWO = timezone(timedelta(hours=2))


def _type(name: str, *, schema: str = "pg_catalog", kind: str = "scalar") -> Type:
    return Type(0, name, "array" if name.endswith("[]") else kind, schema)


def _encode(name: str, value: object) -> Any:
    encode = encoder_for(_type(name))
    assert encode is not None
    return encode(value)


@pytest.mark.parametrize(
    ("name", "value", "encoded"),
    [
        ("text", "plain ünïcödé 🙂", "plain ünïcödé 🙂"),
        ("text", 5, "5"),
        ("text", 1.5, "1.5"),
        ("text", Decimal("1.50"), "1.50"),
        ("text", True, "true"),
        ("text", False, "false"),
        ("text", {"a": [1]}, '{"a": [1]}'),
        ("text", date(2020, 1, 2), "2020-01-02"),
        ("varchar", "", ""),
        ("uuid", UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"),
        ("inet", ipaddress.ip_address("10.0.0.1"), "10.0.0.1"),
        ("bit", "101", "101"),
        ("bool", True, True),
        ("bool", "false", False),
        ("bool", 1, True),
        ("int4", 5, 5),
        ("int4", "0", 0),
        ("int4", " -12 ", -12),
        ("int4", "+7", 7),
        ("int4", 5.0, 5),
        ("int8", Decimal("9223372036854775807"), 2**63 - 1),
        ("int2", -(2**15), -(2**15)),
        ("int4", 2**31 - 1, 2**31 - 1),
        ("int8", str(-(2**63)), -(2**63)),
        ("oid", 2**32 - 1, 2**32 - 1),
        ("float8", 1, 1.0),
        ("float8", "1.25", 1.25),
        ("float8", "1e-3", 0.001),
        ("float8", Decimal("0.1"), 0.1),
        ("float8", "-Infinity", -math.inf),
        ("float4", 0.1, 0.1),
        ("numeric", "1.50", Decimal("1.50")),
        ("numeric", 0.1, Decimal("0.1")),
        ("numeric", 7, Decimal(7)),
        ("numeric", Decimal("1e3"), Decimal("1e3")),
        ("money", "12.5", "12.5"),
        ("money", Decimal("1E+2"), "100"),
        ("money", 0.5, "0.5"),
        ("json", '{"a":1}', '{"a":1}'),
        ("json", {"a": "é"}, '{"a": "é"}'),
        ("jsonb", [1, None], "[1, null]"),
        ("jsonb", "null", "null"),
        ("jsonb", r'"\\u0000"', r'"\\u0000"'),
        ("json", r'"\u0000"', r'"\u0000"'),
        ("bytea", b"\x00\xff", b"\x00\xff"),
        ("bytea", bytearray(b"ab"), b"ab"),
        ("bytea", memoryview(b"ab"), b"ab"),
        ("bytea", "AP8=", b"\x00\xff"),
        ("bytea", "\\x00ff", b"\x00\xff"),
        ("bytea", "", b""),
        ("interval", "1 day", "1 day"),
        ("interval", timedelta(days=-1, seconds=5, microseconds=6), "-1 days 5 seconds 6 microseconds"),
    ],
)
def test_protocol_forms_and_native_values_become_what_the_driver_wants(
    name: str, value: object, encoded: object
) -> None:
    actual = _encode(name, value)
    assert (actual, type(actual)) == (encoded, type(encoded))


def test_a_not_a_number_is_a_float() -> None:
    assert math.isnan(_encode("float8", "NaN"))


@pytest.mark.parametrize("name", ["timestamp", "timestamptz"])
@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2020-01-02T03:04:05Z", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05.1Z", datetime(2020, 1, 2, 3, 4, 5, 100_000, tzinfo=UTC)),
        ("2020-01-02T03:04:05.123456789Z", datetime(2020, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        ("2020-01-02T03:04:05+02:00", datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05-0230", datetime(2020, 1, 2, 5, 34, 5, tzinfo=UTC)),
        ("2020-01-02T03:04:05+02", datetime(2020, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2020-01-02 03:04:05.5+00", datetime(2020, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ("2020-01-02t03:04z", datetime(2020, 1, 2, 3, 4, tzinfo=UTC)),
        ("2020-01-02T03:04:05", datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2020-01-02", datetime(2020, 1, 2, tzinfo=UTC)),
        ("03:04:05", datetime(1970, 1, 1, 3, 4, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
        (datetime(2020, 1, 2, 3), datetime(2020, 1, 2, 3, tzinfo=UTC)),  # noqa: DTZ001 -- a naive value is the case
        (datetime(2020, 1, 2, 3, tzinfo=PLUS_TWO), datetime(2020, 1, 2, 1, tzinfo=UTC)),
        (date(2020, 1, 2), datetime(2020, 1, 2, tzinfo=UTC)),
        (time(3, 4), datetime(1970, 1, 1, 3, 4, tzinfo=UTC)),
    ],
)
def test_timestamps_are_instants_in_utc(name: str, value: object, instant: datetime) -> None:
    actual = _encode(name, value)
    assert (actual, actual.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    ("name", "value", "encoded"),
    [
        ("date", "2020-01-02T01:00:00+02:00", date(2020, 1, 1)),
        ("date", datetime(2020, 1, 2, 1, tzinfo=PLUS_TWO), date(2020, 1, 1)),
        ("date", date(2020, 1, 2), date(2020, 1, 2)),
        ("date", "9999-12-31", date.max),
        ("time", "1970-01-01T23:30:00.25-01:00", time(0, 30, 0, 250_000)),
        ("time", time(1, 2, 3), time(1, 2, 3)),
        ("time", "12:34:56", time(12, 34, 56)),
        ("timetz", "12:34:56+02:00", time(10, 34, 56, tzinfo=UTC)),
        ("timetz", time(12, tzinfo=PLUS_TWO), time(10, tzinfo=UTC)),
        ("timetz", datetime(2020, 1, 1, 12, tzinfo=UTC), time(12, tzinfo=UTC)),
    ],
)
def test_dates_and_times_are_parts_of_the_instant_in_utc(name: str, value: object, encoded: object) -> None:
    assert _encode(name, value) == encoded


_UNREADABLE = [
    ("int4", "five", 'invalid input syntax for type integer: "five"'),
    ("int4", "", 'invalid input syntax for type integer: ""'),
    ("int4", "1_0", 'invalid input syntax for type integer: "1_0"'),
    ("int4", "٣", 'invalid input syntax for type integer: "٣"'),
    ("int4", 5.5, 'invalid input syntax for type integer: "5.5"'),
    ("int4", math.nan, 'invalid input syntax for type integer: "nan"'),
    ("int8", True, 'invalid input syntax for type bigint: "True"'),
    ("int2", [1], 'invalid input syntax for type smallint: "[1]"'),
    ("float8", "1,5", 'invalid input syntax for type double precision: "1,5"'),
    ("float8", b"1", "invalid input syntax for type double precision: \"b'1'\""),
    ("float4", True, 'invalid input syntax for type real: "True"'),
    ("numeric", "x", 'invalid input syntax for type numeric: "x"'),
    ("numeric", False, 'invalid input syntax for type numeric: "False"'),
    ("bool", "maybe", 'invalid input syntax for type boolean: "maybe"'),
    ("bool", 2, 'invalid input syntax for type boolean: "2"'),
    ("bytea", "not base64!", 'invalid input syntax for type bytea: "not base64!"'),
    ("bytea", "\\xzz", 'invalid input syntax for type bytea: "\\xzz"'),
    ("bytea", 5, 'invalid input syntax for type bytea: "5"'),
    ("timestamp", "yesterday", 'invalid input syntax for type timestamp: "yesterday"'),
    ("timestamp", "", 'invalid input syntax for type timestamp: ""'),
    ("timestamptz", 5, 'invalid input syntax for type timestamp with time zone: "5"'),
    ("date", "2020-1-2", 'invalid input syntax for type date: "2020-1-2"'),
    ("date", "2020-01-0210:00", 'invalid input syntax for type date: "2020-01-0210:00"'),
    ("time", True, 'invalid input syntax for type time: "True"'),
    ("date", "2020-02-30", 'date/time field value out of range: "2020-02-30"'),
    ("time", "24:00:01", 'date/time field value out of range: "24:00:01"'),
    ("timetz", "10:00:00+16:00", 'date/time field value out of range: "10:00:00+16:00"'),
    ("text", b"ab", "bytes are not text; decode them first"),
]


@pytest.mark.parametrize(("name", "value", "message"), _UNREADABLE)
def test_an_unreadable_value_is_refused_in_the_servers_words(name: str, value: object, message: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        _encode(name, value)
    assert (caught.value.code, caught.value.message) == ("P2007", f"Invalid input value: {message}")


@pytest.mark.parametrize(
    ("name", "value", "type_name"),
    [
        ("int2", 2**15, "smallint"),
        ("int2", -(2**15) - 1, "smallint"),
        ("int4", 2**31, "integer"),
        ("int4", "-2147483649", "integer"),
        ("int8", 2**63, "bigint"),
        ("oid", -1, "oid"),
        ("float8", "1e400", "double precision"),
        ("float8", 10**400, "double precision"),
        ("float4", Decimal("-1e999"), "real"),
        ("numeric", "1e131072", "numeric"),
        ("money", "NaN", "money"),
        ("timestamptz", datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "timestamp with time zone"),
        ("timestamp", "0001-01-01T00:00:00+01:00", "timestamp"),
    ],
)
def test_a_value_beyond_its_type_is_refused_in_the_servers_words(name: str, value: object, type_name: str) -> None:
    with pytest.raises(UserFacingError) as caught:
        _encode(name, value)
    shown = str(value)
    shown = shown if len(shown) <= 100 else shown[:100] + "…"
    message = f'Value out of range for the type: value "{shown}" is out of range for type {type_name}'
    assert (caught.value.code, caught.value.message) == ("P2020", message)


@pytest.mark.parametrize("value", ["9" * 5000, 10**5000], ids=["text", "integer"])
def test_a_number_of_very_many_digits_is_out_of_range(value: object) -> None:
    with pytest.raises(UserFacingError) as caught:
        _encode("int8", value)
    assert caught.value.code == "P2020"
    assert len(caught.value.message) < 250


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("text", "a\x00b", "NUL"),
        ("json", '"a\x00"', "NUL"),
        ("jsonb", r'{"a": "\u0000"}', "NUL"),
        ("jsonb", r'"\\\u0000"', "NUL"),
        ("jsonb", {"a": "\x00"}, "NUL"),
        ("uuid", "\x00", "NUL"),
        ("text", "a\ud800b", "lone surrogate U+D800"),
        ("json", '"é\udfff"', "lone surrogate U+DFFF"),
        ("jsonb", ["\udc00"], "lone surrogate U+DC00"),
        ("text[]", ["ok", "\udc00"], "lone surrogate U+DC00"),
    ],
)
def test_text_that_postgresql_cannot_store_is_refused_by_naming_the_character(
    name: str, value: object, named: str
) -> None:
    with pytest.raises(UserFacingError) as caught:
        _encode(name, value)
    assert caught.value.code == "P2007"
    assert "cannot store" in caught.value.message
    assert named in caught.value.message


@pytest.mark.parametrize("value", [{"a": object()}, math.nan, {1, 2}])
def test_a_native_value_that_json_cannot_express_is_refused(value: object) -> None:
    with pytest.raises(UserFacingError, match="cannot be written as JSON") as caught:
        _encode("jsonb", value)
    assert caught.value.code == "P2007"


@pytest.mark.parametrize(
    ("name", "value", "encoded"),
    [
        ("int4[]", ["1", None, 2], [1, None, 2]),
        ("int4[]", [], []),
        ("int4[]", 5, [5]),
        ("int4[]", (1, 2), [1, 2]),
        ("int4[]", [["1"], ["2"]], [[1], [2]]),
        ("jsonb[]", ['{"a":1}', None, [1]], ['{"a":1}', None, "[1]"]),
        ("bytea[]", ["AQI=", b"\x01"], [b"\x01\x02", b"\x01"]),
        ("timestamptz[]", ["2020-01-02"], [datetime(2020, 1, 2, tzinfo=UTC)]),
        ("xid8[]", [1, None], [1, None]),
    ],
)
def test_lists_are_encoded_item_by_item(name: str, value: object, encoded: object) -> None:
    assert _encode(name, value) == encoded


@pytest.mark.parametrize(
    ("server_type", "value", "encoded"),
    [
        (_type("Role", schema="public"), "ADMIN", "ADMIN"),
        (_type("citext", schema="extensions"), 5, "5"),
        (_type("Role[]", schema="public"), ["ADMIN", None], ["ADMIN", None]),
        (_type("date", schema="public"), "someday", "someday"),
    ],
)
def test_types_of_the_users_own_travel_as_text(server_type: Type, value: object, encoded: object) -> None:
    encode = encoder_for(server_type)
    assert encode is not None
    assert encode(value) == encoded


@pytest.mark.parametrize("server_type", [_type("xid8"), _type("pair", schema="public", kind="composite")])
def test_values_of_unknown_types_pass_as_they_are(server_type: Type) -> None:
    assert encoder_for(server_type) is None


@pytest.mark.parametrize(
    ("server_type", "word"),
    [
        (_type("int2"), "int"),
        (_type("int4[]"), "int-array"),
        (_type("int8"), "bigint"),
        (_type("oid"), "bigint"),
        (_type("float4"), "float"),
        (_type("float8"), "double"),
        (_type("numeric"), "decimal"),
        (_type("money[]"), "decimal-array"),
        (_type("bool"), "bool"),
        (_type("varchar"), "string"),
        (_type("inet"), "string"),
        (_type("uuid"), "uuid"),
        (_type("jsonb[]"), "json-array"),
        (_type("bytea"), "bytes"),
        (_type("date"), "date"),
        (_type("timetz"), "time"),
        (_type("timestamptz[]"), "datetime-array"),
        (_type("char[]"), "char-array"),
        (_type("Role", schema="public"), "string"),
        (_type("Role[]", schema="public"), "string-array"),
        (_type("record"), None),
        (_type("record[]"), None),
        (_type("pair", schema="public", kind="composite"), None),
    ],
)
def test_columns_are_described_in_prismas_words(server_type: Type, word: str | None) -> None:
    assert word_for(server_type) == word


def test_every_type_that_can_be_encoded_has_a_word() -> None:
    assert ENCODERS.keys() <= TYPE_WORDS.keys()
