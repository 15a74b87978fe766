"""Values of every native type of PostgreSQL that a schema can name with `@db.`, as scalars and in lists."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

UTC: Final = timezone.utc
MICROSECONDS: Final = datetime(2024, 2, 29, 23, 59, 58, 123456, UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """A value for a column: `stored` is what it becomes there, `shown` how PostgreSQL writes that."""

    field: str
    value: Any
    stored: Any
    shown: str


def same(field: str, value: Any, *, shown: str | None = None) -> Case:
    """A value that comes back as it was given."""
    return Case(field, value, value, str(value) if shown is None else shown)


CASES: Final = [
    same("text", "a\U0001f9d1"),
    same("text", ""),
    same("varchar", "x" * 20),
    same("anyVarchar", "\U0001f9d1" * 3000),
    Case("char", "ab", "ab   ", "ab"),
    same("char", "abcde"),
    same("uuid", "6a46cff0-5e91-40f0-bb9d-2be0817afc74"),
    Case("uuid", "6A46CFF0-5E91-40F0-BB9D-2BE0817AFC74", *["6a46cff0-5e91-40f0-bb9d-2be0817afc74"] * 2),
    same("xml", '<a b="c">\U0001f9d1</a>'),
    same("inet", "192.168.0.1", shown="192.168.0.1/32"),
    same("inet", "10.0.0.0/8"),
    same("inet", "::1", shown="::1/128"),
    Case("inet", "2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001:db8::1/128"),
    same("bit", "0101"),
    same("varbit", "1"),
    same("varbit", "10101010"),
    same("varbit", ""),
    Case("boolean", value=True, stored=True, shown="true"),
    Case("boolean", value=False, stored=False, shown="false"),
    same("integer", 2**31 - 1),
    same("integer", -(2**31)),
    same("smallInt", 2**15 - 1),
    same("smallInt", -(2**15)),
    same("oid", 0),
    same("oid", 2**31 - 1),
    same("bigInt", 2**63 - 1),
    same("bigInt", -(2**63)),
    same("double", 0.1),
    same("double", 5e-324, shown="5e-324"),
    same("double", math.inf, shown="Infinity"),
    same("float4", 0.5),
    same("float4", 0.1),
    same("float4", 3.4028235e38, shown="3.4028235e+38"),
    Case("float4", 1 / 3, 0.33333334, "0.33333334"),
    same("numeric", Decimal("0." + "1234567899" * 30)),
    same("numeric", Decimal("9" * 300)),
    same("numeric", Decimal("1E-100"), shown="0." + "0" * 99 + "1"),
    Case("numeric", Decimal("1.50"), Decimal("1.5"), "1.50"),
    same("fixed", Decimal("99999999.9999")),
    Case("fixed", Decimal("1.5"), Decimal("1.5"), "1.5000"),
    Case("money", Decimal("1234567.89"), Decimal("1234567.89"), "$1,234,567.89"),
    Case("money", Decimal("-0.5"), Decimal("-0.5"), "-$0.50"),
    same("timestamp", MICROSECONDS, shown="2024-02-29 23:59:58.123456"),
    same("timestamp6", MICROSECONDS, shown="2024-02-29 23:59:58.123456"),
    Case("timestamp0", MICROSECONDS, MICROSECONDS.replace(microsecond=0), "2024-02-29 23:59:58"),
    same("timestamp6", datetime(1, 1, 1, 0, 0, 0, 1, UTC), shown="0001-01-01 00:00:00.000001"),
    same("timestamp6", datetime(9999, 12, 31, 23, 59, 59, 999999, UTC), shown="9999-12-31 23:59:59.999999"),
    same("timestamp6", datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), shown="1969-12-31 23:59:59.999999"),
    same("timestamptz", MICROSECONDS, shown="2024-02-29 23:59:58.123456+00"),
    same("timestamptz", datetime(1, 1, 1, tzinfo=UTC), shown="0001-01-01 00:00:00+00"),
    Case(
        "timestamptz3",
        MICROSECONDS.replace(microsecond=999999).astimezone(timezone(timedelta(hours=-9, minutes=-30))),
        MICROSECONDS.replace(microsecond=999000),
        "2024-02-29 23:59:58.999+00",
    ),
    same("date", datetime(2024, 2, 29, tzinfo=UTC), shown="2024-02-29"),
    same("date", datetime(1, 1, 1, tzinfo=UTC), shown="0001-01-01"),
    same("date", datetime(9999, 12, 31, tzinfo=UTC), shown="9999-12-31"),
    Case("date", MICROSECONDS, datetime(2024, 2, 29, tzinfo=UTC), "2024-02-29"),
    Case("time", MICROSECONDS, EPOCH.replace(hour=23, minute=59, second=58, microsecond=123456), "23:59:58.123456"),
    Case("time3", MICROSECONDS, EPOCH.replace(hour=23, minute=59, second=58, microsecond=123000), "23:59:58.123"),
    same("time", EPOCH, shown="00:00:00"),
    same("timetz", EPOCH.replace(hour=12, microsecond=1), shown="12:00:00.000001+00"),
    Case(
        "timetz",
        datetime(2024, 1, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        EPOCH.replace(hour=20, minute=30),
        "20:30:00+00",
    ),
]

UNORDERED: Final = {"xml"}
"""Types that PostgreSQL neither compares nor orders; bits, addresses and the like it does, Prisma's filters too."""


