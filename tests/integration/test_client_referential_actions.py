"""What happens to the records that point to one that is deleted or gets another key, by the action of the relation."""

from __future__ import annotations

from typing import Any

import pytest


async def test_cascade_takes_the_records_along(shop: Any) -> None:
    await shop.product_review.delete_many()
    assert (await shop.order.delete(where={"id": 1})).number == 100
    assert await shop.item.count(where={"orderId": 1}) == 0
    assert await shop.item.count() == 3
    eve = await shop.customer.delete(where={"id": "eve"}, include={"wishes": True, "followers": True})
    assert ([wish.sku for wish in eve.wishes], len(eve.followers)) == (["dune"], 2)
    assert await shop.product.count(where={"wishedBy": {"some": {}}}) == 0


async def test_cascade_follows_a_changed_key(shop: Any) -> None:
    await shop.customer.update(where={"id": "ada"}, data={"id": "lovelace"})
    assert (await shop.card.find_first()).customerId == "lovelace"
    assert await shop.order.count(where={"buyerId": "lovelace"}) == 2
    assert await shop.address.count(where={"customerId": "lovelace"}) == 2


async def test_set_null_forgets_the_record(shop: Any) -> None:
    books = await shop.category.delete(where={"id": 1})
    assert books.name == "books"
    assert [category.parentId for category in await shop.category.find_many()] == [None, None, None]


async def test_set_default_falls_back_to_the_default(shop: Any, shop_client: Any) -> None:
    await shop.voucher.delete(where={"code": "TEN"})
    assert (await shop.order.find_unique(where={"id": 1})).voucherCode == "NONE"
    with pytest.raises(shop_client.errors.ForeignKeyViolationError):
        await shop.voucher.delete(where={"code": "NONE"})


@pytest.mark.parametrize(
    ("model", "where", "constraint"),
    [
        ("customer", {"id": "bob"}, "orders_buyer_id_fkey"),  # Restrict
        ("category", {"id": 4}, "products_category_id_fkey"),  # Restrict
        ("product", {"id": 4}, "items_product_id_fkey"),  # NoAction
        ("address", {"customerId_label": {"customerId": "bob", "label": "home"}}, "orders_recipient_id_address_label"),
    ],
)
async def test_restrict_and_no_action_refuse(
    shop: Any, shop_client: Any, model: str, where: dict[str, Any], constraint: str
) -> None:
    actions = getattr(shop, model)
    before = await actions.count()
    with pytest.raises(shop_client.errors.ForeignKeyViolationError, match=constraint) as raised:
        await actions.delete(where=where)
    assert raised.value.code == "P2003"
    with pytest.raises(shop_client.errors.ForeignKeyViolationError, match=constraint):
        await actions.delete_many()
    assert await actions.count() == before
