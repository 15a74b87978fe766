"""Values of every Prisma type: what was written is read, found, ordered and updated exactly."""

from __future__ import annotations

import json
import math
import uuid
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import pytest

from fix_postgres import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

UTC: Final = timezone.utc
KOLKATA: Final = timezone(timedelta(hours=5, minutes=30))
ST_JOHNS: Final = timezone(-timedelta(hours=3, minutes=30))

TEXTS: Final = [
    "",
    " ",
    "é",
    "\u00e9 and e\u0301 differ",
    "\U0001f9d1\u200d\U0001f680 \U0010ffff",
    "\x01\x1f\x7f\u2028\ufeff",
    "%_\\ '\"`$1 ?",
    "line\r\nline\ttab",
    "null",
    "{1,2}",
]
WHOLES: Final = [0, 1, -1, 2**31 - 1, -(2**31)]
BIGS: Final = [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)]
REALS: Final = [
    0.0, -0.0, 0.1, 1 / 3, -2.5, 1e16, 123456789.12345679, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
    math.inf, -math.inf, math.nan,
]  # fmt: skip
EXACTS: Final = [
    Decimal(text)
    for text in (
        "0", "0.1", "-1.5", "100", "1E+10", "0.000000000000000000000000000001",
        "12345678901234567890123456789012345.123456789012345678901234567891",
        "-99999999999999999999999999999999999.999999999999999999999999999999",
    )
]  # fmt: skip
MOMENTS: Final = [
    datetime(2024, 2, 29, 23, 59, 59, 999000, UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 1000, UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1582, 10, 10, 12, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999000, UTC),
    datetime(2024, 6, 1, 12, tzinfo=KOLKATA),
    datetime(2024, 6, 1, 12, tzinfo=ST_JOHNS),
]
DOCUMENTS: Final = [
    {}, [], {"a": {"b": [1, 2.5, None, True, "x", {}]}}, [[], [[]]], "text", "", "null", "1", 'a "quoted" \\ text', 0,
    -1, 2**53 + 1, 1.5, 1e-7, True, False,
    "\U0001f9d1", {"": "", "é": 1, "\u2028": 2, "a\nb": "\t"}, {"$type": "Json"},
]  # fmt: skip
RAWS: Final = [b"", b"\x00", b"\\x00", b"\xff\xfe", bytes(range(256))]
COLOURS: Final = ["RED", "GREEN", "sky_blue"]

PLAIN: Final[dict[str, list[Any]]] = {
    "text": TEXTS, "whole": WHOLES, "big": BIGS, "real": REALS, "exact": EXACTS, "moment": MOMENTS, "colour": COLOURS,
}  # fmt: skip
"""Values of the types that have an `in` filter and no wrapper class."""

CASES: Final = [(field, value) for field, values in PLAIN.items() for value in values]


