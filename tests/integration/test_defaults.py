"""Attributes of a schema: defaults, names in the database, several schemas, views, and what the client leaves out."""

from __future__ import annotations

import asyncio
import logging
import operator
import re
import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest

from fix_clients import prisma
from fix_types import SCHEMA

pytestmark = pytest.mark.asyncio(loop_scope="module")

UTC: Final = timezone.utc
MINUTE: Final = timedelta(minutes=1)

CONSTANTS: Final = {
    "text": 'it\'s "quoted" \\ é',
    "whole": -7,
    "big": 9007199254740993,
    "real": 1.5,
    "exact": Decimal("12.34"),
    "truth": True,
    "moment": datetime(2024, 2, 29, 12, 0, 0, 123000, UTC),
    "document": {"a": [1, None]},
    "colour": "sky_blue",
    "texts": ["a", "b"],
    "wholes": [1, -2],
    "exacts": [Decimal("1.5")],
    "colours": ["RED", "sky_blue"],
    "empty": [],
    "changes": 0,
    "computed": 42,
}

PATTERNS: Final = {
    "uuid4": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "uuid7": "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "native": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "database": "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "cuid1": "c[0-9a-z]{24}",
    "cuid2": "[a-z][0-9a-z]{23}",
    "ulid": "[0-7][0-9A-HJKMNP-TV-Z]{25}",
    "nanoid": "[A-Za-z0-9_-]{21}",
    "nanoid10": "[A-Za-z0-9_-]{10}",
}


async def test_rows_that_leave_out_constants_get_them_in_one_statement(
    types: Any, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"text": "a", "whole": 1, "big": 2**40, "real": 0.5, "truth": False}
    rows: list[Any] = [{name: given[name] for name in given if name not in left} for left in combinations(given, 2)]
    before = [record.id for record in await types.default.find_many()]
    with caplog.at_level(logging.DEBUG, "prisma_engine.sql"):
        assert await types.default.create_many(data=rows) == len(rows)
    assert sum("INSERT" in record.getMessage() for record in caplog.records) == 1
    stored = await types.default.find_many(where={"id": {"not_in": before}}, order={"id": "asc"})
    found = [{name: getattr(record, name) for name in given} for record in stored]
    key = operator.itemgetter(*given)
    assert sorted(found, key=key) == sorted(
        ({name: {**CONSTANTS, **row}[name] for name in given} for row in rows), key=key
    )


async def test_constants_of_every_type_are_stored(types: Any) -> None:
    record = await types.default.create(data={})
    assert {name: getattr(record, name) for name in CONSTANTS} == CONSTANTS
    assert record.raw.decode() == b"\x00\xff"
    assert await types.default.find_first(where={"id": record.id, "exact": Decimal("12.3400"), "colour": "sky_blue"})


@pytest.mark.parametrize("field", PATTERNS)
async def test_generated_ids_have_their_form_and_differ(types: Any, field: str) -> None:
    records = [await types.default.create(data={}) for _ in range(3)]
    await types.default.create_many(data=[{"changes": records[0].id}] * 20)
    records += await types.default.find_many(where={"changes": records[0].id})
    values = [getattr(record, field) for record in records]
    assert all(re.fullmatch(PATTERNS[field], value) for value in values)
    assert len(set(values)) == 23
    assert await types.default.find_first(where={field: values[0]}) == records[0]


async def test_ids_with_a_time_are_in_order(types: Any) -> None:
    before = await types.default.create(data={})
    after = await types.default.create(data={})
    while after.created == before.created:  # the ids count milliseconds
        after = await types.default.create(data={})
    assert before.uuid7 < after.uuid7
    assert before.ulid < after.ulid
    assert abs(uuid.UUID(after.uuid7).int >> 80) - int(after.created.timestamp() * 1000) < 60_000


async def test_sequences_count_on(types: Any) -> None:
    one, two = [await types.default.create(data={}) for _ in range(2)]
    assert (two.id, two.number) == (one.id + 1, one.number + 1)


async def test_sequences_count_in_the_order_of_the_rows(types: Any) -> None:
    owner = await types.scalar.create(data={})
    rows: list[dict[str, Any]] = [
        {"text": "a"},
        {"whole": 1},
        {"text": "b", "whole": 2},
        {"text": "c"},
        {"whole": None},
    ]
    assert await types.scalar.create_many(data=[{**row, "ownerId": owner.id} for row in rows]) == len(rows)
    found = await types.scalar.find_many(where={"ownerId": owner.id}, order={"id": "asc"})
    assert [(item.text, item.whole) for item in found] == [(row.get("text"), row.get("whole")) for row in rows]


