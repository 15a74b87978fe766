"""Creating, updating and deleting records one by one and many at once."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

WHEN = datetime(2024, 2, 29, tzinfo=timezone.utc)


async def test_none_for_an_optional_field_stores_nothing(blog: Any) -> None:
    empty = dict.fromkeys(("text", "whole", "big", "real", "exact", "truth", "moment", "document", "raw", "role"))
    stored = await blog.types.create(data=empty)
    assert {name: getattr(stored, name) for name in empty} == empty
    (counts,) = await blog.query_raw('SELECT count("text") + count("document") + count("raw") AS n FROM "Types"')
    assert counts == {"n": 0}
    user = await blog.user.create(data={"email": "a@example.org", "name": None, "age": None, "managerId": None})
    assert (user.name, user.age, user.managerId) == (None, None, None)


async def test_defaults_fill_only_what_is_not_given(shop: Any) -> None:
    customer = await shop.customer.create({"email": "zoe@example.org", "firstName": "Zoe", "lastName": "Zuse"})
    assert len(customer.id) == 25
    assert (customer.credit, customer.points, customer.vip, customer.profile) == (Decimal(0), 0, False, {})
    other = await shop.customer.create(
        {"id": "mine", "email": "x@example.org", "firstName": "X", "lastName": "Y", "vip": True, "notes": ["n"]}
    )
    assert (other.id, other.vip, other.notes) == ("mine", True, ["n"])


OPERATIONS: list[tuple[dict[str, Any], object]] = [
    ({"stock": {"increment": 3}}, 8),
    ({"stock": {"decrement": 6}}, -1),
    ({"stock": {"multiply": 2}}, 10),
    ({"stock": {"divide": 2}}, 2),
    ({"stock": {"set": 7}}, 7),
    ({"stock": 7}, 7),
    ({"sold": {"increment": 2**40}}, 10 + 2**40),
    ({"sold": {"decrement": 11}}, -1),
    ({"sold": {"multiply": 2**33}}, 10 * 2**33),
    ({"sold": {"divide": 3}}, 3),
    ({"sold": {"set": 2**62}}, 2**62),
    ({"weight": {"increment": 0.5}}, 0.9),
    ({"weight": {"decrement": 0.4}}, 0.0),
    ({"weight": {"multiply": 2.5}}, 1.0),
    ({"weight": {"divide": 4}}, 0.1),
    ({"weight": {"set": 3}}, 3.0),
    ({"price": {"increment": Decimal("0.01")}}, Decimal(10)),
    ({"price": {"multiply": Decimal("0.5")}}, Decimal("5")),
    ({"price": Decimal("1.20")}, Decimal("1.2")),
    ({"sizes": [9]}, [9]),
    ({"sizes": []}, []),
    ({"sizes": {"set": [9, 8]}}, [9, 8]),
    ({"sizes": {"set": []}}, []),
    ({"sizes": {"push": [4, 5]}}, [1, 2, 3, 4, 5]),
    ({"sizes": {"push": 4}}, [1, 2, 3, 4]),
    ({"released": None}, None),
    ({"title": {"set": "D"}}, "D"),
    ({"active": {"set": False}}, False),
]


async def test_updates_set_and_compute(shop: Any) -> None:
    stored: list[tuple[dict[str, Any], object]] = []
    for number, (data, _) in enumerate(OPERATIONS):
        product = await shop.product.create(
            {
                "sku": str(number),
                "title": "Dune",
                "price": Decimal("9.99"),
                "stock": 5,
                "sold": 10,
                "weight": 0.4,
                "sizes": [1, 2, 3],
                "released": WHEN,
                "categoryId": 1,
            }
        )
        updated = await shop.product.update(where={"id": product.id}, data=data)
        assert updated == await shop.product.find_unique(where={"id": product.id})
        stored.append((data, getattr(updated, next(iter(data)))))
    assert stored == OPERATIONS


async def test_operations_apply_to_many_rows(shop: Any) -> None:
    data = {"stock": {"increment": 1}, "sizes": {"push": [7]}, "price": {"multiply": Decimal(2)}}
    assert await shop.product.update_many(where={"active": True}, data=data) == 3
    products = await shop.product.find_many(order={"id": "asc"})
    assert [(product.stock, product.sizes[-1:], product.price) for product in products] == [
        (6, [7], Decimal("19.98")),
        (1, [7], Decimal(15)),
        (9, [], Decimal(12)),
        (3, [7], Decimal("40.5")),
    ]


async def test_an_update_of_nothing_changes_nothing_but_the_time_of_change(shop: Any) -> None:
    before = await shop.customer.find_unique(where={"id": "ada"})
    updated = await shop.customer.update(where={"id": "ada"}, data={})
    assert updated.model_dump(exclude={"updatedAt"}) == before.model_dump(exclude={"updatedAt"})


async def test_an_id_can_be_changed(shop: Any) -> None:
    await shop.card.update(where={"number": "4711"}, data={"id": 99})
    assert (await shop.card.find_unique(where={"customerId": "ada"})).id == 99
    await shop.customer.update(where={"id": "ada"}, data={"email": "new@example.org"})
    assert await shop.customer.find_unique(where={"email": "ada@example.org"}) is None


async def test_update_and_delete_return_what_is_included(shop: Any) -> None:
    include = {"addresses": {"order_by": {"label": "asc"}}, "card": True}
    updated = await shop.customer.update(where={"id": "ada"}, data={"vip": False}, include=include)
    assert ([address.label for address in updated.addresses], updated.card.number) == (["home", "work"], "4711")
    deleted = await shop.product_review.delete(
        where={"productId_customerId": {"productId": 1, "customerId": "ada"}}, include={"product": True}
    )
    assert (deleted.stars, deleted.product.sku) == (5, "dune")
    assert await shop.product_review.count() == 2


async def test_upsert_works_by_every_kind_of_key(shop: Any) -> None:
    review = {"productId_customerId": {"productId": 4, "customerId": "eve"}}
    data = {
        "create": {"productId": 4, "customerId": "eve", "stars": 1},
        "update": {"stars": {"increment": 1}, "text": "again"},
    }
    first = await shop.product_review.upsert(where=review, data=data, include={"customer": True})
    second = await shop.product_review.upsert(where=review, data=data, include={"product": True})
    assert (first.stars, first.text, first.customer.firstName) == (1, None, "Eve")
    assert (second.id, second.stars, second.text, second.product.sku) == (first.id, 2, "again", "fugue")
    name = {"full_name": {"firstName": "Ada", "lastName": "Byron"}}
    customer = await shop.customer.upsert(
        where=name,
        data={
            "create": {"email": "-", "firstName": "Ada", "lastName": "Byron"},
            "update": {"addresses": {"create": [{"label": "new", "city": "Ulm"}]}},
        },
        include={"addresses": True},
    )
    assert sorted(address.label for address in customer.addresses) == ["home", "new", "work"]


async def test_many_rows_may_have_different_fields(shop: Any) -> None:
    rows = [
        {"sku": "a", "title": "A", "price": Decimal(1), "categoryId": 1},
        {"sku": "b", "title": "B", "price": Decimal(2), "categoryId": 1, "stock": 4, "sizes": [1]},
        {"sku": "c", "title": "C", "price": Decimal(3), "categoryId": 1, "released": None, "active": False},
    ]
    assert await shop.product.create_many(data=rows) == 3
    stored = await shop.product.find_many(where={"categoryId": 1}, order={"sku": "asc"})
    assert [(row.sku, row.stock, row.sizes, row.active) for row in stored] == [
        ("a", 0, [], True),
        ("b", 4, [1], True),
        ("c", 0, [], False),
    ]


async def test_duplicates_are_skipped_only_when_asked(shop: Any, shop_client: Any) -> None:
    rows = [{"name": "new"}, {"name": "newer"}, {"name": "newest"}]
    with pytest.raises(shop_client.errors.UniqueViolationError):
        await shop.tag.create_many(data=rows)
    assert await shop.tag.count() == 3
    assert await shop.tag.create_many(data=rows, skip_duplicates=True) == 2
    assert await shop.tag.create_many(data=rows, skip_duplicates=True) == 0


async def test_many_are_updated_and_deleted_by_relations(shop: Any) -> None:
    assert await shop.product.update_many(where={"tags": {"some": {"name": "classic"}}}, data={"stock": 1}) == 3
    assert await shop.product.update_many(where={"category": {"is": {"name": "none"}}}, data={"stock": 2}) == 0
    assert await shop.product_review.delete_many(where={"customer": {"is": {"firstName": "Bob"}}}) == 2
    assert await shop.product_review.delete_many(where={"id": "nothing"}) == 0
    assert await shop.product_review.delete_many() == 1
    assert await shop.product_review.delete_many(where={}) == 0


async def test_arguments_may_be_positional_as_in_the_documentation(blog: Any) -> None:
    user = await blog.user.create({"email": "ada@example.org"}, {"posts": True})
    assert user.posts == []
    assert (await blog.user.update({"age": 3}, {"id": user.id})).age == 3
    assert await blog.user.update_many({"age": 4}, {"id": user.id}) == 1
    assert (await blog.user.upsert({"id": user.id}, {"create": {"email": "-"}, "update": {"age": 5}})).age == 5
    assert [found.age for found in await blog.user.find_many(1, 0, {"age": 5})] == [5]
    assert (await blog.user.find_first(0, {"age": 5})).id == user.id
    assert (await blog.user.find_unique({"id": user.id})).age == 5
    assert await blog.user.count({"_all": True}) == {"_all": 1}
    assert (await blog.user.delete({"id": user.id})).id == user.id


async def test_what_is_passed_is_not_changed(blog: Any) -> None:
    data = {"email": "a@example.org", "posts": {"create": [{"title": "t"}]}, "tags": ("x",)}
    include = {"posts": {"include": {"categories": True}, "order_by": {"title": "asc"}}}
    await blog.user.create(data=data, include=include)
    assert data == {"email": "a@example.org", "posts": {"create": [{"title": "t"}]}, "tags": ("x",)}
    assert include == {"posts": {"include": {"categories": True}, "order_by": {"title": "asc"}}}


async def test_tuples_and_sets_stand_for_lists(blog: Any) -> None:
    user = await blog.user.create(
        {"email": "a@example.org", "tags": ("x", "y"), "posts": {"create": ({"title": "t"},)}}
    )
    assert user.tags == ["x", "y"]
    assert await blog.user.count(where={"id": {"in": {user.id}}, "OR": ({"age": None}, {"age": 1})}) == 1