def exactly(one: object, other: object) -> bool:
    """Whether two values are the same, signs of zeros and NaN included."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isnan(one) == math.isnan(other) and (math.isnan(one) or one.hex() == other.hex())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(exactly, one, other))
    return type(one) is type(other) and one == other


async def found_by(types: Any, record: Any, **where: Any) -> bool:
    """Whether a filter finds the record."""
    found = await types.scalar.find_first(where={"id": record.id, **where})
    return found is not None


@pytest.mark.parametrize(("field", "value"), CASES)
async def test_a_value_comes_back_and_is_found_by_itself(types: Any, field: str, value: Any) -> None:
    record = await types.scalar.create(data={field: value})
    assert exactly(getattr(record, field), value)
    assert exactly(getattr(await types.scalar.find_unique(where={"id": record.id}), field), value)
    assert await found_by(types, record, **{field: value})
    assert await found_by(types, record, **{field: {"equals": value}})
    assert await found_by(types, record, **{field: {"in": [value]}})
    assert not await found_by(types, record, **{field: {"not": value}})
    assert not await found_by(types, record, **{field: {"not_in": [value]}})
    assert not await found_by(types, record, **{field: None})


@pytest.mark.parametrize(("field", "value"), CASES)
async def test_every_way_of_writing_stores_the_same(types: Any, field: str, value: Any) -> None:
    record = await types.scalar.create(data={})
    assert getattr(record, field) is None
    updated = await types.scalar.update(where={"id": record.id}, data={field: value})
    assert exactly(getattr(updated, field), value)
    assert await types.scalar.update_many(where={"id": record.id}, data={field: None}) == 1
    assert await found_by(types, record, **{field: None})
    assert await types.scalar.update_many(where={"id": record.id}, data={field: value}) == 1
    assert await found_by(types, record, **{field: value})
    upserted = await types.scalar.upsert(
        where={"id": record.id}, data={"create": {field: value}, "update": {field: value}}
    )
    assert exactly(getattr(upserted, field), value)
    assert await types.scalar.create_many(data=[{"ownerId": record.id, field: value}] * 2) == 2
    parts = await types.scalar.find_many(where={"ownerId": record.id, field: value})
    assert len(parts) == 2
    assert all(exactly(getattr(part, field), value) for part in parts)


@pytest.mark.parametrize("field", PLAIN)
async def test_a_list_keeps_its_items_in_order(types: Any, field: str) -> None:
    values, column = PLAIN[field], f"{field}s"
    record = await types.scalar.create(data={column: values})
    assert exactly(getattr(record, column), values)
    assert await found_by(types, record, **{column: {"equals": values}})
    assert await found_by(types, record, **{column: {"has": values[-1]}})
    assert await found_by(types, record, **{column: {"has_every": values[1:]}})
    assert await found_by(types, record, **{column: {"has_some": values[:1]}})
    assert await found_by(types, record, **{column: {"is_empty": False}})
    assert not await found_by(types, record, **{column: {"equals": values[1:]}})
    pushed = await types.scalar.update(where={"id": record.id}, data={column: {"push": values[:1]}})
    assert exactly(getattr(pushed, column), [*values, values[0]])
    emptied = await types.scalar.update(where={"id": record.id}, data={column: {"set": []}})
    assert getattr(emptied, column) == []
    assert await found_by(types, record, **{column: {"is_empty": True}})
    refilled = await types.scalar.update(where={"id": record.id}, data={column: values})
    assert exactly(getattr(refilled, column), values)


@pytest.mark.parametrize("field", [*PLAIN, "truth", "document", "raw"])
async def test_an_empty_list_and_a_null_column_read_as_an_empty_list(types: Any, field: str) -> None:
    column = f"{field}s"
    empty = await types.scalar.create(data={column: []})
    assert getattr(empty, column) == []
    assert await found_by(types, empty, **{column: {"is_empty": True}})
    assert await found_by(types, empty, **{column: {"equals": []}})
    absent = await types.scalar.create(data={})
    assert getattr(absent, column) == []
    await types.execute_raw(f'UPDATE "Scalar" SET {column} = NULL WHERE id = $1', absent.id)
    assert getattr(await types.scalar.find_unique(where={"id": absent.id}), column) == []
    assert await found_by(types, absent, **{column: {"equals": None}})
    assert not await found_by(types, absent, **{column: {"is_empty": False}})


@pytest.mark.parametrize("field", ["text", "whole", "big", "real", "exact", "moment", "colour"])
async def test_order_distinct_and_comparisons_follow_the_values(types: Any, field: str) -> None:
    values = sorted(set(PLAIN[field]) - {math.nan}, key=COLOURS.index if field == "colour" else None)[:4]
    if field == "text":
        values = ["a", "b", "c"]
    owner = await types.scalar.create(data={})
    for value in [*reversed(values), *values]:
        await types.scalar.create(data={"ownerId": owner.id, field: value})
    mine = {"ownerId": owner.id}

    async def read(**arguments: Any) -> list[Any]:
        return [getattr(record, field) for record in await types.scalar.find_many(**arguments)]

    assert await read(where=mine, order={field: "asc"}, distinct=[field]) == values
    assert await read(where=mine, order={field: "desc"}, distinct=[field]) == values[::-1]
    assert await read(where=mine, order=[{field: "desc"}, {"id": "asc"}], take=2) == [values[-1]] * 2
    if field != "colour":
        middle = values[1]
        below = {**mine, field: {"lt": middle}}
        assert await read(where=below, order={field: "asc"}) == [values[0]] * 2
        above = {**mine, field: {"gte": middle}}
        assert await read(where=above, order={field: "asc"}, distinct=[field]) == values[1:]


@pytest.mark.parametrize("value", [True, False])
async def test_booleans_are_found(types: Any, value: bool) -> None:  # noqa: FBT001  # pytest names it
    record = await types.scalar.create(data={"truth": value, "truths": [value, not value]})
    assert (record.truth, record.truths) == (value, [value, not value])
    assert await found_by(types, record, truth=value)
    assert await found_by(types, record, truth={"not": not value}, truths={"has": value})
    assert not await found_by(types, record, truth={"equals": not value})


@pytest.mark.parametrize("value", RAWS)
async def test_bytes_come_back_and_are_found(types: Any, types_client: Any, value: bytes) -> None:
    encoded = types_client.Base64.encode(value)
    record = await types.scalar.create(data={"raw": encoded, "raws": [encoded, types_client.Base64.encode(b"other")]})
    assert record.raw.decode() == value
    assert [item.decode() for item in record.raws] == [value, b"other"]
    assert await found_by(types, record, raw=encoded)
    assert await found_by(types, record, raw={"in": [encoded]}, raws={"has": encoded})
    assert not await found_by(types, record, raw={"not": encoded})
    updated = await types.scalar.update(where={"id": record.id}, data={"raws": {"push": [encoded]}})
    assert [item.decode() for item in updated.raws] == [value, b"other", value]


@pytest.mark.parametrize("value", DOCUMENTS)
async def test_documents_come_back_and_are_found(types: Any, types_client: Any, value: Any) -> None:
    document = types_client.Json(value)
    record = await types.scalar.create(data={"document": document, "documents": [document, types_client.Json([0])]})
    assert exactly(record.document, value)
    assert record.documents == [value, [0]]
    assert await found_by(types, record, document=document)
    assert await found_by(types, record, document={"equals": document})
    assert not await found_by(types, record, document={"not": document})
    assert await found_by(types, record, document={"not": types_client.Json("something else")})
    assert await found_by(types, record, documents={"equals": [document, types_client.Json([0])]})
    assert not await found_by(types, record, documents={"equals": [document]})
    assert await found_by(types, record, documents={"has": document})
    assert await found_by(types, record, documents={"has_every": [types_client.Json([0]), document]})
    assert await found_by(types, record, documents={"has_some": [types_client.Json("other"), document]})
    assert not await found_by(types, record, documents={"has": types_client.Json("other")})
    changed = await types.scalar.update(where={"id": record.id}, data={"document": types_client.Json([value])})
    assert changed.document == [value]
    pushed = await types.scalar.update(where={"id": record.id}, data={"documents": {"push": [document]}})
    assert pushed.documents == [value, [0], value]
    assert await types.scalar.update_many(where={"id": record.id}, data={"document": document}) == 1
    assert await found_by(types, record, document=document)


async def test_none_is_no_value_and_json_none_is_the_null_of_json(types: Any, types_client: Any) -> None:
    null = types_client.Json(None)
    nothing = await types.scalar.create(data={"document": None})
    something = await types.scalar.create(data={"document": null})
    assert (nothing.document, something.document) == (None, None)

    async def stored(record: Any) -> str | None:
        rows = await types.query_raw('SELECT document::text FROM "Scalar" WHERE id = $1', record.id)
        text: str | None = rows[0]["document"]
        return text

    assert (await stored(nothing), await stored(something)) == (None, "null")
    assert await found_by(types, nothing, document=None)
    assert not await found_by(types, something, document=None)
    assert await found_by(types, something, document=null)
    assert await found_by(types, something, document={"equals": null})
    assert not await found_by(types, nothing, document={"equals": null})
    assert await found_by(types, something, document={"not": None})
    assert not await found_by(types, nothing, document={"not": None})
    assert not await found_by(types, something, document={"not": null})
    await types.scalar.update(where={"id": nothing.id}, data={"document": null})
    await types.scalar.update(where={"id": something.id}, data={"document": None})
    assert (await stored(nothing), await stored(something)) == ("null", None)
    assert (
        await types.scalar.create_many(
            data=[{"ownerId": nothing.id, "document": null}, {"ownerId": nothing.id, "document": None}]
        )
        == 2
    )
    assert await types.scalar.count(where={"ownerId": nothing.id, "document": null}) == 1
    assert await types.scalar.count(where={"ownerId": nothing.id, "document": None}) == 1


async def test_json_text_is_taken_as_it_is(types: Any) -> None:
    record = await types.scalar.create(data={"document": '{"a": [1]}'})
    assert record.document == {"a": [1]}


async def test_moments_inside_documents_are_text_in_utc(types: Any, types_client: Any) -> None:
    value = {"naive": datetime(2024, 1, 2, 3), "local": datetime(2024, 1, 2, 3, 4, 5, 678901, KOLKATA)}  # noqa: DTZ001
    record = await types.scalar.create(data={"document": types_client.Json(value)})
    assert record.document == {
        "naive": "2024-01-02T03:00:00+00:00",
        "local": "2024-01-01T21:34:05.678000+00:00",
    }


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (datetime(2024, 1, 2, 3, 4, 5), datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),  # noqa: DTZ001  # naive is UTC
        (datetime(2024, 1, 2, 3, 4, 5, 999999, UTC), datetime(2024, 1, 2, 3, 4, 5, 999000, UTC)),
        (datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), datetime(1969, 12, 31, 23, 59, 59, 999000, UTC)),
        (datetime(2024, 1, 1, 2, 0, 0, 500, KOLKATA), datetime(2023, 12, 31, 20, 30, tzinfo=UTC)),
        (date(2024, 2, 29), datetime(2024, 2, 29, tzinfo=UTC)),
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.123987+05:30", datetime(2024, 1, 1, 21, 34, 5, 123000, UTC)),
    ],
)
async def test_a_moment_is_cut_to_what_its_column_keeps(types: Any, given: Any, stored: datetime) -> None:
    record = await types.scalar.create(data={"moment": given, "moments": [given]})
    assert (record.moment, record.moments) == (stored, [stored])
    assert await found_by(types, record, moment=given)
    assert await found_by(types, record, moment={"in": [given]}, moments={"has": given})
    assert await found_by(types, record, moment={"gte": given, "lte": given})


@pytest.mark.parametrize(("given", "stored"), [(3, 3.0), (-(2**53), -(2.0**53)), (Decimal("0.1"), 0.1)])
async def test_other_numbers_become_floats(types: Any, given: Any, stored: float) -> None:
    record = await types.scalar.create(data={"real": given})
    assert exactly(record.real, stored)
    assert await found_by(types, record, real=given)


@pytest.mark.parametrize(("given", "stored"), [(3, "3"), (0.1, "0.1"), ("1.50", "1.5"), (2**70, str(2**70))])
async def test_other_numbers_become_decimals(types: Any, given: Any, stored: str) -> None:
    record = await types.scalar.create(data={"exact": given})
    assert str(record.exact) == stored
    assert await found_by(types, record, exact=given)


async def test_decimals_have_no_padding(types: Any) -> None:
    record = await types.scalar.create(data={"exact": Decimal("1.50"), "exacts": [Decimal(100), Decimal("0.00")]})
    assert (str(record.exact), [str(item) for item in record.exacts]) == ("1.5", ["100", "0"])


async def test_arithmetic_stays_exact(types: Any) -> None:
    record = await types.scalar.create(data={"exact": Decimal("0.1"), "big": 2**62, "whole": 7, "real": 0.5})
    changed = await types.scalar.update(
        where={"id": record.id},
        data={
            "exact": {"increment": Decimal("0.000000000000000000000000000001")},
            "big": {"increment": 2**62 - 1},
            "whole": {"divide": 2},
            "real": {"multiply": 3},
        },
    )
    assert changed.exact == Decimal("0.100000000000000000000000000001")
    assert (changed.big, changed.whole, changed.real) == (2**63 - 1, 3, 1.5)


@pytest.mark.parametrize("member", COLOURS)
async def test_enum_members_and_their_names_are_the_same(types: Any, types_client: Any, member: str) -> None:
    colour = types_client.enums.Colour[member]
    record = await types.scalar.create(data={"colour": colour, "colours": [colour, "RED"]})
    assert (record.colour, record.colours) == (member, [member, "RED"])
    assert await found_by(types, record, colour=colour)
    assert await found_by(types, record, colour={"in": [colour]}, colours={"has": colour})
    assert not await found_by(types, record, colour={"not": member})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("whole", 2**31),
        ("big", 2**63),
        ("exact", Decimal("1E+35")),
        ("text", "a\x00b"),
        ("text", "\ud800"),
        ("moment", "yesterday"),
        ("moment", datetime(9999, 12, 31, 23, tzinfo=ST_JOHNS)),
        ("moment", datetime(1, 1, 1, tzinfo=KOLKATA)),
        ("moment", "2024-02-30T00:00:00Z"),
        ("raw", "not base64!"),
        ("document", "{"),
        ("colour", "PURPLE"),
        ("whole", "1"),
        ("truth", "yes"),
        ("text", 1),
    ],
)
async def test_values_that_a_field_cannot_hold_are_refused(
    types: Any, types_client: Any, field: str, value: Any
) -> None:
    before = await types.scalar.count()
    with pytest.raises(types_client.errors.DataError):
        await types.scalar.create(data={field: value})
    assert await types.scalar.count() == before


class Word(str, Enum):
    """An enum of the program's own, whose str() is not its value."""

    HELLO = "hello"