async def test_now_is_one_instant_of_a_call(types: Any) -> None:
    record = await types.default.create(data={})
    assert abs(datetime.now(UTC) - record.created) < MINUTE
    assert record.created == record.changed == record.precise == record.both
    assert record.day == record.created.replace(hour=0, minute=0, second=0, microsecond=0)
    assert await types.default.find_first(where={"id": record.id, "created": record.created, "both": record.both})


async def test_updated_at_changes_with_every_update_unless_it_is_given(types: Any) -> None:
    old = datetime(2000, 1, 1, tzinfo=UTC)
    record = await types.default.create(data={"changed": old, "both": old})
    assert (record.changed, record.both) == (old, old)
    updated = await types.default.update(where={"id": record.id}, data={"changes": {"increment": 1}})
    assert (updated.changes, updated.created) == (1, record.created)
    assert updated.changed == updated.both > old
    fixed = await types.default.update(where={"id": record.id}, data={"changed": old})
    assert (fixed.changed, fixed.both > old) == (old, True)
    assert await types.default.update_many(where={"id": record.id}, data={"changes": 5}) == 1
    assert (await types.default.find_unique(where={"id": record.id})).changed > old


async def test_given_values_win_over_defaults(types: Any, types_client: Any) -> None:
    given = {
        "id": 1_000_000,
        "uuid4": "mine",
        "database": str(uuid.UUID(int=1)),
        "computed": 1,
        "created": datetime(1999, 1, 1, tzinfo=UTC),
        "precise": datetime(1999, 1, 1, 0, 0, 0, 123456, UTC),
        "text": "",
        "truth": False,
        "colour": "RED",
        "exact": Decimal(0),
    }
    record = await types.default.create(data={**given, "texts": [], "document": types_client.Json(None)})
    assert {name: getattr(record, name) for name in given} == given
    assert (record.texts, record.document) == ([], None)
    assert await types.default.find_first(where=given) == record


# Names in the database


async def test_mapped_names_work_in_every_position(types: Any) -> None:
    third = str(uuid.uuid4())
    data = {"first": 1, "second": "x", "third": third, "fourth": 4}
    record = await types.mapped.create(data={**data, "leaves": {"create": [{}, {}]}}, include={"leaves": True})
    assert (record.colour, len(record.leaves)) == ("GREEN", 2)
    where = {"both": {"first": 1, "second": "x"}}
    assert (await types.mapped.find_unique(where=where)).third == third
    assert (await types.mapped.find_unique(where={"pair": {"third": third, "fourth": 4}})).second == "x"
    updated = await types.mapped.update(where=where, data={"colour": "sky_blue", "fourth": {"increment": 1}})
    assert (updated.colour, updated.fourth) == ("sky_blue", 5)
    upserted = await types.mapped.upsert(
        where=where, data={"create": {**data, "third": str(uuid.uuid4())}, "update": {"colour": "RED"}}
    )
    assert upserted.colour == "RED"
    groups = await types.mapped.group_by(["colour"], count=True, sum={"fourth": True}, where={"first": 1})
    assert groups == [{"colour": "RED", "_count": {"_all": 1}, "_sum": {"fourth": 5}}]
    found = await types.mapped.find_many(
        where={"leaves": {"some": {"first": 1}}}, order=[{"second": "desc"}], cursor=where, distinct=["fourth"]
    )
    assert [item.fourth for item in found] == [5]
    leaf = await types.leaf.find_first(where={"mapped": {"is": {"second": "x"}}}, include={"mapped": True})
    assert leaf.mapped.third == third
    assert await types.mapped.delete_many(where={"third": third}) == 1
    assert await types.leaf.count(where={"first": 1}) == 0


async def test_a_mapped_index_and_a_compound_id_refuse_duplicates(types: Any, types_client: Any) -> None:
    data = {"first": 2, "second": "x", "third": str(uuid.uuid4()), "fourth": 4}
    await types.mapped.create(data=data)
    with pytest.raises(types_client.errors.UniqueViolationError):
        await types.mapped.create(data={**data, "first": 3})
    with pytest.raises(types_client.errors.UniqueViolationError):
        await types.mapped.create(data={**data, "fourth": 5})
    assert await types.mapped.create_many(data=[data, {**data, "first": 3, "fourth": 5}], skip_duplicates=True) == 1