async def skip_without_xml(client: Any, errors: Any, field: str) -> None:
    """Skip the test of an XML column where PostgreSQL was built without XML, as embedded ones are."""
    if field == "xml":
        try:
            await client.query_raw("SELECT '<a/>'::xml AS document")
        except errors.RawQueryError as error:
            pytest.skip(str(error))


def name(case: Case) -> str:
    return f"{case.field}-{str(case.value)[:30]}"


async def found_by(model: Any, record: Any, **where: Any) -> bool:
    """Whether a filter finds the record."""
    return await model.find_first(where={"id": record.id, **where}) is not None


@pytest.mark.parametrize("case", CASES, ids=name)
async def test_a_native_value_comes_back_and_is_found(types: Any, types_client: Any, case: Case) -> None:
    await skip_without_xml(types, types_client.errors, case.field)
    record = await types.native.create(data={case.field: case.value})
    assert getattr(record, case.field) == case.stored
    assert repr(getattr(record, case.field)) == repr(case.stored)
    rows = await types.query_raw(f'SELECT "{case.field}"::text AS shown FROM "Native" WHERE id = $1', record.id)
    assert rows[0]["shown"] == case.shown
    if case.field in UNORDERED:
        return
    if case.stored != 0.33333334:  # what a real rounds is not the double that it is compared with
        assert await found_by(types.native, record, **{case.field: case.value})
        assert not await found_by(types.native, record, **{case.field: {"not": case.value}})
    assert await found_by(types.native, record, **{case.field: {"not": None}})


@pytest.mark.parametrize("case", [case for case in CASES if case.field not in ("boolean", "xml")], ids=name)
async def test_a_native_value_is_in_lists_and_on_both_sides_of_comparisons(types: Any, case: Case) -> None:
    record = await types.native.create(data={case.field: case.stored})
    assert await found_by(types.native, record, **{case.field: {"in": [case.stored]}})
    assert not await found_by(types.native, record, **{case.field: {"not_in": [case.stored]}})
    if case.field not in ("uuid", "inet", "bit", "varbit"):
        assert await found_by(types.native, record, **{case.field: {"gte": case.stored, "lte": case.stored}})
        assert not await found_by(types.native, record, **{case.field: {"gt": case.stored}})


