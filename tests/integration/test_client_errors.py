"""The client's error classes, with their codes, messages and meta, for what a program can do wrong."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

Asked = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("ask", "place"),
    [
        (lambda s: s.order.find_first(where={"bar": 1}), "findFirstOrder.where.bar"),
        (lambda s: s.order.find_first_or_raise(where={"bar": 1}), "findFirstOrderOrThrow.where.bar"),
        (lambda s: s.order.find_many(where={"bar": 1}), "findManyOrder.where.bar"),
        (lambda s: s.order.find_many(where={"OR": [{"bar": 1}]}), "findManyOrder.where.OR.bar"),
        (lambda s: s.order.find_many(where={"bar": {"a": [{"b": 1}]}}), "findManyOrder.where.bar"),
        (lambda s: s.order.find_many(where={"number": {"bar": 1}}), "findManyOrder.where.number.bar"),
        (lambda s: s.order.find_many(where={"buyer": {"is": {"bar": 1}}}), "findManyOrder.where.buyer.is.bar"),
        (lambda s: s.order.find_many(where={"recipient": {"is": {"bar": 1}}}), "findManyOrder.where.recipient.is.bar"),
        (lambda s: s.order.find_many(where={"items": {"some": {"bar": 1}}}), "findManyOrder.where.items.some.bar"),
        (lambda s: s.order.find_many(order={"bar": "asc"}), "findManyOrder.orderBy.bar"),
        (lambda s: s.order.find_many(include={"items": {"where": {"bar": 1}}}), "findManyOrder.items.where.bar"),
        (lambda s: s.order.find_unique(where={"bar": 1}), "findUniqueOrder.where.bar"),
        (lambda s: s.order.find_unique(where={"status": "OPEN"}), "findUniqueOrder.where"),
        (lambda s: s.order.find_unique(where={}), "findUniqueOrder.where"),
        (lambda s: s.order.count(where={"bar": 1}), "aggregateOrder.where.bar"),
        (lambda s: s.order.delete_many(where={"bar": 1}), "deleteManyOrder.where.bar"),
        (lambda s: s.order.delete(where={"bar": 1}), "deleteOneOrder.where.bar"),
        (lambda s: s.order.update(where={"id": 1}, data={"bar": 1}), "updateOneOrder.data.bar"),
        (lambda s: s.order.update_many(where={}, data={"bar": 1}), "updateManyOrder.data.bar"),
        (lambda s: s.category.create({"name": "x", "bar": 1}), "createOneCategory.data.bar"),
        (
            lambda s: s.category.create({"name": "x", "children": {"create": [{"name": "y", "bar": 1}]}}),
            "createOneCategory.data.children.create.bar",
        ),
        (lambda s: s.customer.update(where={"id": "ada"}, data={"firstName": {"increment": 1}}), "firstName.increment"),
    ],
)
async def test_an_unknown_field_is_named_with_its_place(
    shop_window: Any, shop_client: Any, ask: Asked, place: str
) -> None:
    with pytest.raises(shop_client.errors.FieldNotFoundError) as raised:
        await ask(shop_window)
    assert f"{place}`" in str(raised.value)
    assert raised.value.code == "P2009"


async def test_an_unknown_field_of_a_model_is_named(shop_window: Any, shop_client: Any) -> None:
    class Order(shop_client.bases.BaseOrder):  # type: ignore[misc]  # the class is known at run time only
        colour: str

    with pytest.raises(
        shop_client.errors.FieldNotFoundError, match="Field 'colour' not found in enclosing type 'Order'"
    ):
        await Order.prisma(shop_window).find_first()


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda s: s.order.create({}), "number"),
        (lambda s: s.order.create({"number": 1, "buyerId": None}), "buyerId"),
        (lambda s: s.order.create({"number": 1, "buyerId": "ada", "express": None}), "express"),
        (lambda s: s.order.create_many([{"number": 1}]), "buyerId"),
        (lambda s: s.order.update(where={"id": 1}, data={"express": None}), "express"),
        (lambda s: s.order.update_many(where={}, data={"express": None}), "express"),
        (lambda s: s.order.upsert(where={"id": 1}, data={"create": {}, "update": {}}), "number"),
        (lambda s: s.order.find_unique(where={"number": None}), "number"),
        (lambda s: s.order.delete(where={"number": None}), "number"),
        (lambda s: s.customer.update(where={"id": "ada"}, data={"addresses": {"create": [{}]}}), "label"),
    ],
)
async def test_a_missing_value_is_named(shop_window: Any, shop_client: Any, ask: Asked, field: str) -> None:
    with pytest.raises(shop_client.errors.MissingRequiredValueError, match="A value is required but not set") as raised:
        await ask(shop_window)
    assert field in str(raised.value)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.order.create({"number": "x", "buyerId": "ada"}),
        lambda s: s.order.create({"number": 1, "buyerId": 1}),
        lambda s: s.order.create({"number": 1, "buyerId": "ada", "weight": "heavy"}),
        lambda s: s.order.create({"number": 1, "buyerId": "ada", "express": 1}),
        lambda s: s.order.create({"number": 1, "buyerId": "ada", "status": "LOST"}),
        lambda s: s.order.create({"number": 1, "buyerId": "ada", "history": ["LOST"]}),
        lambda s: s.order.create({"number": 1, "buyerId": "ada", "placed": 17}),
        lambda s: s.order.create({"number": 1, "buyerId": "ada", "placed": "soon"}),
        lambda s: s.order.find_many(where={"express": "yes"}),
        lambda s: s.order.find_many(where={"status": "LOST"}),
        lambda s: s.order.find_many(where={"status": {"in": ["LOST"]}}),
        lambda s: s.order.find_many(where={"id": "1"}),
        lambda s: s.order.find_many(where={"id": {"in": 1}}),
        lambda s: s.order.find_many(order={"id": "up"}),
        lambda s: s.order.find_many(order={"id": "asc", "number": "asc"}),
        lambda s: s.order.find_many(take="1"),
        lambda s: s.order.find_many(take=2**40),
        lambda s: s.order.find_many(distinct=["bar"]),
        lambda s: s.order.count(select={"bar": True}),
        lambda s: s.order.group_by(["bar"]),
        lambda s: s.order.group_by([]),
        lambda s: s.order.group_by(["status"], sum={"buyerId": True}),
        lambda s: s.order.group_by(["status"], order={"id": "asc"}),
        lambda s: s.order.group_by(["status"], having={"id": 1}),
        lambda s: s.product.update(where={"id": 1}, data={"stock": {"increment": "1"}}),
        lambda s: s.product.update(where={"id": 1}, data={"stock": 2**31}),
        lambda s: s.product.update(where={"id": 1}, data={"sold": 2**63}),
        lambda s: s.product.update(where={"id": 1}, data={"price": Decimal(10) ** 20}),
        lambda s: s.product.update(where={"id": 1}, data={"sizes": {"push": ["x"]}}),
    ],
)
async def test_a_value_of_the_wrong_kind_is_a_data_error(shop_window: Any, shop_client: Any, ask: Asked) -> None:
    with pytest.raises(shop_client.errors.DataError) as raised:
        await ask(shop_window)
    assert str(raised.value.code).startswith("P20")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda s: s.order.create({"number": 1, "buyerId": object()}), "Type <class 'object'> not serializable"),
        (lambda s: s.order.find_many(include={"items": None}), "Expected `bool` or `dict` include value"),
        (lambda s: s.order.find_many(include={"items": 1}), "Expected `bool` or `dict` include value"),
    ],
)
async def test_what_no_request_can_carry_is_a_type_error(shop_window: Any, ask: Asked, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        await ask(shop_window)


@pytest.mark.parametrize("include", [{"nope": True}, {"number": True}, {"items": {"include": {"nope": True}}}])
async def test_including_what_is_no_relation_is_an_error_of_its_own(
    shop_window: Any, shop_client: Any, include: dict[str, Any]
) -> None:
    with pytest.raises(shop_client.errors.UnknownRelationalFieldError, match="either does not exist or is not"):
        await shop_window.order.find_many(include=include)


async def test_classes_that_are_no_models_of_the_schema_are_refused(shop_window: Any, shop_client: Any) -> None:
    class Nameless(shop_client.bases._PrismaModel):  # type: ignore[misc]  # noqa: SLF001  # as a program may
        id: int

    class Stranger(Nameless):
        __prisma_model__ = "Stranger"

    actions = shop_client.actions.OrderActions
    with pytest.raises(shop_client.errors.InvalidModelError, match="`__prisma_model__` class variable"):
        await actions(shop_window, Nameless).find_first()
    with pytest.raises(shop_client.errors.InvalidModelError, match="`__prisma_model__` class variable"):
        await actions(shop_window, int).find_first()
    with pytest.raises(shop_client.errors.UnknownModelError, match='Model: "Stranger" does not exist'):
        await actions(shop_window, Stranger).find_first()


@pytest.mark.parametrize(
    ("ask", "columns"),
    [
        (lambda s: s.card.create({"number": "4711", "customerId": "eve"}), ["number"]),
        (
            lambda s: s.customer.create({"email": "new@", "firstName": "Ada", "lastName": "Byron"}),
            ["first_name", "last_name"],
        ),
        (lambda s: s.customer.create({"id": "ada", "email": "n@", "firstName": "A", "lastName": "B"}), ["id"]),
        (
            lambda s: s.address.create_many([{"customerId": "ada", "label": "home", "city": "X"}]),
            ["customer_id", "label"],
        ),
        (lambda s: s.customer.update(where={"id": "ada"}, data={"email": "bob@example.org"}), ["email"]),
        (lambda s: s.tag.upsert(where={"name": "-"}, data={"create": {"name": "new"}, "update": {}}), ["name"]),
        (
            lambda s: s.product.update(where={"id": 1}, data={"tags": {"create": [{"name": "new"}]}}),
            ["name"],
        ),
    ],
)
async def test_a_unique_violation_names_its_columns(
    shop_window: Any, shop_client: Any, ask: Asked, columns: list[str]
) -> None:
    with pytest.raises(shop_client.errors.UniqueViolationError) as raised:
        await ask(shop_window)
    error = raised.value
    assert (error.code, error.meta["target"]) == ("P2002", columns)
    names = ",".join(f"`{column}`" for column in columns)
    assert str(error) == f"Unique constraint failed on the fields: ({names})"


@pytest.mark.parametrize(
    ("ask", "constraint"),
    [
        (lambda s: s.card.create({"number": "1", "customerId": "nobody"}), "cards_customer_id_fkey"),
        (
            lambda s: s.product.create_many([{"sku": "x", "title": "", "price": 1, "categoryId": 99}]),
            "products_category_id_fkey",
        ),
        (lambda s: s.product.update(where={"id": 1}, data={"categoryId": 99}), "products_category_id_fkey"),
        (lambda s: s.order.update_many(where={}, data={"voucherCode": "?"}), "orders_voucher_code_fkey"),
    ],
)
async def test_a_foreign_key_violation_names_its_constraint(
    shop_window: Any, shop_client: Any, ask: Asked, constraint: str
) -> None:
    with pytest.raises(shop_client.errors.ForeignKeyViolationError) as raised:
        await ask(shop_window)
    error = raised.value
    assert (error.code, error.meta["field_name"]) == ("P2003", f"{constraint} (index)")
    assert str(error) == f"Foreign key constraint failed on the field: `{constraint} (index)`"


@pytest.mark.parametrize(
    ("ask", "cause"),
    [
        (lambda s: s.order.find_unique_or_raise(where={"id": 0}), "Expected a record, found none."),
        (lambda s: s.order.find_first_or_raise(where={"id": 0}), "Expected a record, found none."),
        (
            lambda s: s.order.create({"number": 1, "buyer": {"connect": {"id": "nobody"}}}),
            "No 'Customer' record (needed to inline the relation on 'Order' record(s)) was found for a nested connect"
            " on one-to-many relation 'buyer'.",
        ),
        (
            lambda s: s.product.create(
                {"sku": "x", "title": "", "price": 1, "categoryId": 1, "tags": {"connect": [{"name": "?"}]}}
            ),
            "Expected 1 records to be connected, found only 0.",
        ),
    ],
)
async def test_a_record_that_is_required_but_missing_is_explained(
    shop_window: Any, shop_client: Any, ask: Asked, cause: str
) -> None:
    with pytest.raises(shop_client.errors.RecordNotFoundError) as raised:
        await ask(shop_window)
    error = raised.value
    assert (error.code, error.meta["cause"]) == ("P2025", cause)
    reason = "An operation failed because it depends on one or more records that were required but not found."
    assert str(error) == f"{reason} {cause}"


async def test_an_update_or_delete_that_finds_nothing_gives_none(shop_window: Any) -> None:
    assert await shop_window.order.update(where={"id": 0}, data={"weight": 1}) is None
    assert await shop_window.order.delete(where={"id": 0}, include={"items": True}) is None
    # The client does not tell a missing record from a missing one to connect, as ever.
    connect = {"recipient": {"connect": {"id": "nobody"}}}
    assert await shop_window.order.update(where={"id": 1}, data=connect) is None
    assert (await shop_window.order.find_unique(where={"id": 1})).recipientId == "bob"


async def test_many_records_that_are_connected_must_all_be_there(shop_window: Any, shop_client: Any) -> None:
    home = {"customerId_label": {"customerId": "nobody", "label": "home"}}
    with pytest.raises(shop_client.errors.DataError, match="The required connected records were not found") as raised:
        await shop_window.customer.create(
            {"email": "n@", "firstName": "", "lastName": "", "addresses": {"connect": [home]}}
        )
    assert raised.value.code == "P2018"
    assert await shop_window.customer.count() == 3


async def test_required_relations_cannot_be_cut(shop_window: Any, shop_client: Any) -> None:
    with pytest.raises(shop_client.errors.DataError, match="would violate the required relation 'buyer'") as raised:
        await shop_window.customer.update(where={"id": "ada"}, data={"orders": {"disconnect": [{"number": 100}]}})
    assert raised.value.code == "P2014"
    with pytest.raises(shop_client.errors.DataError, match="are not connected") as unconnected:
        await shop_window.customer.update(where={"id": "ada"}, data={"orders": {"delete": [{"number": 2**40}]}})
    assert unconnected.value.code == "P2017"


async def test_the_cause_of_an_error_is_kept(shop_window: Any, shop_client: Any) -> None:
    with pytest.raises(shop_client.errors.UniqueViolationError) as raised:
        await shop_window.tag.create({"name": "new"})
    chain: list[str] = []
    error: BaseException | None = raised.value
    while error is not None:
        chain.append(type(error).__name__)
        error = error.__cause__
    assert chain == ["UniqueViolationError", "UserFacingError", "UniqueViolationError"]
    assert raised.value.data["user_facing_error"]["error_code"] == "P2002"


async def test_a_table_or_column_that_is_not_there_is_named(blog_client: Any, database_url: str) -> None:
    async with blog_client.Prisma(datasource={"url": database_url}, use_dotenv=False) as client:
        with pytest.raises(blog_client.errors.TableNotFoundError) as table:
            await client.seat.find_first()
        assert (table.value.code, table.value.table) == ("P2021", "public.Seat")
        await client.execute_raw('CREATE TABLE "Seat" (row int, number int)')
        with pytest.raises(blog_client.errors.DataError, match="column") as column:
            await client.seat.find_first()
        assert column.value.code == "P2022"
