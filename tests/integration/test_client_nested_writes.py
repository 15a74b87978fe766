"""Writes to related records inside of a write, for every kind of relation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

ADDRESSES = {"include": {"addresses": {"order_by": {"label": "asc"}}}}


def labels(customer: Any) -> list[tuple[str, str]]:
    return [(address.label, address.city) for address in customer.addresses]


async def new_customer(shop: Any, **relations: Any) -> Any:
    return await shop.customer.create(
        {"id": "zoe", "email": "zoe@example.org", "firstName": "Zoe", "lastName": "Zuse", **relations},
        include={"addresses": {"order_by": {"label": "asc"}}, "card": True, "follows": True, "wishes": True},
    )


async def test_one_record_or_a_list_can_be_created_connected_or_both(shop: Any) -> None:
    one = await new_customer(
        shop, addresses={"create": {"label": "home", "city": "Ulm"}}, card={"create": {"number": "1"}}
    )
    assert (labels(one), one.card.number) == ([("home", "Ulm")], "1")
    await shop.customer.delete(where={"id": "zoe"})
    many = await new_customer(
        shop,
        addresses={"create": [{"label": "a", "city": "A"}, {"label": "b", "city": "B"}]},
        card={"connect": {"number": "4711"}},
        wishes={"connect": {"sku": "emma"}},
        follows={"connect": [{"id": "ada"}], "create": [{"email": "y@", "firstName": "Y", "lastName": "Y"}]},
    )
    assert labels(many) == [("a", "A"), ("b", "B")]
    assert (many.card.number, [wish.sku for wish in many.wishes]) == ("4711", ["emma"])
    assert {other.firstName for other in many.follows} == {"Ada", "Y"}
    assert await shop.card.find_unique(where={"customerId": "ada"}) is None


async def test_connect_or_create_does_either(shop: Any) -> None:
    def card(number: str) -> dict[str, Any]:
        return {"connect_or_create": {"where": {"number": number}, "create": {"number": number}}}

    zoe = await new_customer(
        shop,
        card=card("4711"),
        wishes={
            "connect_or_create": [
                {
                    "where": {"sku": sku},
                    "create": {"sku": sku, "title": sku, "price": Decimal(1), "category": {"connect": {"id": 1}}},
                }
                for sku in ("dune", "fresh")
            ]
        },
    )
    assert zoe.card.number == "4711"
    assert sorted(wish.title for wish in zoe.wishes) == ["Dune", "fresh"]
    updated = await shop.customer.update(where={"id": "ada"}, data={"card": card("12")}, include={"card": True})
    assert updated.card.number == "12"
    assert await shop.card.count() == 2


async def test_lists_take_every_operation_of_an_update(shop: Any) -> None:
    key = {"customerId_label": {"customerId": "ada", "label": "home"}}
    work = {"customerId_label": {"customerId": "ada", "label": "work"}}

    async def update(**operation: Any) -> list[tuple[str, str]]:
        return labels(await shop.customer.update(where={"id": "ada"}, data={"addresses": operation}, **ADDRESSES))

    assert await update(create=[{"label": "x", "city": "X"}]) == [("home", "Berlin"), ("work", "Potsdam"), ("x", "X")]
    assert await update(update=[{"where": key, "data": {"city": "Köln"}}]) == [
        ("home", "Köln"),
        ("work", "Potsdam"),
        ("x", "X"),
    ]
    assert await update(delete=[work]) == [("home", "Köln"), ("x", "X")]
    upsert = {"where": work, "create": {"label": "work", "city": "Jena"}, "update": {"city": "Gera"}}
    assert await update(upsert=[upsert]) == [("home", "Köln"), ("work", "Jena"), ("x", "X")]
    assert await update(upsert=[upsert]) == [("home", "Köln"), ("work", "Gera"), ("x", "X")]
    assert (await update(create_many={"data": [{"label": "y", "city": "Y"}]}))[-1] == ("y", "Y")
    rows = [{"label": "y", "city": "-"}, {"label": "z", "city": "Z"}]
    assert (await update(create_many={"data": rows, "skip_duplicates": True}))[-2:] == [("y", "Y"), ("z", "Z")]
    assert (await update(createMany={"data": rows, "skipDuplicates": True}))[-1:] == [("z", "Z")]
    many = {"where": {"label": {"in": ["y", "z"]}}, "data": {"city": "same"}}
    assert (await update(update_many=many))[-2:] == [("y", "same"), ("z", "same")]
    assert (await update(updateMany=[many]))[-2:] == [("y", "same"), ("z", "same")]
    assert await update(delete_many=[{"city": "same"}]) == [("home", "Köln"), ("work", "Gera"), ("x", "X")]
    assert await update(deleteMany={}) == []


async def test_optional_lists_are_set_and_disconnected(blog: Any) -> None:
    user = await blog.user.create({"email": "a@", "posts": {"create": [{"title": t} for t in "abc"]}})

    async def posts(**operation: Any) -> list[str]:
        updated = await blog.user.update(
            where={"id": user.id}, data={"posts": operation}, include={"posts": {"order_by": {"title": "asc"}}}
        )
        return [post.title for post in updated.posts]

    def key(title: str) -> dict[str, Any]:
        return {"title_authorId": {"title": title, "authorId": user.id}}

    ids = {post.title: {"id": post.id} for post in await blog.post.find_many()}
    assert await posts(disconnect=[key("a")]) == ["b", "c"]
    assert await posts(disconnect=[ids["a"]]) == ["b", "c"]
    assert await posts(set=[ids["a"], key("c")]) == ["a", "c"]
    assert await posts(set=[]) == []
    assert await posts(connect=[ids["a"], ids["b"]]) == ["a", "b"]
    assert await posts(connect=[ids["a"]], disconnect=[ids["b"]], create=[{"title": "d"}]) == ["a", "d"]
    assert await blog.post.count() == 4


async def test_one_to_one_relations_take_every_operation(shop: Any) -> None:
    async def card(**operation: Any) -> str | None:
        updated = await shop.customer.update(where={"id": "ada"}, data={"card": operation}, include={"card": True})
        return None if updated.card is None else str(updated.card.number)

    assert await card(update={"number": "1"}) == "1"
    assert await card(upsert={"create": {"number": "-"}, "update": {"number": "2"}}) == "2"
    assert await card(delete=True) is None
    assert await card(delete=False) is None
    assert await card(upsert={"create": {"number": "3"}, "update": {"number": "-"}}) == "3"
    assert await shop.card.count() == 1


async def test_the_side_with_the_key_takes_every_operation(shop: Any) -> None:
    async def recipient(**operation: Any) -> str | None:
        updated = await shop.order.update(
            where={"number": 101}, data={"recipient": operation}, include={"recipient": True}
        )
        return None if updated.recipient is None else str(updated.recipient.firstName)

    new = {"email": "-", "firstName": "New", "lastName": "One"}
    assert await recipient(connect={"email": "eve@example.org"}) == "Eve"
    assert await recipient(update={"firstName": "Eva"}) == "Eva"
    assert await recipient(disconnect=True) is None
    assert await recipient(upsert={"create": new, "update": {"firstName": "-"}}) == "New"
    assert await recipient(upsert={"create": new, "update": {"firstName": "Old"}}) == "Old"
    assert await recipient(delete=True) is None
    assert await recipient(create=new) == "New"
    order = await shop.order.update(where={"number": 101}, data={"buyer": {"update": {"firstName": "Adele"}}})
    assert (await shop.customer.find_unique(where={"id": order.buyerId})).firstName == "Adele"


async def test_implicit_tables_of_pairs_are_changed(shop: Any) -> None:
    async def tags(**operation: Any) -> list[str]:
        updated = await shop.product.update(
            where={"sku": "dune"}, data={"tags": operation}, include={"tags": {"order_by": {"name": "asc"}}}
        )
        return [tag.name for tag in updated.tags]

    assert await tags(connect=[{"name": "new"}, {"name": "classic"}]) == ["classic", "new", "science fiction"]
    assert await tags(disconnect=[{"name": "classic"}]) == ["new", "science fiction"]
    assert await tags(disconnect=[{"name": "unheard of"}]) == ["new", "science fiction"]
    assert await tags(set=[{"name": "classic"}]) == ["classic"]
    assert await tags(create=[{"name": "fresh"}]) == ["classic", "fresh"]
    assert await tags(delete=[{"name": "fresh"}]) == ["classic"]
    assert await tags(set=[]) == []
    assert await shop.tag.count() == 3


async def test_relations_of_a_model_to_itself_are_changed_from_both_sides(shop: Any) -> None:
    await shop.customer.update(where={"id": "eve"}, data={"followers": {"disconnect": [{"id": "bob"}]}})
    await shop.customer.update(where={"id": "eve"}, data={"follows": {"connect": [{"id": "ada"}, {"id": "eve"}]}})
    customers = await shop.customer.find_many(include={"follows": {"order_by": {"id": "asc"}}}, order={"id": "asc"})
    assert [[other.id for other in customer.follows] for customer in customers] == [["bob", "eve"], [], ["ada", "eve"]]
    category = await shop.category.create(
        {"name": "top", "children": {"create": [{"name": "low", "children": {"create": [{"name": "lowest"}]}}]}},
        include={"children": {"include": {"children": True}}},
    )
    assert category.children[0].children[0].name == "lowest"
    moved = await shop.category.update(
        where={"id": category.children[0].id}, data={"parent": {"connect": {"id": 4}}}, include={"parent": True}
    )
    assert moved.parent.name == "music"


async def test_a_deep_write_stores_everything_or_nothing(shop: Any, shop_client: Any) -> None:
    def order(sku: str) -> dict[str, Any]:
        return {
            "number": 500,
            "buyer": {"create": {"email": "new@", "firstName": "N", "lastName": "N"}},
            "items": {"create": [{"price": Decimal(1), "product": {"connect": {"sku": sku}}}]},
        }

    counts = await shop.customer.count(), await shop.order.count(), await shop.item.count()
    with pytest.raises(shop_client.errors.RecordNotFoundError):
        await shop.order.create(order("nothing"))
    assert (await shop.customer.count(), await shop.order.count(), await shop.item.count()) == counts
    created = await shop.order.create(order("dune"), include={"items": {"include": {"product": True}}, "buyer": True})
    assert (created.items[0].product.sku, created.buyer.email, created.items[0].quantity) == ("dune", "new@", 1)


async def test_a_record_is_found_and_connected_by_a_compound_key(shop: Any) -> None:
    updated = await shop.order.update(
        where={"number": 100},
        data={
            "items": {
                "update": [{"where": {"line": {"orderId": 1, "productId": 1}}, "data": {"quantity": {"increment": 5}}}],
                "delete": [{"line": {"orderId": 1, "productId": 2}}],
            },
        },
        include={"items": True},
    )
    assert [(item.productId, item.quantity) for item in updated.items] == [(1, 7)]
    created = await shop.order.create(
        {
            "number": 7,
            "buyer": {"connect": {"full_name": {"firstName": "Ada", "lastName": "Byron"}}},
            "address": {"connect": {"customerId_label": {"customerId": "ada", "label": "work"}}},
        },
        include={"address": True},
    )
    assert (created.address.city, created.recipientId, created.addressLabel) == ("Potsdam", "ada", "work")