@pytest.mark.parametrize("case", CASES, ids=name)
async def test_a_native_value_is_updated_and_inserted_with_others(types: Any, types_client: Any, case: Case) -> None:
    await skip_without_xml(types, types_client.errors, case.field)
    record = await types.native.create(data={})
    assert getattr(record, case.field) is None
    updated = await types.native.update(where={"id": record.id}, data={case.field: case.value})
    assert getattr(updated, case.field) == case.stored
    assert await types.native.update_many(where={"id": record.id}, data={case.field: None}) == 1
    assert await found_by(types.native, record, **{case.field: None})
    rows = [{"id": number - 3 * record.id, case.field: case.value} for number in range(3)]
    assert await types.native.create_many(data=rows[:1]) == 1
    assert await types.native.create_many(data=rows[1:]) == 2
    found = await types.native.find_many(where={"id": {"in": [row["id"] for row in rows]}})
    assert [repr(getattr(row, case.field)) for row in found] == [repr(case.stored)] * 3


@pytest.mark.parametrize("field", sorted({case.field for case in CASES} - UNORDERED))
async def test_native_values_are_ordered_by_the_database(types: Any, field: str) -> None:
    values = [case.value for case in CASES if case.field == field]
    ids = [(await types.native.create(data={field: value})).id for value in values]
    rows = await types.query_raw(f'SELECT id FROM "Native" WHERE id = ANY($1) ORDER BY "{field}" DESC, id', ids)
    found = await types.native.find_many(where={"id": {"in": ids}}, order=[{field: "desc"}, {"id": "asc"}])
    assert [record.id for record in found] == [row["id"] for row in rows]


LISTS: Final = {
    field: [case for case in CASES if case.field == field]
    for field in (
        "text", "varchar", "char", "uuid", "xml", "inet", "bit", "varbit", "boolean", "integer", "smallInt", "oid",
        "bigInt", "double", "float4", "numeric", "fixed", "timestamp6", "timestamptz", "timestamptz3", "date",
        "time", "timetz",
    )
}  # fmt: skip


@pytest.mark.parametrize("field", LISTS)
async def test_lists_of_native_values_come_back_and_are_found(types: Any, types_client: Any, field: str) -> None:
    await skip_without_xml(types, types_client.errors, field)
    given, stored = [case.value for case in LISTS[field]], [case.stored for case in LISTS[field]]
    record = await types.nativelist.create(data={field: given})
    assert repr(getattr(record, field)) == repr(stored)
    if field not in UNORDERED:
        assert await found_by(types.nativelist, record, **{field: {"equals": stored}})
        assert await found_by(types.nativelist, record, **{field: {"has": stored[-1]}})
        assert await found_by(types.nativelist, record, **{field: {"has_every": stored}})
        assert await found_by(types.nativelist, record, **{field: {"has_some": stored[:1]}})
    pushed = await types.nativelist.update(where={"id": record.id}, data={field: {"push": given[:1]}})
    assert getattr(pushed, field) == [*stored, stored[0]]
    emptied = await types.nativelist.update(where={"id": record.id}, data={field: []})
    assert getattr(emptied, field) == []
    if field == "xml":
        with pytest.raises(types_client.errors.DataError, match="could not identify an equality operator for type xml"):
            await found_by(types.nativelist, record, xml={"is_empty": True})
    else:
        assert await found_by(types.nativelist, record, **{field: {"is_empty": True}})
    rows = [{"id": number - 2 * record.id, field: given} for number in range(2)]
    assert await types.nativelist.create_many(data=rows) == 2
    found = await types.nativelist.find_many(where={"id": {"in": [row["id"] for row in rows]}})
    assert [getattr(row, field) for row in found] == [stored] * 2


async def test_lists_of_money_come_back_and_are_found(types: Any) -> None:
    coins = [Decimal("1234567.89"), Decimal("-0.5")]
    purse = await types.purse.create(data={"coins": coins})
    assert purse.coins == coins
    assert await found_by(types.purse, purse, coins={"has": coins[0]})
    assert await found_by(types.purse, purse, coins={"equals": coins})
    pushed = await types.purse.update(where={"id": purse.id}, data={"coins": {"push": [Decimal(1)]}})
    assert pushed.coins == [*coins, Decimal(1)]


