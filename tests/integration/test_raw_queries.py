"""Raw queries: what each type of PostgreSQL becomes, what each type of Python may stand for, how models are filled."""

from __future__ import annotations

import ipaddress
import math
import uuid
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Optional

import pytest
from pydantic import BaseModel

pytestmark = pytest.mark.asyncio(loop_scope="module")

UTC: Final = timezone.utc
KOLKATA: Final = timezone(timedelta(hours=5, minutes=30))
UUID: Final = "6a46cff0-5e91-40f0-bb9d-2be0817afc74"


def exactly(one: object, other: object) -> bool:
    """Whether two results are the same, down to the types of their parts."""
    return repr(one) == repr(other)


RESULTS: Final = [
    ("1::int2", 1),
    ("2147483647", 2147483647),
    ("9223372036854775807::int8", 2**63 - 1),
    ("count(*)", 1),
    ("4294967295::oid", 2**32 - 1),
    ("0.1::float4", 0.1),
    ("0.1::float8", 0.1),
    ("'NaN'::float8", math.nan),
    ("'-Infinity'::float8", -math.inf),
    ("1.50::numeric(10,2)", 1.5),
    ("12345678901234567890.5", 12345678901234567000.0),
    ("sum(2::int8)", 2.0),
    ("avg(2)", 2.0),
    ("'1234.56'::money", 1234.56),
    ("true", True),
    ("'a\U0001f9d1'", "a\U0001f9d1"),
    ("'a'::varchar(5)", "a"),
    ("'a'::char(3)", "a  "),
    ("'a'::name", "a"),
    ("'a'::\"char\"", "a"),
    ("B'0101'", "0101"),
    ("'10.0.0.1'::inet", "10.0.0.1"),
    ("'10.0.0.0/8'::cidr", "10.0.0.0/8"),
    (f"'{UUID}'::uuid", UUID),
    ("'\\x00ff'::bytea", "AP8="),
    ("''::bytea", ""),
    ("'{\"a\": [1, 2.5, null]}'::jsonb", {"a": [1, 2.5, None]}),
    ('\'{"b": 1,  "a": 2}\'::json', {"b": 1, "a": 2}),
    ("'\"text\"'::jsonb", "text"),
    ("'null'::jsonb", None),
    ("'[]'::json", []),
    ("'2022-12-25'::date", "2022-12-25"),
    ("'0001-01-01'::date", "0001-01-01"),
    ("'12:01:34'::time", "12:01:34"),
    ("'12:01:34.5'::time", "12:01:34.500"),
    ("'12:01:34.123456'::time", "12:01:34.123456"),
    ("'12:01:34+05:30'::timetz", "12:01:34"),
    ("'2022-12-25 12:01:34'::timestamp", "2022-12-25T12:01:34+00:00"),
    ("'2022-12-25 12:01:34.5'::timestamp", "2022-12-25T12:01:34.500+00:00"),
    ("'2022-12-25 12:01:34.000001'::timestamp", "2022-12-25T12:01:34.000001+00:00"),
    ("'2022-12-25 12:01:34+05:30'::timestamptz", "2022-12-25T06:31:34+00:00"),
    ("'0001-01-01 00:00:00'::timestamp", "0001-01-01T00:00:00+00:00"),
    ("'green one'::colours", "green one"),
    ("NULL", None),
    ("NULL::int8", None),
    ("NULL::json", None),
    ("ARRAY[1, NULL, 3]", [1, None, 3]),
    ("ARRAY[1, NULL]::int8[]", [1, None]),
    ("ARRAY[[1, 2], [3, NULL]]::int8[]", [[1, 2], [3, None]]),
    ("ARRAY[1.5, NULL]", [1.5, None]),
    ("ARRAY[[1.5]]", [[1.5]]),
    ("ARRAY['a', '', NULL]", ["a", "", None]),
    ("ARRAY[true, NULL]", [True, None]),
    ("ARRAY['\\xff'::bytea, NULL]", ["/w==", None]),
    ("ARRAY['{\"a\": 1}'::jsonb, '\"x\"', 'null', NULL]", [{"a": 1}, "x", None, None]),
    ("ARRAY['2022-12-25'::date, NULL]", ["2022-12-25", None]),
    ("ARRAY['12:01:34'::time]", ["12:01:34"]),
    ("ARRAY['2022-12-25 12:01:34+00'::timestamptz, NULL]", ["2022-12-25T12:01:34+00:00", None]),
    (f"ARRAY['{UUID}'::uuid, NULL]", [UUID, None]),
    ("ARRAY['RED', NULL]::colours[]", ["RED", None]),
    ("'{}'::int4[]", []),
    ("NULL::int4[]", None),
    # what the former engine refused
    ("'1 day 02:03:04'::interval", "1 day 02:03:04"),
    ("'(1,2)'::point", "(1,2)"),
    ("'[1,5)'::int4range", "[1,5)"),
    ("'08:00:2b:01:02:03'::macaddr", "08:00:2b:01:02:03"),
    ("'a b'::tsvector", "'a' 'b'"),
    ("'pg_class'::regclass", "pg_class"),
]


