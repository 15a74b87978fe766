"""Rows that contradict the schema, because somebody has taken its constraints off the database: errors, no objects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Final

import pytest
import pytest_asyncio
from pydantic import Field, ValidationError

from fix_postgres import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")

Asked = Callable[[Any], Any]

NO_BUYER: Final = "Inconsistent query result: Field buyer is required to return data, got `null` instead."

_NO_FOREIGN_KEYS: Final = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT conrelid::regclass AS place, conname FROM pg_constraint WHERE contype = 'f' LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.place, found.conname);
  END LOOP;
END $$;
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loose(server: Server, stocked_template: str, shop_client: Any) -> AsyncIterator[Any]:
    """A shop without foreign keys, whose order 100 has no buyer any more; no test leaves it otherwise."""
    name = await server.create(template=stocked_template)
    async with shop_client.Prisma(datasource={"url": server.url(name)}, use_dotenv=False) as shop:
        await shop.execute_raw(_NO_FOREIGN_KEYS)
        await shop.execute_raw("UPDATE orders SET buyer_id = 'nobody' WHERE number = 100")
        yield shop
    await server.drop(name)


BUYER: Final = {"buyer": True}


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.order.find_many(include=BUYER),
        lambda s: s.order.find_first(where={"number": 100}, include=BUYER),
        lambda s: s.order.find_first_or_raise(where={"number": 100}, include=BUYER),
        lambda s: s.order.find_unique(where={"number": 100}, include=BUYER),
        lambda s: s.order.find_unique_or_raise(where={"number": 100}, include=BUYER),
        lambda s: s.order.find_many(include={"items": True, "buyer": {"include": {"card": True}}}),
        lambda s: s.item.find_many(include={"order": {"include": BUYER}}),
        lambda s: s.product.find_many(include={"items": {"include": {"order": {"include": BUYER}}}}),
        lambda s: s.order.create({"number": 7, "buyerId": "no"}, include=BUYER),
        lambda s: s.order.update(where={"number": 100}, data={"weight": 7}, include=BUYER),
        lambda s: s.order.upsert(
            where={"number": 100},
            data={"create": {"number": 100, "buyerId": "no"}, "update": {"weight": 7}},
            include=BUYER,
        ),
        lambda s: s.order.upsert(
            where={"number": 7}, data={"create": {"number": 7, "buyerId": "no"}, "update": {"weight": 7}}, include=BUYER
        ),
        lambda s: s.order.delete(where={"number": 100}, include=BUYER),
    ],
)
async def test_a_required_record_that_is_missing_is_an_error_and_nothing_is_stored(
    loose: Any, shop_client: Any, ask: Asked
) -> None:
    before = await loose.order.find_many(order={"id": "asc"})
    with pytest.raises(shop_client.errors.DataError) as raised:
        await ask(loose)
    assert type(raised.value) is shop_client.errors.DataError
    assert (str(raised.value), raised.value.code) == (NO_BUYER, None)
    assert await loose.order.find_many(order={"id": "asc"}) == before


async def test_a_transaction_goes_on_after_a_required_record_was_missing(loose: Any, shop_client: Any) -> None:
    manager = loose.tx()
    tx = await manager.start()
    with pytest.raises(shop_client.errors.DataError, match="Field buyer is required"):
        await tx.order.find_many(include=BUYER)
    await tx.order.update(where={"number": 100}, data={"buyer": {"connect": {"id": "bob"}}})
    assert {order.buyer.id for order in await tx.order.find_many(include=BUYER)} == {"ada", "bob"}
    await manager.rollback()


async def test_a_batch_in_which_a_required_record_is_missing_stores_nothing(loose: Any, shop_client: Any) -> None:
    batch = loose.batch_()
    batch.voucher.create({"code": "BATCH", "percent": 1})
    batch.order.create({"number": 7, "buyerId": "no"}, include=BUYER)
    with pytest.raises(shop_client.errors.DataError, match="Field buyer is required"):
        await batch.commit()
    assert await loose.voucher.find_unique(where={"code": "BATCH"}) is None


async def test_optional_records_and_lists_may_be_missing(loose: Any) -> None:
    order = await loose.order.find_unique(where={"number": 101}, include={"recipient": True, "items": True})
    assert (order.recipient, len(order.items)) == (None, 1)
    customer = await loose.customer.find_unique(
        where={"id": "eve"}, include={"card": True, "orders": {"include": BUYER}}
    )
    assert (customer.card, customer.orders) == (None, [])


@pytest.mark.asyncio(loop_scope="function")
async def test_a_required_value_that_is_null_is_an_error_of_the_client(shop: Any, shop_client: Any) -> None:
    one = {"number": 100}
    asks: list[tuple[str, Asked]] = [
        ("placed", lambda s: s.order.find_many()),
        ("status", lambda s: s.order.find_first(where=one)),
        ("total", lambda s: s.order.find_unique(where=one)),
        ("weight", lambda s: s.item.find_many(include={"order": True})),
        ("weight", lambda s: s.customer.find_unique(where={"id": "ada"}, include={"orders": True})),
        ("weight", lambda s: s.order.update(where=one, data={"express": True})),
        ("weight", lambda s: s.order.delete(where=one)),
    ]
    types = {"placed": "DateTime", "status": "OrderStatus", "total": "Decimal", "weight": "Float"}
    for field, ask in asks:
        manager = shop.tx()
        tx = await manager.start()
        await tx.execute_raw(f"ALTER TABLE orders ALTER {field} DROP NOT NULL")
        await tx.execute_raw(f"UPDATE orders SET {field} = NULL WHERE number = 100")
        with pytest.raises(shop_client.errors.DataError) as raised:
            await ask(tx)
        await manager.rollback()
        expected = f'Error converting field "{field}" of expected non-nullable type "{types[field]}"'
        assert str(raised.value) == f'{expected}, found incompatible value of "null".'
        assert raised.value.code == "P2032"
        assert raised.value.meta == {"field": field, "expected_type": types[field], "found": "null"}


async def test_other_troubles_of_a_model_are_pydantics(loose: Any, shop_client: Any) -> None:
    class Order(shop_client.bases.BaseOrder):  # type: ignore[misc]  # the class is known at run time only
        weight: Annotated[float, Field(gt=1)]

    for ask in (Order.prisma(loose).find_many, Order.prisma(loose).find_first):
        with pytest.raises(ValidationError, match="greater than 1"):
            await ask(where={"number": 101})


async def test_a_client_without_async_tells_of_a_required_record_that_is_missing(
    blog_sync: Any, blog_sync_client: Any
) -> None:
    blog_sync.execute_raw('ALTER TABLE "Profile" DROP CONSTRAINT "Profile_userId_fkey"')
    blog_sync.execute_raw("""INSERT INTO "Profile" VALUES ('p', 'bio', 9)""")
    for ask in (blog_sync.profile.find_many, blog_sync.profile.find_first):
        with pytest.raises(blog_sync_client.errors.DataError, match="Field user is required to return data"):
            ask(include={"user": True})


async def test_relations_that_are_read_with_joins_are_alike(types: Any, joined: Any, joined_client: Any) -> None:
    await types.execute_raw('ALTER TABLE "Indexed" DROP CONSTRAINT "Indexed_partialId_fkey"')
    await types.execute_raw("""INSERT INTO "Indexed" (words, "partialId") VALUES ('a', 9)""")
    assert len(await joined.indexed.find_many()) == 1
    with pytest.raises(joined_client.errors.DataError, match="Field partial is required to return data"):
        await joined.indexed.find_many(include={"partial": True})


@pytest.mark.parametrize(
    "ask",
    [
        lambda t: t.indexed.create({"partialId": 1}),
        lambda t: t.indexed.create_many([{"partialId": 1}]),
        lambda t: t.indexed.upsert(where={"id": 0}, data={"create": {"partialId": 1}, "update": {}}),
    ],
)
async def test_a_row_that_needs_an_unsupported_value_is_refused_for_its_field(
    types: Any, types_client: Any, ask: Asked
) -> None:
    with pytest.raises(types_client.errors.FieldNotFoundError, match="the required field `words`") as raised:
        await ask(types)
    assert raised.value.code == "P2009"
    assert "view" not in str(raised.value)


@pytest.mark.parametrize(
    ("writes", "word"),
    [
        ({"create": [{}]}, "create"),
        ({"create_many": {"data": [{}]}}, "createMany"),
        ({"connect_or_create": [{"where": {"id": 1}, "create": {}}]}, "connectOrCreate"),
    ],
)
async def test_it_cannot_be_created_below_another_row_either(
    types: Any, types_client: Any, writes: Any, word: str
) -> None:
    with pytest.raises(types_client.errors.FieldNotFoundError, match=f"createOnePartial.data.indexed.{word}"):
        await types.partial.create({"visible": "a", "indexed": writes})
