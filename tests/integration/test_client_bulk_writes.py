"""Many rows in one call: the same rows as one call for each, whatever they hold."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from itertools import permutations
from typing import Any, Final

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIELDS: Final = {"id", "owner", "ownerId", "parts", "natives", "lists"}
TEXTS: Final = ["", "NULL", "null", '"', "\\", "a,b", "{}", "{a}", " ", "\n", "🧑", None, "$1", "'"]


async def stored(types: Any, owner: Any) -> list[dict[str, Any]]:
    """What the rows of an owner hold, in the order in which they were stored."""
    found = await types.scalar.find_many(where={"ownerId": owner.id}, order={"id": "asc"})
    return [record.model_dump(exclude=FIELDS) for record in found]


def rows_of_every_kind(client: Any) -> list[dict[str, Any]]:
    plain = {
        "text": "a",
        "whole": 1,
        "big": 2**40,
        "real": 0.5,
        "exact": "1.50",
        "truth": True,
        "raw": client.Base64.encode(b""),
    }
    document = {"document": client.Json({"a": ["\\", None]}), "moment": "2024-02-29T23:59:58.123Z"}
    return [
        {**plain, **document},
        *({**plain, "text": text} for text in TEXTS),
        {**plain, **document, "colour": "RED"},
        {**plain, **document, "colour": "sky_blue", "real": 3},
        {**plain, **document, "colour": None},
        *({**document, "texts": texts} for texts in ([], ["a", ""], TEXTS[:-3:2])),
        {**document, "document": client.Json(None)},
        {"document": client.Json("a"), "documents": [client.Json(1), client.Json([])]},
        {},
        {"colours": ["RED", "GREEN"]},
        {"whole": None},
    ]


async def test_rows_are_stored_as_they_are_one_by_one(types: Any, types_client: Any) -> None:
    together, alone = [await types.scalar.create(data={}) for _ in range(2)]
    rows = rows_of_every_kind(types_client)
    rows += [row for row in rows for _ in range(2)]
    assert await types.scalar.create_many(data=[{**row, "ownerId": together.id} for row in rows]) == len(rows)
    for row in rows:
        assert await types.scalar.create_many(data={**row, "ownerId": alone.id}) == 1
    assert await stored(types, together) == await stored(types, alone)


OPTIONAL: Final = ("text", "whole", "big", "real", "truth", "moment", "document")


def rows_with_gaps(client: Any) -> list[dict[str, Any]]:
    """Rows in which every optional field has a value, is None or is left out, in all combinations of two fields."""
    moment = datetime(2024, 2, 29, tzinfo=timezone.utc)
    values = ("a", 1, 2**40, 0.5, True, moment, client.Json({"a": None}))
    full = dict(zip(OPTIONAL, values, strict=True))
    nulls = [{**full, one: None, other: None} for one in OPTIONAL for other in OPTIONAL]
    gaps = [{name: full[name] for name in OPTIONAL if name not in pair} for pair in permutations(OPTIONAL, 2)]
    return [row for pair in zip(gaps, nulls, strict=False) for row in pair]


async def test_rows_with_and_without_optional_fields_go_in_one_statement(
    types: Any, types_client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    together, alone = [await types.scalar.create(data={}) for _ in range(2)]
    rows = rows_with_gaps(types_client)
    with caplog.at_level(logging.DEBUG, "prisma_engine.sql"):
        assert await types.scalar.create_many(data=[{**row, "ownerId": together.id} for row in rows]) == len(rows)
    assert sum("INSERT" in record.getMessage() for record in caplog.records) == 1
    for row in rows:
        await types.scalar.create_many(data={**row, "ownerId": alone.id})
    assert await stored(types, together) == await stored(types, alone)


async def test_a_default_is_taken_where_a_field_is_left_out_and_not_where_it_is_null(
    blog: Any, blog_client: Any
) -> None:
    users = [{"email": "a"}, {"email": "b", "score": 2.5, "name": None}, {"email": "c", "name": "C"}]
    assert await blog.user.create_many(data=users) == 3
    found = await blog.user.find_many(order={"email": "asc"})
    assert [(user.score, user.name) for user in found] == [(0, None), (2.5, None), (0, "C")]
    with pytest.raises(blog_client.errors.DataError, match="score"):
        await blog.user.create_many(data=[{"email": "d", "score": 1.0}, {"email": "e", "score": None}])
    assert await blog.user.count() == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"whole": 1}, {"whole": 2**31}], "is out of range for type integer"),
        ([{"text": "a"}, {"text": "a\0"}], "cannot store the NUL character"),
        ([{"text": "a"}, {"text": "\ud800"}], "lone surrogate"),
        ([{"document": "1"}, {"document": '"\\u0000"'}], "cannot store the NUL character"),
        ([{"document": "1"}, {"document": "{"}], "invalid input syntax for type json"),
        ([{"exact": "1"}, {"exact": "x"}], "invalid input syntax for type numeric"),
    ],
    ids=["integer", "nul", "surrogate", "nul in json", "json", "decimal"],
)
async def test_one_bad_value_fails_as_it_does_alone(
    types: Any, types_client: Any, rows: list[dict[str, Any]], message: str
) -> None:
    before = await types.scalar.count()
    failures = []
    for data in (rows, rows[1]):
        with pytest.raises(types_client.errors.PrismaError, match=message) as failure:
            await types.scalar.create_many(data=data)
        failures.append((type(failure.value), str(failure.value)))
    assert failures[0] == failures[1]
    assert await types.scalar.count() == before


async def test_a_column_may_change_its_type_while_the_client_is_connected(types_client: Any, types_url: str) -> None:
    rows = [{"whole": 1}, {"whole": 2}]
    async with types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) as client:
        assert await client.scalar.create_many(data=rows) == 2
        await client.execute_raw('ALTER TABLE "Scalar" ALTER COLUMN whole TYPE numeric USING whole')
        assert await client.scalar.create_many(data=rows) == 2
        await client.execute_raw('ALTER TABLE "Scalar" ALTER COLUMN whole TYPE integer USING whole')


@pytest.mark.parametrize("count", [2, 10_000])
async def test_rows_of_a_call_share_the_instant_and_nothing_else(types: Any, count: int) -> None:
    marker = await types.default.create(data={})
    assert await types.default.create_many(data=[{"changes": marker.id}] * count) == count
    found = await types.default.find_many(where={"changes": marker.id}, order={"id": "asc"})
    assert len({record.created for record in found}) == 1
    assert len({record.uuid4 for record in found}) == count
    assert [record.number for record in found] == sorted(record.number for record in found)