async def test_strings_that_are_members_of_other_enums_are_their_values(types: Any) -> None:
    record = await types.scalar.create(data={"text": Word.HELLO, "texts": [Word.HELLO]})
    assert (record.text, record.texts) == ("hello", ["hello"])
    assert await found_by(types, record, text=Word.HELLO, texts={"has": Word.HELLO})


async def test_a_value_of_no_prisma_type_is_a_type_error(types: Any) -> None:
    with pytest.raises(TypeError, match="not serializable"):
        await types.scalar.create(data={"text": object()})


@pytest.mark.parametrize("character", ["x", "é", "\U0001f9d1"])
async def test_ten_megabytes_of_text_come_back(types: Any, character: str) -> None:
    text = character * (10_000_000 // len(character.encode()))
    record = await types.scalar.create(data={"text": text, "texts": [text]})
    found = await types.scalar.find_unique(where={"id": record.id})
    assert found.text == text
    assert found.texts == [text]
    assert await found_by(types, record, text=text)


async def test_ten_megabytes_of_json_and_of_bytes_come_back(types: Any, types_client: Any) -> None:
    document = [{"number": number, "text": "x" * 90} for number in range(80_000)]
    assert len(json.dumps(document)) > 9_000_000
    raw = bytes(range(256)) * 40_000
    record = await types.scalar.create(
        data={"document": types_client.Json(document), "raw": types_client.Base64.encode(raw)}
    )
    found = await types.scalar.find_unique(where={"id": record.id})
    assert found.document == document
    assert found.raw.decode() == raw


async def test_an_upsert_tells_negative_zero_from_zero(types: Any) -> None:
    record = await types.scalar.upsert(
        where={"id": -1},
        data={"create": {"real": 0.0, "reals": [-0.0], "moment": MOMENTS[0]}, "update": {"real": -0.0}},
    )
    assert exactly(record.real, 0.0)
    again = await types.scalar.upsert(where={"id": record.id}, data={"create": {"real": 0.0}, "update": {"real": -0.0}})
    assert exactly(again.real, -0.0)


# Unique columns of every type


def key(number: int, types_client: Any) -> dict[str, Any]:
    """A record of `Key` whose every field grows with the number."""
    return {
        "text": f"{number:03}",
        "uuid": str(uuid.UUID(int=number)).upper(),
        "big": 2**62 + number,
        "real": number / 7,
        "exact": Decimal(f"0.{number:030}"),
        "moment": datetime(2024, 1, 1, 0, 0, 0, number * 1000, UTC),
        "fine": datetime(2024, 1, 1, 0, 0, 0, number, UTC),
        "day": datetime(1900 + number, 1, 1, tzinfo=UTC),
        "clock": datetime(1970, 1, 1, 23, 59, 59, number, UTC),
        "raw": types_client.Base64.encode(bytes([number])),
        "colour": COLOURS[number],
    }


@pytest.fixture
async def keys(types: Any, types_client: Any) -> list[Any]:
    """Three records of `Key`, which are there once."""
    if await types.key.count() == 0:
        await types.key.create_many(data=[key(number, types_client) for number in range(3)])
    found: list[Any] = await types.key.find_many(order={"big": "asc"})
    return found


KEYS: Final = ["id", "text", "uuid", "big", "real", "exact", "moment", "fine", "day", "clock", "raw", "colour"]


@pytest.mark.parametrize("field", KEYS)
async def test_a_unique_value_of_any_type_finds_its_record(types: Any, keys: list[Any], field: str) -> None:
    for record in keys:
        assert await types.key.find_unique(where={field: getattr(record, field)}) == record


@pytest.mark.parametrize("field", KEYS)
async def test_pages_start_from_a_unique_value_of_any_type(types: Any, keys: list[Any], field: str) -> None:
    cursor = {field: getattr(keys[1], field)}
    order = {"big": "asc"}
    assert await types.key.find_many(cursor=cursor, order=order) == keys[1:]
    assert await types.key.find_many(cursor=cursor, order=order, skip=1, take=1) == keys[2:]
    assert await types.key.find_many(cursor=cursor, order=order, take=-2) == keys[:2]
    assert await types.key.find_many(cursor=cursor, order={field: "asc"}, distinct=[field]) == keys[1:]


@pytest.mark.parametrize("field", KEYS)
async def test_order_and_comparisons_of_keys_are_those_of_the_database(types: Any, keys: list[Any], field: str) -> None:
    assert await types.key.find_many(order={field: "desc"}) == keys[::-1]
    if field not in ("raw", "colour", "uuid"):
        assert (
            await types.key.find_many(where={field: {"gt": getattr(keys[0], field)}}, order={"big": "asc"}) == keys[1:]
        )


async def test_compound_unique_values_find_their_record(types: Any, keys: list[Any]) -> None:
    where = {"together": {"big": keys[2].big, "fine": keys[2].fine}}
    assert await types.key.find_unique(where=where) == keys[2]
    assert await types.key.find_many(cursor=where, order={"big": "asc"}) == keys[2:]


async def test_the_digits_of_a_column_count_wherever_its_field_is_named(types: Any) -> None:
    first, second = (datetime(2001, 1, 1, 0, 0, 0, number, UTC) for number in (123456, 123457))
    leaf = await types.leaf.create(data={"archived": {"create": {"day": first}}})
    other = await types.leaf.create(data={})
    for condition in (
        first,
        {"equals": first},
        {"not": {"equals": second}},
        {"in": [first]},
        {"gt": first.replace(microsecond=1)},
    ):
        assert await types.leaf.find_first(where={"id": leaf.id, "archived": {"is": {"day": condition}}}) is not None
    assert await types.leaf.find_first(where={"archived": {"is": {"day": second}}}) is None
    assert await types.leaf.find_first(where={"NOT": [{"archived": {"is": {"day": first}}}], "id": leaf.id}) is None
    moved = await types.leaf.update(
        where={"id": other.id},
        data={"archived": {"connect": {"day_kind": {"day": first, "kind": "NEW"}}}},
        include={"archived": True},
    )
    assert moved.archived.day == first
    changed = await types.leaf.update(
        where={"id": other.id}, data={"archived": {"update": {"day": second}}}, include={"archived": True}
    )
    assert changed.archived.day == second
    upserted = await types.record.upsert(
        where={"day_kind": {"day": second, "kind": "NEW"}},
        data={"create": {"day": second}, "update": {"day": {"set": first}}},
    )
    assert (upserted.id, upserted.day) == (changed.archived.id, first)
    groups = await types.record.group_by(
        ["day"], count=True, where={"day": first}, having={"day": {"_max": {"equals": first}}}
    )
    assert [group["_count"]["_all"] for group in groups] == [1]
    assert await types.record.delete_many(where={"day": first}) == 1


# Time zones


@pytest.mark.parametrize("zone", ["America/St_Johns", "Asia/Kolkata"])
@pytest.mark.parametrize("setting", ["DATABASE", "ROLE"])
async def test_a_server_in_another_zone_gives_the_same_instants(
    server: Server, types_client: Any, types_url: str, zone: str, setting: str
) -> None:
    name = types_url.rpartition("/")[2].partition("?")[0]
    whom = f'DATABASE "{name}"' if setting == "DATABASE" else f'ROLE "{server.user}" IN DATABASE "{name}"'
    await server.execute(f"ALTER {whom} SET timezone = '{zone}'")
    moment = datetime(2024, 7, 1, 3, 4, 5, 678901, UTC)
    async with types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) as client:
        data = {"timestamp6": moment, "timestamptz": moment, "date": moment, "time": moment, "timetz": moment}
        record = await client.native.create(data=data)
        at = datetime(1970, 1, 1, 3, 4, 5, 678901, UTC)
        expected = {**data, "date": datetime(2024, 7, 1, tzinfo=UTC), "time": at, "timetz": at}
        assert {name: getattr(record, name) for name in data} == expected
        assert await client.native.find_first(where=data) == record
        rows = await client.query_raw(
            'SELECT timestamp6, timestamptz, timestamptz::text AS shown, now() - now() AS nothing FROM "Native"'
        )
        assert rows[0]["timestamp6"] == rows[0]["timestamptz"] == "2024-07-01T03:04:05.678901+00:00"
        assert rows[0]["shown"] == "2024-07-01 03:04:05.678901+00"
        defaults = await client.default.create(data={})
        rows = await client.query_raw("SELECT now() AS now, localtimestamp AS local")
        assert rows[0]["now"] == rows[0]["local"]
        assert abs(datetime.fromisoformat(rows[0]["now"]) - defaults.created) < timedelta(minutes=5)
    connection = await server.connect(name)
    try:
        stored = await connection.fetchrow('SELECT timestamptz, timestamp6 FROM "Native"')
    finally:
        await connection.close()
    assert stored is not None
    assert (stored["timestamptz"], stored["timestamp6"]) == (moment, moment.replace(tzinfo=None))