@pytest.mark.parametrize(("sql", "result"), RESULTS)
async def test_each_type_has_the_form_that_programs_know(types: Any, sql: str, result: Any) -> None:
    rows = await types.query_raw(f"SELECT {sql} AS value")
    assert len(rows) == 1
    assert exactly(rows[0]["value"], result)
    first = await types.query_first(f"SELECT {sql} AS value")
    assert exactly(first, rows[0])


async def test_rows_columns_and_nothing(types: Any) -> None:
    rows = await types.query_raw("SELECT n AS a, n * 2 AS b, 'x' AS \"C d\" FROM generate_series(1, 3) n")
    assert rows == [{"a": n, "b": n * 2, "C d": "x"} for n in (1, 2, 3)]
    assert await types.query_raw("SELECT 1 AS a, 2 AS a") == [{"a": 2}]
    assert await types.query_raw("SELECT 1 AS a WHERE false") == []
    assert await types.query_first("SELECT 1 AS a WHERE false") is None
    assert await types.query_raw("SELECT") == [{}]
    assert await types.query_raw("SELECT 1") == [{"?column?": 1}]


@pytest.mark.parametrize("sql", ["SELECT ROW(1, 2) AS r", "SELECT ARRAY[ROW(1, 2)] AS r"])
async def test_a_type_without_a_text_form_says_what_to_do(types: Any, types_client: Any, sql: str) -> None:
    with pytest.raises(types_client.errors.RawQueryError, match="try casting this column to any supported"):
        await types.query_raw(sql)


class Plain(Enum):
    """An enum that is no string."""

    RED = "RED"


class Text(str, Enum):
    """An enum whose str() is not its value."""

    RED = "RED"


