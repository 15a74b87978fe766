"""Order, pages, distinct rows, and what `include` brings along, on the shop's stock."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"order": {"price": "asc"}}, ["emma", "dune", "alps", "fugue"]),
        ({"order": [{"active": "desc"}, {"price": "desc"}]}, ["fugue", "dune", "emma", "alps"]),
        ({"order": [{"released": "asc"}]}, ["fugue", "emma", "dune", "alps"]),
        ({"order": {"released": {"sort": "asc", "nulls": "first"}}}, ["alps", "fugue", "emma", "dune"]),
        ({"order": [{"category": {"name": "desc"}}, {"sku": "asc"}]}, ["dune", "emma", "fugue", "alps"]),
        (
            {"order": [{"category": {"parent": {"name": "asc"}}}, {"title": "asc"}]},
            ["alps", "dune", "emma", "fugue"],
        ),
        ({"order": [{"tags": {"_count": "desc"}}, {"sku": "desc"}]}, ["dune", "fugue", "emma", "alps"]),
        ({"order": [{"items": {"_count": "asc"}}, {"id": "desc"}], "take": 2}, ["fugue", "alps"]),
        ({"order": {"sold": "desc"}, "take": 2}, ["emma", "dune"]),
        ({"order": {"sold": "desc"}, "take": -2}, ["fugue", "alps"]),
        ({"order": {"sku": "asc"}, "skip": 3}, ["fugue"]),
        ({"order": {"sku": "asc"}, "skip": 1, "take": 2}, ["dune", "emma"]),
        ({"order": {"sku": "asc"}, "skip": 9}, []),
        ({"order": {"sku": "asc"}, "take": 0}, []),
        ({"order": {"sku": "asc"}, "cursor": {"sku": "dune"}}, ["dune", "emma", "fugue"]),
        ({"order": {"sku": "asc"}, "cursor": {"id": 1}, "take": 2}, ["dune", "emma"]),
        ({"order": {"sku": "asc"}, "cursor": {"sku": "dune"}, "skip": 1, "take": 1}, ["emma"]),
        ({"order": {"sku": "asc"}, "cursor": {"sku": "emma"}, "take": -2}, ["dune", "emma"]),
        ({"order": {"sku": "asc"}, "cursor": {"sku": "emma"}, "take": -1, "skip": 1}, ["dune"]),
        ({"order": {"sku": "asc"}, "cursor": {"sku": "nothing"}}, []),
        ({"cursor": {"id": 2}}, ["emma", "alps", "fugue"]),
        ({"order": [{"categoryId": "asc"}, {"id": "asc"}], "distinct": ["categoryId"]}, ["dune", "alps", "fugue"]),
        ({"order": {"id": "asc"}, "distinct": ["categoryId", "stock"]}, ["dune", "emma", "alps", "fugue"]),
        ({"order": {"id": "desc"}, "distinct": ["active"], "take": 1}, ["fugue"]),
        ({"order": {"id": "asc"}, "distinct": ["categoryId"], "skip": 1, "take": 1}, ["alps"]),
        ({"where": {"stock": {"gt": 0}}, "order": {"id": "asc"}, "skip": 1, "take": 1}, ["alps"]),
        ({"where": None, "order": None, "cursor": None, "take": None, "skip": None, "distinct": None}, None),
    ],
)
async def test_pages_are_ordered_and_cut(shop_window: Any, arguments: dict[str, Any], found: list[str] | None) -> None:
    products = [product.sku for product in await shop_window.product.find_many(**arguments)]
    assert products == found or (found is None and len(products) == 4)


async def test_a_compound_key_is_a_cursor(shop_window: Any) -> None:
    cursor = {"customerId_label": {"customerId": "ada", "label": "work"}}
    order = [{"customerId": "asc"}, {"label": "asc"}]
    found = await shop_window.address.find_many(cursor=cursor, order=order)
    assert [(address.customerId, address.label) for address in found] == [("ada", "work"), ("bob", "home")]
    named = {"line": {"orderId": 1, "productId": 2}}
    items = await shop_window.item.find_many(cursor=named, order=[{"orderId": "desc"}, {"productId": "asc"}], take=2)
    assert [(item.orderId, item.productId) for item in items] == [(1, 2)]


async def test_find_first_takes_every_argument_of_a_page(shop_window: Any) -> None:
    first = shop_window.product.find_first
    assert (await first(order={"sku": "asc"}, skip=1)).sku == "dune"
    assert (await first(order={"sku": "asc"}, cursor={"sku": "emma"}, skip=1)).sku == "fugue"
    assert (await first(order={"id": "desc"}, distinct=["active"], skip=1)).sku == "alps"
    assert (await first(where={"active": False}, include={"category": True})).category.name == "maps"
    assert await first(skip=9) is None
    raising = shop_window.product.find_first_or_raise
    assert (await raising(order={"sku": "asc"}, skip=1)).sku == "dune"


async def test_counts_take_pages_and_conditions(shop_window: Any) -> None:
    count = shop_window.product.count
    assert await count() == 4
    assert await count(where={"active": True}) == 3
    assert await count(take=3) == 3
    assert await count(skip=3) == 1
    assert await count(take=3, skip=2) == 2
    assert await count(cursor={"id": 3}) == 2
    assert await count(cursor={"id": 3}, take=1) == 1
    assert await count(select={}) == {"_all": 4}
    assert await count(select={"_all": True, "released": True, "sku": False}) == {"_all": 4, "released": 3}
    assert await count(select={"released": True}, where={"stock": 9}) == {"released": 0}


async def test_everything_hangs_together_at_any_depth(shop_window: Any) -> None:
    customer = await shop_window.customer.find_unique(
        where={"id": "ada"},
        include={
            "card": {"include": {"customer": {"include": {"card": True}}}},
            "orders": {
                "order_by": {"number": "asc"},
                "include": {
                    "items": {
                        "where": {"quantity": 1},
                        "include": {"product": {"include": {"category": {"include": {"parent": True}}}}},
                    },
                    "recipient": {"include": {"gifts": True}},
                    "voucher": True,
                },
            },
            "reviews": False,
        },
    )
    first, second = customer.orders
    assert customer.card.customer.card.number == "4711"
    assert [item.product.category.parent.name for item in first.items] == ["books"]
    assert [item.product.category.parent for item in second.items] == [None]
    assert [gift.number for gift in first.recipient.gifts] == [100]
    assert (second.recipient, first.voucher.percent, second.voucher.code) == (None, 10, "NONE")
    assert customer.reviews is None


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (True, {"ada": ["home", "work"], "bob": ["home"], "eve": []}),
        ({}, {"ada": ["home", "work"], "bob": ["home"], "eve": []}),
        ({"where": {"label": "work"}}, {"ada": ["work"], "bob": [], "eve": []}),
        ({"where": {"zip": None}}, {"ada": ["work"], "bob": [], "eve": []}),
        ({"order_by": {"label": "desc"}}, {"ada": ["work", "home"], "bob": ["home"], "eve": []}),
        ({"order_by": [{"zip": "asc"}, {"city": "asc"}]}, {"ada": ["home", "work"], "bob": ["home"], "eve": []}),
        ({"take": 1, "order_by": {"label": "asc"}}, {"ada": ["home"], "bob": ["home"], "eve": []}),
        ({"take": -1, "order_by": {"label": "asc"}}, {"ada": ["work"], "bob": ["home"], "eve": []}),
        ({"skip": 1, "order_by": {"label": "asc"}}, {"ada": ["work"], "bob": [], "eve": []}),
        ({"take": 0}, {"ada": [], "bob": [], "eve": []}),
        (
            {"cursor": {"customerId_label": {"customerId": "ada", "label": "work"}}, "order_by": {"label": "asc"}},
            {"ada": ["work"], "bob": [], "eve": []},
        ),
        ({"distinct": ["label"], "order_by": {"label": "asc"}}, {"ada": ["home", "work"], "bob": ["home"], "eve": []}),
    ],
)
async def test_included_lists_have_pages_of_their_own(
    shop_window: Any, arguments: object, found: dict[str, list[str]]
) -> None:
    customers = await shop_window.customer.find_many(order={"id": "asc"}, include={"addresses": arguments})
    assert {customer.id: [address.label for address in customer.addresses] for customer in customers} == found


@pytest.mark.parametrize(
    ("include", "names"),
    [
        ({"follows": True}, {"ada": ["bob", "eve"], "bob": ["eve"], "eve": []}),
        ({"follows": {"where": {"id": "eve"}}}, {"ada": ["eve"], "bob": ["eve"], "eve": []}),
        ({"follows": {"order_by": {"id": "desc"}, "take": 1}}, {"ada": ["eve"], "bob": ["eve"], "eve": []}),
        ({"follows": {"order_by": {"id": "desc"}, "skip": 1}}, {"ada": ["bob"], "bob": [], "eve": []}),
    ],
)
async def test_many_to_many_relations_are_included_with_arguments(
    shop_window: Any, include: dict[str, Any], names: dict[str, list[str]]
) -> None:
    customers = await shop_window.customer.find_many(include=include)
    assert {customer.id: sorted(other.id for other in customer.follows) for customer in customers} == names


async def test_an_included_list_may_include_itself_again(shop_window: Any) -> None:
    bob = await shop_window.customer.find_unique(
        where={"id": "bob"},
        include={"followers": {"include": {"follows": {"include": {"followers": {"order_by": {"id": "asc"}}}}}}},
    )
    (ada,) = bob.followers
    assert {other.id: [follower.id for follower in other.followers] for other in ada.follows} == {
        "bob": ["ada"],
        "eve": ["ada", "bob"],
    }


async def test_a_tree_is_read_down_and_up(shop_window: Any) -> None:
    books = await shop_window.category.find_first(
        where={"name": "books"},
        include={"children": {"order_by": {"name": "asc"}, "include": {"products": True, "parent": True}}},
    )
    assert [(child.name, child.parent.name, len(child.products)) for child in books.children] == [
        ("maps", "books", 1),
        ("novels", "books", 2),
    ]