@pytest.mark.parametrize("field", ["jsonb", "jsonText"])
@pytest.mark.parametrize("value", [{"b": 1, "a": [None, 1.5]}, [], "text", 0, None])
async def test_documents_of_both_kinds_come_back_and_are_found(
    types: Any, types_client: Any, field: str, value: Any
) -> None:
    document = types_client.Json(value)
    record = await types.native.create(data={field: document})
    assert getattr(record, field) == value
    assert await found_by(types.native, record, **{field: document})
    assert await found_by(types.native, record, **{field: {"not": None}})
    assert not await found_by(types.native, record, **{field: {"not": document}})
    lists = await types.nativelist.create(data={field: [document, document]})
    assert getattr(lists, field) == [value, value]
    pushed = await types.nativelist.update(where={"id": lists.id}, data={field: {"push": [document]}})
    assert getattr(pushed, field) == [value] * 3


async def test_a_json_column_keeps_the_text_and_a_jsonb_column_the_data(types: Any) -> None:
    text = '{"b": 1.50,  "a": 1, "b": 2}'
    record = await types.native.create(data={"jsonText": text, "jsonb": text})
    rows = await types.query_raw(
        'SELECT "jsonText"::text AS t, jsonb::text AS b FROM "Native" WHERE id = $1', record.id
    )
    assert rows == [{"t": text, "b": '{"a": 1, "b": 2}'}]


async def test_bytes_come_back_and_are_found(types: Any, types_client: Any) -> None:
    raw = types_client.Base64.encode(bytes(range(256)))
    record = await types.native.create(data={"bytea": raw})
    assert record.bytea == raw
    assert await found_by(types.native, record, bytea={"in": [raw]})
    lists = await types.nativelist.create(data={"bytea": [raw, raw]})
    assert lists.bytea == [raw, raw]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("varchar", "x" * 21, "too long"),
        ("char", "abcdef", "too long"),
        ("uuid", "not-a-uuid", "invalid input syntax for type uuid"),
        ("xml", "<a>", "invalid XML content"),
        ("inet", "300.0.0.1", "invalid input syntax for type inet"),
        ("bit", "01", "bit string length 2 does not match type bit\\(4\\)"),
        ("varbit", "2", "not a valid binary digit"),
        ("smallInt", 2**15, "out of range for type smallint"),
        ("oid", -1, "out of range for type oid"),
        ("float4", 1e39, "out of range"),
        ("fixed", Decimal("100000000"), "numeric field overflow"),
        ("money", Decimal("1E+18"), "out of range"),
    ],
)
async def test_a_native_type_refuses_what_it_cannot_hold(
    types: Any, types_client: Any, field: str, value: Any, error: str
) -> None:
    await skip_without_xml(types, types_client.errors, field)
    with pytest.raises(types_client.errors.DataError, match=error):
        await types.native.create(data={field: value})


async def test_joins_read_native_types_as_other_queries_do(joined: Any, joined_client: Any) -> None:
    cases = [case for case in CASES if case.field != "xml"]
    owner = await joined.scalar.create(data={})
    await joined.native.create_many(data=[{"ownerId": owner.id, case.field: case.value} for case in cases])
    lists = {field: [case.value for case in LISTS[field]] for field in LISTS if field != "xml"}
    documents = {field: [joined_client.Json({"a": [1.5, None]})] for field in ("jsonb", "jsonText")}
    raws = {"bytea": [joined_client.Base64.encode(b"\x00\xff")]}
    await joined.nativelist.create(data={"ownerId": owner.id, **lists, **documents, **raws})
    found = await joined.scalar.find_unique(
        where={"id": owner.id}, include={"natives": {"order_by": {"id": "asc"}}, "lists": True}
    )
    assert found.natives == await joined.native.find_many(where={"ownerId": owner.id}, order={"id": "asc"})
    assert found.lists == await joined.nativelist.find_many(where={"ownerId": owner.id})
    assert [getattr(record, case.field) for record, case in zip(found.natives, cases, strict=True)] == [
        case.stored for case in cases
    ]


