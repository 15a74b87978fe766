"""Every filter of every scalar type, on three rows: one, two, and one with nothing in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from fix_postgres import Server

pytestmark = pytest.mark.asyncio(loop_scope="session")

JAN = datetime(2024, 1, 1, tzinfo=timezone.utc)
FEB = datetime(2024, 2, 1, 12, 30, 0, 250000, tzinfo=timezone.utc)
BIG = 2**40

ONE = [1]
TWO = [2]
BOTH = [1, 2]
EMPTY = [3]

LISTS = ["texts", "wholes", "bigs", "reals", "truths", "moments", "documents", "roles"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def types(server: Server, blog_template: str, blog_client: Any) -> AsyncIterator[Any]:
    """The actions on the three rows."""
    name = await server.create(template=blog_template)
    async with blog_client.Prisma(datasource={"url": server.url(name)}, use_dotenv=False) as client:
        await client.types.create(one(blog_client))
        await client.types.create(two(blog_client))
        await client.types.create({name: [] for name in LISTS})
        yield client.types
    await server.drop(name)


def one(client: Any) -> dict[str, Any]:
    return {
        "text": "Ada",
        "whole": 1,
        "big": BIG,
        "real": 1.5,
        "exact": Decimal("1.1"),
        "truth": True,
        "moment": JAN,
        "document": client.Json({"a": 1}),
        "raw": client.Base64.encode(b"\x01"),
        "role": "READER",
        "texts": ["x", "y"],
        "wholes": [1, 2],
        "bigs": [BIG],
        "reals": [1.5, 2.5],
        "truths": [True],
        "moments": [JAN],
        "documents": [client.Json({"a": 1})],
        "roles": ["READER", "ADMIN"],
    }


def two(client: Any) -> dict[str, Any]:
    return {
        "text": "bobADA",
        "whole": 2,
        "big": BIG + 1,
        "real": 2.5,
        "exact": Decimal("2.2"),
        "truth": False,
        "moment": FEB,
        "document": client.Json([1, "a"]),
        "raw": client.Base64.encode(b"\x02"),
        "role": "ADMIN",
        "texts": ["y"],
        "wholes": [2],
        "bigs": [BIG, BIG + 1],
        "reals": [2.5],
        "truths": [True, False],
        "moments": [FEB, JAN],
        "documents": [client.Json([1, "a"]), client.Json(None)],
        "roles": ["ADMIN"],
    }


def comparisons(field: str, low: object, high: object) -> list[tuple[dict[str, Any], list[int]]]:
    """What every type with an order can be asked."""
    return [
        ({field: low}, ONE),
        ({field: None}, EMPTY),
        ({field: {"equals": high}}, TWO),
        ({field: {"equals": None}}, EMPTY),
        ({field: {"not": low}}, TWO),
        ({field: {"not": None}}, BOTH),
        ({field: {"not": {"equals": low}}}, TWO),
        ({field: {"not": {"in": [low]}}}, TWO),
        ({field: {"not": {"lt": high}}}, TWO),
        ({field: {"in": [low, high]}}, BOTH),
        ({field: {"in": []}}, []),
        ({field: {"not_in": [low]}}, TWO),
        ({field: {"not_in": []}}, [1, 2, 3]),
        ({field: {"lt": high}}, ONE),
        ({field: {"lte": high}}, BOTH),
        ({field: {"gt": low}}, TWO),
        ({field: {"gte": low}}, BOTH),
        ({field: {"gte": low, "lt": high}}, ONE),
        ({"NOT": [{field: low}]}, TWO),
    ]


def items(
    field: str, shared: object, *, only_one: object = None, only_two: object = None
) -> list[tuple[dict[str, Any], list[int]]]:
    """What every list can be asked, by an item of both rows and one of a single row."""
    alone: list[tuple[object, list[int]]] = [(only_one, ONE), (only_two, TWO)]
    return [
        ({field: {"has": shared}}, BOTH),
        ({field: {"has_every": [shared]}}, BOTH),
        ({field: {"has_some": [shared]}}, BOTH),
        ({field: {"has_some": []}}, []),
        ({field: {"has_every": []}}, [1, 2, 3]),
        ({field: {"is_empty": True}}, EMPTY),
        ({field: {"is_empty": False}}, BOTH),
        ({field: {"equals": []}}, EMPTY),
        *(({field: {"has": item}}, found) for item, found in alone if item is not None),
        *(({field: {"has_every": [shared, item]}}, found) for item, found in alone if item is not None),
        *(({field: {"has_some": [item]}}, found) for item, found in alone if item is not None),
    ]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        *comparisons("text", "Ada", "bobADA"),
        *comparisons("whole", 1, 2),
        *comparisons("big", BIG, BIG + 1),
        *comparisons("real", 1.5, 2.5),
        *comparisons("exact", Decimal("1.10"), Decimal("2.2")),
        *comparisons("moment", JAN, FEB),
        *comparisons("moment", JAN.astimezone(timezone(timedelta(hours=-3, minutes=-30))), FEB),
        *comparisons("moment", JAN.replace(tzinfo=None), FEB.isoformat()),
        ({"text": {"contains": "da"}}, ONE),
        ({"text": {"contains": "DA", "mode": "insensitive"}}, BOTH),
        ({"text": {"contains": "%"}}, BOTH),  # as ever: Prisma leaves the wildcards of LIKE what they are
        ({"text": {"startswith": "A"}}, ONE),
        ({"text": {"startswith": "B", "mode": "insensitive"}}, TWO),
        ({"text": {"startswith": "B", "mode": "default"}}, []),
        ({"text": {"endswith": "DA"}}, TWO),
        ({"text": {"endswith": "da", "mode": "insensitive"}}, BOTH),
        ({"text": {"equals": "ADA", "mode": "insensitive"}}, ONE),
        ({"text": {"in": ["ADA", "BOBADA"], "mode": "insensitive"}}, BOTH),
        ({"text": {"not": {"contains": "bob"}}}, ONE),
        ({"text": {"not": {"startswith": "A", "endswith": "a"}}}, TWO),
        ({"truth": True}, ONE),
        ({"truth": None}, EMPTY),
        ({"truth": {"equals": False}}, TWO),
        ({"truth": {"not": False}}, ONE),
        ({"truth": {"not": {"equals": False}}}, ONE),
        ({"role": "ADMIN"}, TWO),
        ({"role": None}, EMPTY),
        ({"role": {"equals": "ADMIN"}}, TWO),
        ({"role": {"in": ["ADMIN", "READER"]}}, BOTH),
        ({"role": {"not_in": ["ADMIN"]}}, ONE),
        ({"role": {"not": "ADMIN"}}, ONE),
        *items("texts", "y", only_one="x"),
        *items("wholes", 2, only_one=1),
        *items("bigs", BIG, only_two=BIG + 1),
        *items("reals", 2.5, only_one=1.5),
        *items("truths", shared=True, only_two=False),
        *items("moments", JAN, only_two=FEB),
        *items("roles", "ADMIN", only_one="READER"),
        ({"texts": {"equals": ["x", "y"]}}, ONE),
        ({"texts": {"equals": ["y", "x"]}}, []),
        ({"wholes": {"equals": [2]}}, TWO),
        ({"bigs": {"equals": [BIG, BIG + 1]}}, TWO),
        ({"reals": {"equals": [2.5]}}, TWO),
        ({"truths": {"equals": [True]}}, ONE),
        ({"moments": {"equals": [FEB, JAN]}}, TWO),
        ({"roles": {"equals": ["ADMIN"]}}, TWO),
        ({"NOT": [{"texts": {"has": "x"}}]}, [2, 3]),
        ({"texts": {"has": "x"}, "wholes": {"has": 2}}, ONE),
        ({"document": {"path": ["1"], "string_contains": "a"}}, TWO),
        ({"documents": {"is_empty": True}}, EMPTY),
        ({"raw": None}, EMPTY),
        ({"document": None}, EMPTY),
        ({"document": {"not": None}}, BOTH),
        ({"document": {"equals": None}}, EMPTY),
        ({"NOT": [{"document": None}]}, BOTH),
    ],
)
async def test_rows_are_found(types: Any, where: dict[str, Any], found: list[int]) -> None:
    assert [row.id for row in await types.find_many(where=where, order={"id": "asc"})] == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (lambda c: {"document": c.Json({"a": 1})}, ONE),
        (lambda c: {"document": {"equals": c.Json({"a": 1})}}, ONE),
        (lambda c: {"document": {"equals": c.Json([1, "a"])}}, TWO),
        (lambda c: {"document": {"equals": c.Json(["a", 1])}}, []),
        (lambda c: {"document": {"not": c.Json({"a": 1})}}, TWO),
        (lambda c: {"document": {"path": ["a"], "equals": c.Json(1)}}, ONE),
        (lambda c: {"document": {"array_contains": c.Json(["a"])}}, TWO),
        (lambda c: {"document": {"path": ["a"], "gte": c.Json(1)}}, ONE),
        (lambda c: {"documents": {"has": c.Json({"a": 1})}}, ONE),
        (lambda c: {"documents": {"has_some": [c.Json({"a": 1}), c.Json(None)]}}, BOTH),
        (lambda c: {"documents": {"has_every": [c.Json([1, "a"])]}}, TWO),
        (lambda c: {"documents": {"equals": [c.Json([1, "a"]), c.Json(None)]}}, TWO),
        (lambda c: {"raw": c.Base64.encode(b"\x01")}, ONE),
        (lambda c: {"raw": {"equals": c.Base64.encode(b"\x02")}}, TWO),
        (lambda c: {"raw": {"in": [c.Base64.encode(b"\x01"), c.Base64.fromb64("Ag==")]}}, BOTH),
        (lambda c: {"raw": {"not_in": [c.Base64.encode(b"\x01")]}}, TWO),
        (lambda c: {"raw": {"not": c.Base64.encode(b"\x01")}}, TWO),
        (lambda c: {"raw": {"not": {"in": [c.Base64.encode(b"\x01")]}}}, TWO),
        (lambda c: {"role": c.enums.Role.ADMIN}, TWO),
        (lambda c: {"role": {"in": [c.enums.Role.READER]}}, ONE),
        (lambda c: {"roles": {"has": c.enums.Role.READER}}, ONE),
        (lambda c: {"roles": {"equals": [c.enums.Role.ADMIN]}}, TWO),
    ],
)
async def test_rows_are_found_by_what_needs_the_clients_own_classes(
    types: Any, blog_client: Any, where: Callable[[Any], dict[str, Any]], found: list[int]
) -> None:
    assert [row.id for row in await types.find_many(where=where(blog_client), order={"id": "asc"})] == found


async def test_a_list_that_was_never_set_reads_as_empty_and_is_found_as_none(
    server: Server, blog_template: str, blog_client: Any
) -> None:
    name = await server.create(template=blog_template)
    async with blog_client.Prisma(datasource={"url": server.url(name)}, use_dotenv=False) as client:
        unset = await client.types.create({})
        empty = await client.types.create({"texts": []})
        assert (unset.texts, empty.texts) == ([], [])
        for where, found in [({"equals": None}, unset), ({"is_empty": True}, empty), ({"equals": []}, empty)]:
            assert [row.id for row in await client.types.find_many(where={"texts": where})] == [found.id]
    await server.drop(name)
