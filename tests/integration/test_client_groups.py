"""`group_by`: what it computes, and the Python types of what it returns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fix_postgres import Server
from fix_shop import day

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_aggregate_comes_in_its_fields_type(shop_window: Any) -> None:
    groups = await shop_window.order.group_by(
        ["buyerId"],
        count={"_all": True, "recipientId": True},
        sum={"number": True, "weight": True, "total": True, "id": True},
        avg={"number": True, "weight": True, "total": True},
        min={"placed": True, "total": True, "number": True, "buyerId": True},
        max={"placed": True, "total": True, "number": True, "weight": True},
        order={"buyerId": "asc"},
    )
    assert groups == [
        {
            "buyerId": "ada",
            "_count": {"_all": 2, "recipientId": 1},
            "_sum": {"number": 201, "weight": pytest.approx(1.3), "total": Decimal("47.73"), "id": 3},
            "_avg": {"number": 100.5, "weight": pytest.approx(0.65), "total": Decimal("23.865")},
            "_min": {"placed": day(2024, 1, 5), "total": Decimal("20.25"), "number": 100, "buyerId": "ada"},
            "_max": {"placed": day(2024, 1, 20), "total": Decimal("27.48"), "number": 101, "weight": 1.1},
        },
        {
            "buyerId": "bob",
            "_count": {"_all": 1, "recipientId": 0},
            "_sum": {"number": 2**40, "weight": 0.7, "total": Decimal("45.99"), "id": 3},
            "_avg": {"number": float(2**40), "weight": 0.7, "total": Decimal("45.99")},
            "_min": {"placed": day(2024, 3, 1), "total": Decimal("45.99"), "number": 2**40, "buyerId": "bob"},
            "_max": {"placed": day(2024, 3, 1), "total": Decimal("45.99"), "number": 2**40, "weight": 0.7},
        },
    ]
    (bob,) = [group for group in groups if group["buyerId"] == "bob"]
    assert [type(bob["_sum"][name]) for name in ("number", "weight", "total")] == [int, float, Decimal]
    assert [type(bob["_avg"][name]) for name in ("number", "weight")] == [float, float]


async def test_aggregates_of_nothing_are_none(shop_window: Any) -> None:
    (group,) = await shop_window.customer.group_by(
        ["id"], where={"id": "eve"}, sum={"rating": True}, avg={"rating": True}, max={"birthday": True}, count=True
    )
    assert group == {
        "id": "eve",
        "_sum": {"rating": None},
        "_avg": {"rating": None},
        "_max": {"birthday": None},
        "_count": {"_all": 1},
    }


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"by": ["status"], "order": {"status": "asc"}}, [{"status": "OPEN"}, {"status": "PAID"}, {"status": "SENT"}]),
        ({"by": ["status"], "order": {"status": "desc"}, "take": 1}, [{"status": "SENT"}]),
        ({"by": ["status"], "order": {"status": "asc"}, "skip": 1, "take": 1}, [{"status": "PAID"}]),
        ({"by": ["status"], "order": {"status": "asc"}, "take": -1}, [{"status": "SENT"}]),
        ({"by": ["status"], "where": {"status": "PAID"}}, [{"status": "PAID"}]),
        ({"by": ["status"], "where": {"buyer": {"is": {"firstName": "Bob"}}}}, [{"status": "SENT"}]),
        ({"by": ["status"], "where": {"status": "RETURNED"}, "count": True}, []),
        (
            {"by": ["express", "buyerId"], "order": [{"express": "desc"}, {"buyerId": "asc"}]},
            [{"express": True, "buyerId": "bob"}, {"express": False, "buyerId": "ada"}],
        ),
        ({"by": ["express"], "count": True, "having": {"express": True}}, [{"express": True, "_count": {"_all": 1}}]),
        ({"by": ["express"], "count": False, "having": {"express": True}}, [{"express": True}]),
        ({"by": ["buyerId"], "having": {"total": {"_sum": {"gt": Decimal("46.5")}}}}, [{"buyerId": "ada"}]),
        ({"by": ["buyerId"], "having": {"total": {"_avg": {"lte": Decimal(24)}}}}, [{"buyerId": "ada"}]),
        ({"by": ["buyerId"], "having": {"id": {"_count": {"equals": 1}}}}, [{"buyerId": "bob"}]),
        ({"by": ["buyerId"], "having": {"number": {"_max": {"in": [2**40]}}}}, [{"buyerId": "bob"}]),
        ({"by": ["buyerId"], "having": {"placed": {"_min": {"gte": day(2024, 2, 1)}}}}, [{"buyerId": "bob"}]),
        ({"by": ["buyerId"], "having": {"buyerId": {"contains": "d"}}}, [{"buyerId": "ada"}]),
        (
            {"by": ["buyerId"], "having": {"NOT": [{"weight": {"_max": {"gt": 1}}}]}, "max": {"weight": True}},
            [{"buyerId": "bob", "_max": {"weight": 0.7}}],
        ),
        (
            {
                "by": ["buyerId"],
                "having": {"OR": [{"id": {"_count": {"gt": 5}}}, {"AND": [{"buyerId": {"startswith": "a"}}]}]},
            },
            [{"buyerId": "ada"}],
        ),
        ({"by": ["status"], "order": [{"_count": {"id": "desc"}}, {"status": "asc"}], "take": 1}, [{"status": "OPEN"}]),
    ],
)
async def test_groups_are_selected_ordered_and_cut(
    shop_window: Any, arguments: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    assert await shop_window.order.group_by(**arguments) == found


async def test_an_average_can_be_asked_of_groups_by_several_fields(shop_window: Any) -> None:
    groups = await shop_window.product.group_by(
        by=["categoryId", "active"], avg={"stock": True}, order=[{"categoryId": "asc"}]
    )
    assert groups == [
        {"categoryId": 2, "active": True, "_avg": {"stock": 2.5}},
        {"categoryId": 3, "active": False, "_avg": {"stock": 9.0}},
        {"categoryId": 4, "active": True, "_avg": {"stock": 2.0}},
    ]


async def test_pages_of_groups_need_an_order(shop_window: Any) -> None:
    for page in ({"take": 1}, {"skip": 1}):
        with pytest.raises(TypeError, match="Missing argument: 'order'"):
            await shop_window.order.group_by(["status"], **page)


async def test_groups_by_json_bytes_and_lists_have_the_values_that_records_have(
    shop_window: Any, shop_client: Any
) -> None:
    by = ["profile", "avatar", "channels", "notes", "points", "credit"]
    where = {"id": {"in": ["ada", "bob"]}}
    groups = await shop_window.customer.group_by(by, where=where, order={"credit": "asc"})
    assert groups == [
        {
            "profile": {},
            "avatar": None,
            "channels": channels,
            "notes": [],
            "points": points,
            "credit": credit,
        }
        for channels, points, credit in [(["POST"], 0, Decimal(0)), (["MAIL", "PHONE"], 2**40, Decimal("10.5"))]
    ]
    undone = shop_window.tx()
    tx = await undone.start()
    await tx.order.update_many(
        where={"number": 100},
        data={"extra": shop_client.Json({"a": [1, None]}), "receipt": shop_client.Base64.encode(b"\x00\xff")},
    )
    groups = await tx.order.group_by(["extra", "receipt"], where={"number": 100})
    await undone.rollback()
    assert groups == [{"extra": {"a": [1, None]}, "receipt": shop_client.Base64(b"AP8=")}]


async def test_the_least_and_the_greatest_bytes_need_postgresql_18(
    server: Server, shop_window: Any, shop_client: Any
) -> None:
    least_and_greatest = {"min": {"avatar": True}, "max": {"avatar": True}}
    if await server.version() < 18:
        with pytest.raises(shop_client.errors.DataError, match=r"function (min|max)\(bytea\) does not exist"):
            await shop_window.customer.group_by(["id"], **least_and_greatest)
        return
    undone = shop_window.tx()
    tx = await undone.start()
    avatars = [shop_client.Base64.encode(value) for value in (b"\x00\xff", b"\x01")]
    for customer, avatar in zip(("ada", "bob"), avatars, strict=True):
        await tx.customer.update(where={"id": customer}, data={"avatar": avatar, "credit": 99})
    groups = await tx.customer.group_by(["credit"], where={"id": {"in": ["ada", "bob"]}}, **least_and_greatest)
    await undone.rollback()
    assert groups == [{"credit": Decimal(99), "_min": {"avatar": avatars[0]}, "_max": {"avatar": avatars[1]}}]