async def test_case_insensitive_text_is_found_in_any_case(types_client: Any, types_url: str) -> None:
    """Citext is an extension that this schema does not name, so a column becomes one here."""
    async with types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) as client:
        if not await client.query_raw("SELECT 1 AS one FROM pg_available_extensions WHERE name = 'citext'"):
            pytest.skip("this PostgreSQL has no citext extension")
        await client.execute_raw(
            'CREATE EXTENSION citext; ALTER TABLE "Native" ALTER COLUMN text TYPE citext;'
            'ALTER TABLE "NativeList" ALTER COLUMN text TYPE citext[]'
        )
        record = await client.native.create(data={"text": "Ada"})
        assert await found_by(client.native, record, text="aDA")
        assert await found_by(client.native, record, text={"in": ["ADA"]})
        by_text = 'SELECT text FROM "Native" WHERE text = $1'
        assert await client.query_raw(by_text, "ADA") == []  # a raw parameter has its value's type
        assert await client.query_raw(f"{by_text}::citext", "ADA") == [{"text": "Ada"}]
        lists = await client.nativelist.create(data={"text": ["Ada", "Bob"]})
        assert lists.text == ["Ada", "Bob"]
        assert await found_by(client.nativelist, lists, text={"has": "BOB"})


MADE_TYPE: Final = """
CREATE TYPE label;
CREATE FUNCTION label_in(cstring) RETURNS label AS 'textin' LANGUAGE internal IMMUTABLE STRICT;
CREATE FUNCTION label_out(label) RETURNS cstring AS 'textout' LANGUAGE internal IMMUTABLE STRICT;
CREATE TYPE label (INPUT = label_in, OUTPUT = label_out, LIKE = text);
CREATE CAST (text AS label) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (label AS text) WITHOUT FUNCTION AS IMPLICIT;
ALTER TABLE "NativeList" ALTER COLUMN text TYPE label[] USING text::label[];
ALTER TABLE "Native" ALTER COLUMN text TYPE label;
CREATE DOMAIN positive AS integer CHECK (value > 0);
ALTER TABLE "NativeList" ALTER COLUMN integer TYPE positive[];
ALTER TABLE "Native" ALTER COLUMN integer TYPE positive;
"""
"""Types as extensions bring them, for columns whose fields do not know it."""


async def test_columns_of_types_that_prisma_does_not_know_hold_every_item(types_client: Any, types_url: str) -> None:
    items = ["", "a", "NULL", "null", '"', "\\", "a,b", "{}", " ", "🧑\n"]
    async with types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) as client:
        await client.execute_raw(MADE_TYPE)
        record = await client.nativelist.create(data={"text": items, "integer": [1, 2]})
        assert (record.text, record.integer) == (items, [1, 2])
        assert (await client.nativelist.update(where={"id": record.id}, data={"text": []})).text == []
        single = await client.native.create(data={"text": "", "integer": 3})
        assert (single.text, single.integer) == ("", 3)
        rows = await client.query_raw(
            "SELECT $1::label[] AS a, $2::label AS b, '{}'::label[] AS c, '[0:1]={x,NULL}'::label[] AS d,"
            " '{{a,b},{\"\",d}}'::label[] AS e",
            items,
            "",
        )
        assert rows == [{"a": items, "b": "", "c": [], "d": ["x", None], "e": [["a", "b"], ["", "d"]]}]


@pytest.mark.parametrize("type_", ["varbit", "tsvector", '"char"', "text", "bytea"])
async def test_arrays_with_empty_items_are_read(types: Any, type_: str) -> None:
    rows = await types.query_raw(f"SELECT ARRAY[NULL, ''::{type_}, ''::{type_}] AS items")
    assert rows == [{"items": [None, "", ""]}]