PARAMETERS: Final = [
    ("int4", 1, 1),
    ("int8", 2**63 - 1, 2**63 - 1),
    ("int2", -1, -1),
    ("oid", 2**32 - 1, 2**32 - 1),
    ("int4", "7", 7),
    ("int4", 3.0, 3),
    ("float8", 1, 1.0),
    ("float8", 0.1, 0.1),
    ("float8", math.nan, math.nan),
    ("float8", Decimal("0.5"), 0.5),
    ("float4", 0.1, 0.1),
    ("numeric", 0.1, 0.1),
    ("numeric", 1, 1.0),
    ("numeric", Decimal("1.5"), 1.5),
    ("numeric", "1.5", 1.5),
    ("money", Decimal("1.5"), 1.5),
    ("bool", True, True),
    ("bool", "false", False),
    ("text", "a\U0001f9d1'\"\\", "a\U0001f9d1'\"\\"),
    ("text", "", ""),
    ("varchar", "x", "x"),
    ("uuid", uuid.UUID(UUID), UUID),
    ("uuid", UUID.upper(), UUID),
    ("bytea", b"\x00\xff", "AP8="),
    ("bytea", bytearray(b"\x00\xff"), "AP8="),
    ("bytea", "AP8=", "QVA4PQ=="),  # the bytes of a text, as the server has it; Base64 says otherwise
    ("inet", ipaddress.ip_address("::1"), "::1"),
    ("bit(4)", "0101", "0101"),
    ("date", date(2022, 12, 25), "2022-12-25"),
    ("date", datetime(2022, 12, 25, 23, tzinfo=UTC), "2022-12-25"),
    ("date", "2022-12-25", "2022-12-25"),
    ("time", time(12, 1, 34), "12:01:34"),
    ("time", "12:01:34.5", "12:01:34.500"),
    ("timestamp", datetime(2022, 12, 25, 12, 1, 34), "2022-12-25T12:01:34+00:00"),  # noqa: DTZ001  # naive is UTC
    ("timestamp", datetime(2022, 12, 25, 12, tzinfo=KOLKATA), "2022-12-25T06:30:00+00:00"),
    ("timestamp", datetime(2022, 12, 25, 12, 0, 0, 123456, UTC), "2022-12-25T12:00:00.123456+00:00"),
    ("timestamptz", datetime(2022, 12, 25, 12, 1, 34), "2022-12-25T12:01:34+00:00"),  # noqa: DTZ001  # the same
    ("timestamptz", "2022-12-25T12:01:34.000Z", "2022-12-25T12:01:34+00:00"),
    ("timestamptz", date(2022, 12, 25), "2022-12-25T00:00:00+00:00"),
    ("interval", timedelta(days=1, seconds=3), "1 day 00:00:03"),
    ("jsonb", {"a": [1, None, "x"]}, {"a": [1, None, "x"]}),
    ("jsonb", {"at": datetime(2022, 12, 25, tzinfo=UTC), "n": Decimal("1.5")},
     {"n": "1.5", "at": "2022-12-25T00:00:00+00:00"}),
    ("jsonb", [1, {"a": Decimal("1.5")}, "x", [None]], [1, {"a": "1.5"}, "x", [None]]),
    ("jsonb", '{"a": 1}', {"a": 1}),
    ("jsonb", 5, 5),
    ("jsonb", True, True),
    ("json", {"b": 1, "a": 2}, {"a": 2, "b": 1}),  # a document is jsonb first
    ("colours", "RED", "RED"),
    ("colours", Plain.RED, "RED"),
    ("colours", Text.RED, "RED"),
    ("text", Text.RED, "RED"),
    ("text", 5, "5"),
    ("text", 1.5, "1.5"),
    ("text", True, "true"),
    ("text", Decimal("1.50"), "1.50"),
    ("text", uuid.UUID(UUID), UUID),
    ("text", datetime(2022, 12, 25, 12, 1, 34), "2022-12-25 12:01:34+00"),  # noqa: DTZ001  # the same
    ("text", date(2022, 12, 25), "2022-12-25"),
    ("text", {"a": 1}, '{"a": 1}'),
    ("int4[]", [1, None, 3], [1, None, 3]),
    ("int4[]", (1, 2), [1, 2]),
    ("int4[]", [], []),
    ("int4[]", [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
    ("int8[]", [2**63 - 1], [2**63 - 1]),
    ("float8[]", [1, 0.5], [1.0, 0.5]),
    ("numeric[]", [Decimal("1.5"), 1, 0.1], [1.5, 1.0, 0.1]),
    ("bool[]", [True, None], [True, None]),
    ("text[]", ["a", "", "NULL", '"', "\\", "{}", None], ["a", "", "NULL", '"', "\\", "{}", None]),
    ("text[]", [Text.RED, 1], ["RED", "1"]),
    ("colours[]", [Plain.RED, "green one"], ["RED", "green one"]),
    ("uuid[]", [uuid.UUID(UUID)], [UUID]),
    ("bytea[]", [b"\xff"], ["/w=="]),
    ("date[]", [date(2022, 12, 25)], ["2022-12-25"]),
    ("timestamptz[]", [datetime(2022, 12, 25, tzinfo=UTC), None], ["2022-12-25T00:00:00+00:00", None]),
    ("jsonb[]", [{"a": 1}, [1], "3"], [{"a": 1}, [1], 3]),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value", "result"), PARAMETERS)
async def test_each_python_type_becomes_what_its_parameter_is(types: Any, type_: str, value: Any, result: Any) -> None:
    rows = await types.query_raw(f"SELECT $1::{type_} AS value", value)
    assert exactly(rows[0]["value"], result)
    if type_ != "json":  # which has no equality
        sql = f"SELECT 1 AS one WHERE $1::{type_} IS NOT DISTINCT FROM $2::{type_}"
        assert await types.query_raw(sql, value, value) == [{"one": 1}]


async def test_wrappers_of_the_client_are_unwrapped(types: Any, types_client: Any) -> None:
    json, base64 = types_client.Json, types_client.Base64
    rows = await types.query_raw(
        "SELECT $1::jsonb AS a, $2::json AS b, $3::jsonb[] AS c, $4::bytea AS d, $5::text AS e, $6::bytea[] AS f",
        json({"a": 1}),
        json("text"),
        [json(1), json("x"), json(None), None],
        base64.encode(b"\x00\xff"),
        base64.encode(b"\x00\xff"),
        [base64.encode(b"")],
    )
    assert rows == [{"a": {"a": 1}, "b": "text", "c": [1, "x", None, None], "d": "AP8=", "e": "\\x00ff", "f": [""]}]
    colour = types_client.enums.Colour.sky_blue
    assert await types.query_raw("SELECT $1 AS a, $2::text[] AS b", colour, [colour]) == [
        {"a": "sky_blue", "b": ["sky_blue"]}
    ]


async def test_none_is_null_for_every_type(types: Any) -> None:
    rows = await types.query_raw("SELECT $1::int4 AS a, $2 AS b, $3::jsonb AS c, $4::text[] AS d", *[None] * 4)
    assert rows == [dict.fromkeys("abcd")]


async def test_a_parameter_is_of_its_values_type(types: Any) -> None:
    rows = await types.query_raw("SELECT $1 AS a, $2 AS b, $3 AS c", *[1, True, "x"])
    assert rows == [{"a": 1, "b": True, "c": "x"}]
    record = await types.scalar.create(data={"whole": 5, "moment": datetime(2022, 12, 25, tzinfo=UTC)})
    rows = await types.query_raw(
        'SELECT id FROM "Scalar" WHERE whole = $1 AND moment = $2 AND id = ANY($3) LIMIT $4',
        5,
        datetime(2022, 12, 25, 5, 30, tzinfo=KOLKATA),
        [record.id],
        10,
    )
    assert rows == [{"id": record.id}]


@pytest.mark.parametrize(
    ("sql", "parameters", "message"),
    [
        ("SELECT $1::int4", ["x"], 'invalid input syntax for type integer: "x"'),
        ("SELECT $1::int4", [2**31], "integer out of range"),
        ("SELECT $1::int4", [[1]], r"cannot cast type bigint\[\] to integer"),
        ("SELECT $1::uuid", ["x"], 'invalid input syntax for type uuid: "x"'),
        ("SELECT $1::timestamp", ["x"], 'invalid input syntax for type timestamp: "x"'),
        ("SELECT $1::timestamptz", [5], "cannot cast type bigint to timestamp with time zone"),
        ("SELECT $1::bool", ["maybe"], 'invalid input syntax for type boolean: "maybe"'),
        ("SELECT $1::jsonb", ["{"], "invalid input syntax for type json"),
        ("SELECT $1::colours", ["PURPLE"], 'invalid input value for enum colours: "PURPLE"'),
        ("SELECT $1::text", [b"x"], "bytes are not text"),
        ("SELECT $1::text", ["a\x00"], "NUL"),
        ("SELEC 1", [], 'syntax error at or near "SELEC"'),
        ("SELECT 1; SELECT 2", [], "cannot insert multiple commands into a prepared statement"),
        ("SELECT * FROM nowhere", [], 'relation "nowhere" does not exist'),
        ("SELECT 1 / 0", [], "division by zero"),
        ('INSERT INTO "Hidden" VALUES (1), (1)', [], "duplicate key value violates unique constraint"),
    ],
)
async def test_what_is_wrong_is_said_in_the_words_of_postgresql(
    types: Any, types_client: Any, sql: str, parameters: list[Any], message: str
) -> None:
    with pytest.raises(types_client.errors.RawQueryError, match=message) as raised:
        await types.query_raw(sql, *parameters)
    assert raised.value.code == "P2010"
    if parameters:
        with pytest.raises(types_client.errors.RawQueryError, match=message):
            await types.execute_raw(sql, *parameters)


async def test_sql_goes_to_the_server_as_it_is_written(types: Any) -> None:
    assert await types.query_raw(
        """
        -- a comment with $1 and ?
        SELECT $1::text AS "ünï?", /* $2 /* nested */ */ $tag$it's $2 -- ?$tag$ AS quoted, '$3' AS text,
               '{"a": 1}'::jsonb ? 'a' AS has, '{"a": 1}'::jsonb ?| ARRAY['b'] AS any, E'\\n\\'' AS escaped,
               '\U0001f9d1' AS person
        ;
        """,
        "x",
    ) == [
        {
            "ünï?": "x",
            "quoted": "it's $2 -- ?",
            "text": "$3",
            "has": True,
            "any": False,
            "escaped": "\n'",
            "person": "\U0001f9d1",
        }
    ]


async def test_affected_rows_are_counted(types: Any) -> None:
    run = types.execute_raw
    assert await run("CREATE TABLE counted (id int4 PRIMARY KEY, n int4)") == 0
    assert await run("INSERT INTO counted SELECT g, g FROM generate_series(1, $1::int4) g", 5) == 5
    assert await run("INSERT INTO counted VALUES (1, 1) ON CONFLICT DO NOTHING") == 0
    assert await run("UPDATE counted SET n = n + $1 WHERE id > $2", 1, 2) == 3
    assert await run("UPDATE counted SET n = 0 WHERE false") == 0
    assert await run("SELECT * FROM counted WHERE id > $1", 3) == 2
    assert await run("WITH gone AS (DELETE FROM counted WHERE id = 1 RETURNING id) SELECT * FROM gone") == 1
    assert await run("DELETE FROM counted WHERE id = $1", 2) == 1
    assert await run("DELETE FROM counted") == 3
    assert await run("TRUNCATE counted") == 0
    assert await run("DROP TABLE counted") == 0
    assert await run("-- nothing") == 0
    assert await run("") == 0


async def test_a_script_without_parameters_runs_all_its_statements(types: Any) -> None:
    await types.execute_raw("CREATE TABLE script (n int4); INSERT INTO script VALUES (1), (2); UPDATE script SET n = 3")
    assert await types.query_raw("SELECT n FROM script") == [{"n": 3}, {"n": 3}]
    await types.execute_raw("DROP TABLE script")


async def test_statements_that_return_rows_are_queries_too(types: Any) -> None:
    rows = await types.query_raw('INSERT INTO "Scalar" (text) VALUES ($1), ($2) RETURNING text', "a", "b")
    assert rows == [{"text": "a"}, {"text": "b"}]
    assert await types.query_raw("CREATE TEMPORARY TABLE nothing (id int4)") == []


FILLED: Final = {
    "text": "a\U0001f9d1",
    "whole": 1,
    "big": 2**62 + 1,
    "real": 0.1,
    "exact": Decimal("12345678901234567890.123456789"),
    "truth": True,
    "moment": datetime(2022, 12, 25, 12, 1, 34, 500000, UTC),
    "colour": "RED",
    "texts": ["a", ""],
    "wholes": [1, -1],
    "bigs": [2**62 + 1],
    "reals": [0.1],
    "exacts": [Decimal("0.1"), Decimal("12345678901234567890.123456789")],
    "truths": [True, False],
    "moments": [datetime(2022, 12, 25, tzinfo=UTC)],
    "colours": ["RED"],
}


@pytest.mark.parametrize("document", [{"a": [1, None]}, [1], "text", 1, 1.5, True, None])
async def test_a_model_is_the_same_from_raw_and_from_other_queries(
    types: Any, types_client: Any, document: Any
) -> None:
    data = {
        **FILLED,
        "document": types_client.Json(document),
        "documents": [types_client.Json(document), types_client.Json("x")],
        "raw": types_client.Base64.encode(b"\x00\xff"),
        "raws": [types_client.Base64.encode(b"\xff")],
    }
    record = await types.scalar.create(data=data)
    sql = 'SELECT * FROM "Scalar" WHERE id = $1'
    assert await types.scalar.query_raw(sql, record.id) == [record]
    assert await types.scalar.query_first(sql, record.id) == record
    assert await types.query_raw(sql, record.id, model=types_client.models.Scalar) == [record]
    assert await types.query_first(sql, record.id, model=types_client.models.Scalar) == record
    assert await types_client.models.Scalar.prisma(types).query_first(sql, record.id) == record
    assert await types.scalar.query_first(sql, -1) is None


async def test_nulls_fill_a_model(types: Any) -> None:
    record = await types.scalar.create(data={})
    assert record.texts == record.documents == record.raws == []
    await types.execute_raw('UPDATE "Scalar" SET texts = NULL, documents = NULL, raws = NULL WHERE id = $1', record.id)
    assert await types.scalar.query_first('SELECT * FROM "Scalar" WHERE id = $1', record.id) == record


async def test_native_dates_and_times_fill_a_model(types: Any) -> None:
    at = datetime(2024, 2, 29, 23, 59, 58, 123456, UTC)
    names = ["timestamp6", "timestamptz", "date", "time", "timetz"]
    record = await types.native.create(data=dict.fromkeys(names, at))
    assert await types.native.query_first('SELECT * FROM "Native" WHERE id = $1', record.id) == record
    lists = await types.nativelist.create(data={name: [at] for name in names})
    assert await types.nativelist.query_first('SELECT * FROM "NativeList" WHERE id = $1', lists.id) == lists


class Row(BaseModel):
    """A model of the program's own."""

    n: int
    total: float
    exact: Decimal
    day: date
    at: datetime
    clock: time
    id: uuid.UUID
    names: list[str]
    maybe: Optional[int] = None  # noqa: UP045  # as programs for Python 3.9 write it


async def test_a_model_of_the_programs_own_is_filled(types: Any) -> None:
    sql = """
        SELECT count(*) AS n, 2.50 AS total, 12345678901234567890.123456789 AS exact, '2022-12-25'::date AS day,
               '2022-12-25 12:01:34.5+00'::timestamptz AS at, '12:01:34.5'::time AS clock,
               gen_random_uuid() AS id, ARRAY['a', 'b'] AS names, NULL AS maybe
    """
    row = await types.query_first(sql, model=Row)
    assert row == Row(
        n=1,
        total=2.5,
        exact=Decimal("12345678901234567890.123456789"),
        day=date(2022, 12, 25),
        at=datetime(2022, 12, 25, 12, 1, 34, 500000, UTC),
        clock=time(12, 1, 34, 500000),
        id=row.id,
        names=["a", "b"],
    )
    assert await types.query_raw("SELECT 1 AS n WHERE false", model=Row) == []
    assert await types.query_first("SELECT 1 AS n WHERE false", model=Row) is None


async def test_json_fills_a_json_field_of_the_programs_own(types: Any, types_client: Any) -> None:
    class Document(BaseModel):
        value: types_client.Json
        values: list[types_client.Json]

    for value in ({"a": 1}, [1], "text", "1", 1.5, None):
        row = await types.query_first(
            "SELECT $1::jsonb AS value, $2::json[] AS values",
            types_client.Json(value),
            [types_client.Json(value)],
            model=Document,
        )
        assert (row.value, row.values) == (value, [value])


async def test_ten_megabytes_go_through_a_raw_query(types: Any) -> None:
    text = "\U0001f9d1" * 2_500_000
    assert await types.query_raw("SELECT $1 AS text, length($1) AS length", text) == [
        {"text": text, "length": 2_500_000}
    ]


async def test_many_rows_come_back_in_order(types: Any) -> None:
    rows = await types.query_raw("SELECT g::int8 AS n, g::numeric / 2 AS half FROM generate_series(1, 20000) g")
    assert [row["n"] for row in rows] == list(range(1, 20001))
    assert rows[4] == {"n": 5, "half": 2.5}


async def test_raw_queries_run_inside_transactions_and_batches(types: Any, types_client: Any) -> None:
    record = await types.scalar.create(data={"whole": 1})
    with pytest.raises(types_client.errors.RawQueryError):
        async with types.tx() as tx:
            assert await tx.execute_raw('UPDATE "Scalar" SET whole = 2 WHERE id = $1', record.id) == 1
            rows = await tx.query_raw('SELECT whole FROM "Scalar" WHERE id = $1', record.id)
            assert rows == [{"whole": 2}]
            await tx.query_raw("SELECT 1 / 0")
    async with types.batch_() as batch:
        batch.execute_raw('UPDATE "Scalar" SET whole = whole + $1 WHERE id = $2', 5, record.id)
        batch.scalar.update(where={"id": record.id}, data={"text": "x"})
    found = await types.scalar.find_unique(where={"id": record.id})
    assert (found.whole, found.text) == (6, "x")