# Relations that are read with joins


async def test_joins_read_every_type_as_it_was_written(joined: Any, joined_client: Any) -> None:
    data: dict[str, Any] = {
        **{field: values[-1] for field, values in PLAIN.items()},
        **{f"{field}s": values for field, values in PLAIN.items() if field not in ("real",)},
        "real": 0.1,
        "reals": [value for value in REALS if math.isfinite(value)],
        "truth": False,
        "truths": [True, False],
        "document": joined_client.Json({"a": [1.5, None, 2**53 + 1]}),
        "documents": [joined_client.Json({"b": 0.1}), joined_client.Json("text")],
        "raw": joined_client.Base64.encode(b"\x00\xff"),
        "raws": [joined_client.Base64.encode(b""), joined_client.Base64.encode(b"\x00\xff")],
    }
    owner = await joined.scalar.create(data={"parts": {"create": [data, {}]}})
    plain = await joined.scalar.find_many(where={"ownerId": owner.id}, order={"id": "asc"})
    found = await joined.scalar.find_unique(where={"id": owner.id}, include={"parts": {"order_by": {"id": "asc"}}})
    assert found.parts == plain
    assert exactly(found.parts[0].exacts, EXACTS)
    assert exactly(found.parts[0].bigs, BIGS)
    part = await joined.scalar.find_unique(where={"id": plain[0].id}, include={"owner": True})
    assert part.owner.id == owner.id


async def test_joins_read_native_types(joined: Any) -> None:
    leaf = await joined.leaf.create(
        data={"archived": {"create": {"day": datetime(2024, 1, 1, 0, 0, 0, 123456, UTC), "id": 2**62}}}
    )
    found = await joined.leaf.find_unique(where={"id": leaf.id}, include={"archived": True})
    assert (found.archived.id, found.archived.kind) == (2**62, "NEW")
    assert found.archived.day == datetime(2024, 1, 1, 0, 0, 0, 123456, UTC)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308])
async def test_joins_read_floats_that_json_does_not_have(joined: Any, value: float) -> None:
    owner = await joined.scalar.create(data={"parts": {"create": [{"real": value, "reals": [value]}]}})
    found = await joined.scalar.find_unique(where={"id": owner.id}, include={"parts": True})
    assert exactly([found.parts[0].real, found.parts[0].reals], [value, [value]])