async def test_mapped_members_of_enums_are_their_database_names_in_the_database(types: Any) -> None:
    record = await types.scalar.create(data={"colour": "sky_blue", "colours": ["GREEN", "sky_blue"]})
    rows = await types.query_raw('SELECT colour, colours FROM "Scalar" WHERE id = $1', record.id)
    assert rows == [{"colour": 'Ciel "bleu"', "colours": ["green one", 'Ciel "bleu"']}]


# Several schemas


async def test_tables_of_one_name_live_in_two_schemas(types: Any) -> None:
    day = datetime(2024, 1, 1, 0, 0, 0, 123456, UTC)
    record = await types.record.create(data={"day": day, "kind": "OLD", "leaf": {"create": {}}}, include={"leaf": True})
    assert (record.day, record.kind, record.leaf.id) == (day, "OLD", record.leafId)
    assert await types.record.find_unique(where={"day_kind": {"day": day, "kind": "OLD"}}) is not None
    rows = await types.query_raw('SELECT kind FROM archive."Scalar" WHERE id = $1', record.id)
    assert rows == [{"kind": "vieux"}]
    leaf = await types.leaf.find_unique(where={"id": record.leafId}, include={"archived": True})
    assert leaf.archived.day == day


async def test_references_cross_schemas(types: Any, types_client: Any) -> None:
    with pytest.raises(types_client.errors.ForeignKeyViolationError):
        await types.leaf.create(data={"first": 404, "second": "nobody"})


# Views, and what the client does not get


async def test_a_view_is_read_like_a_table(types_client: Any, types_url: str) -> None:
    async with types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) as client:
        await client.scalar.create_many(data=[{"colour": "RED"}, {"colour": "RED"}, {"colour": "sky_blue"}])
        rows = await client.summary.find_many(order={"rows": "desc"})
        assert [(row.colour, row.rows) for row in rows] == [("RED", 2), ("sky_blue", 1)]
        assert (await client.summary.find_first(where={"colour": "sky_blue"})).rows == 1
        assert await client.summary.count() == 2
        assert (await client.summary.find_unique(where={"colour": "RED"})).rows == 2
        assert await client.summary.find_unique(where={"colour": "GREEN"}) is None
        groups = await client.summary.group_by(["colour"], sum={"rows": True}, order={"colour": "asc"})
        assert [(group["colour"], group["_sum"]["rows"]) for group in groups] == [("RED", 2), ("sky_blue", 1)]
        with pytest.raises(types_client.errors.DataError, match="Summary is a view and can only be read"):
            await client.summary.create(data={"colour": "RED"})
        with pytest.raises(types_client.errors.RecordNotFoundError):
            await client.summary.find_unique_or_raise(where={"colour": "GREEN"})


async def test_a_view_without_a_unique_field_is_refused_in_clear_words(tmp_path: Path) -> None:
    text = SCHEMA.read_text(encoding="utf-8").replace("Colour? @unique\n  rows", "Colour?\n  rows")
    (tmp_path / "schema.prisma").write_text(text, encoding="utf-8")
    with pytest.raises(AssertionError, match="The view Summary has no unique field"):
        prisma("generate", "--schema", str(tmp_path / "schema.prisma"), folder=tmp_path)


async def test_ignored_and_unsupported_columns_keep_what_they_hold(types: Any, types_client: Any) -> None:
    record = await types.partial.create(data={"visible": "a"})
    assert record.model_dump() == {"id": record.id, "visible": "a", "indexed": None}
    sql = 'UPDATE "Partial" SET secret = $1, place = $2 WHERE id = $3'
    assert await types.execute_raw(sql, "s", "(1,2)", record.id) == 1
    updated = await types.partial.update(where={"id": record.id}, data={"visible": "b"})
    assert updated.visible == "b"
    rows = await types.query_raw('SELECT secret, place, span FROM "Partial" WHERE id = $1', record.id)
    assert rows == [{"secret": "s", "place": "(1,2)", "span": "1 day"}]
    assert not hasattr(types, "hidden")
    with pytest.raises(types_client.errors.FieldNotFoundError):
        await types.partial.find_first(where={"secret": "s"})


async def test_generated_ids_do_not_collide_between_clients(types_client: Any, types_url: str) -> None:
    async def create(client: Any) -> list[Any]:
        return [await client.default.create(data={}) for _ in range(10)]

    clients = [types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) for _ in range(3)]
    for client in clients:
        await client.connect()
    records = [record for made in await asyncio.gather(*map(create, clients)) for record in made]
    for client in clients:
        await client.disconnect()
    for field in PATTERNS:
        assert len({getattr(record, field) for record in records}) == 30
