"""The client of a web shop's schema, and databases for it: empty ones, and ones with some stock and some orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from fix_clients import generate, import_client
from fix_postgres import Server

SCHEMA: Final = Path(__file__).parent / "schemas" / "shop.prisma"


def day(year: int, month: int, day_of_month: int) -> datetime:
    """Midnight of a day in UTC."""
    return datetime(year, month, day_of_month, tzinfo=timezone.utc)


async def stock(shop: Any) -> None:
    """Fill an empty shop: four products in a tree of categories, three customers and their orders and reviews."""
    await shop.voucher.create_many([{"code": "NONE", "percent": 0}, {"code": "TEN", "percent": 10}])
    await shop.tag.create_many([{"name": "classic"}, {"name": "new"}, {"name": "science fiction"}])
    for name, parent in [("books", None), ("novels", 1), ("maps", 1), ("music", None)]:
        await shop.category.create({"name": name, "parentId": parent})
    for product in _products():
        await shop.product.create(product)
    for customer in _customers():
        await shop.customer.create(customer)
    for order in _orders():
        await shop.order.create(order)
    await shop.product_review.create_many(
        [
            {"productId": 1, "customerId": "ada", "stars": 5, "text": "Great", "written": day(2024, 2, 1)},
            {"productId": 1, "customerId": "bob", "stars": 3, "written": day(2024, 2, 2)},
            {"productId": 2, "customerId": "bob", "stars": 4, "text": "Good", "written": day(2024, 2, 3)},
        ]
    )


def _products() -> list[dict[str, Any]]:
    tags = [["classic", "science fiction"], ["classic"], [], ["classic"]]
    columns = ("sku", "title", "price", "stock", "sold", "weight", "sizes", "released", "categoryId", "active")
    rows = [
        ("dune", "Dune", Decimal("9.99"), 5, 10, 0.4, [1, 2, 3], day(1965, 8, 1), 2, True),
        ("emma", "Emma", Decimal("7.5"), 0, 2**33, 0.3, [2], day(1815, 12, 23), 2, True),
        ("alps", "Alps 1:25000", Decimal(12), 9, 0, 0.1, [], None, 3, False),
        ("fugue", "The Art of Fugue", Decimal("20.25"), 2, 1, 0.2, [3, 1], day(1751, 5, 1), 4, True),
    ]
    return [
        {**dict(zip(columns, row, strict=True)), "tags": {"connect": [{"name": name} for name in names]}}
        for row, names in zip(rows, tags, strict=True)
    ]


def _customers() -> list[dict[str, Any]]:
    return [
        {
            "id": "eve",
            "email": "eve@example.org",
            "firstName": "Eve",
            "lastName": "Moore",
            "wishes": {"connect": [{"sku": "dune"}]},
        },
        {
            "id": "bob",
            "email": "bob@example.org",
            "firstName": "Bob",
            "lastName": "Byron",
            "rating": 2.5,
            "channels": ["POST"],
            "addresses": {"create": [{"label": "home", "city": "Bonn", "zip": "53111"}]},
            "follows": {"connect": [{"id": "eve"}]},
        },
        {
            "id": "ada",
            "email": "ada@example.org",
            "firstName": "Ada",
            "lastName": "Byron",
            "credit": Decimal("10.5"),
            "points": 2**40,
            "rating": 4.5,
            "vip": True,
            "channels": ["MAIL", "PHONE"],
            "addresses": {
                "create": [{"label": "home", "city": "Berlin", "zip": "10115"}, {"label": "work", "city": "Potsdam"}]
            },
            "follows": {"connect": [{"id": "bob"}, {"id": "eve"}]},
            "card": {"create": {"number": "4711"}},
        },
    ]


def _orders() -> list[dict[str, Any]]:
    def items(*items: tuple[int, int, str]) -> dict[str, Any]:
        return {
            "create": [
                {"productId": product, "quantity": quantity, "price": Decimal(price)}
                for product, quantity, price in items
            ]
        }

    return [
        {
            "number": 100,
            "status": "PAID",
            "placed": day(2024, 1, 5),
            "total": Decimal("27.48"),
            "weight": 1.1,
            "buyer": {"connect": {"id": "ada"}},
            "address": {"connect": {"customerId_label": {"customerId": "bob", "label": "home"}}},
            "recipient": {"connect": {"id": "bob"}},
            "voucher": {"connect": {"code": "TEN"}},
            "items": items((1, 2, "9.99"), (2, 1, "7.5")),
        },
        {
            "number": 101,
            "placed": day(2024, 1, 20),
            "total": Decimal("20.25"),
            "weight": 0.2,
            "buyerId": "ada",
            "items": items((4, 1, "20.25")),
        },
        {
            "number": 2**40,
            "status": "SENT",
            "placed": day(2024, 3, 1),
            "total": Decimal("45.99"),
            "weight": 0.7,
            "express": True,
            "buyerId": "bob",
            "items": items((1, 1, "9.99"), (3, 3, "12")),
        },
    ]


@pytest.fixture(scope="session")
def shop_folder() -> Path:
    """The folder with the package `shop_client` and the tables' `create.sql`."""
    return generate("shop", SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def shop_client(shop_folder: Path) -> Any:
    """The generated package."""
    return import_client(shop_folder, "shop_client")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stocked_template(administrator: Server, shop_folder: Path, shop_client: Any) -> AsyncIterator[str]:
    """The name of this worker's database with the shop's tables and its stock."""
    name = await administrator.create()
    await administrator.execute((shop_folder / "create.sql").read_text(encoding="utf-8"), database=name)
    async with shop_client.Prisma(datasource={"url": administrator.url(name)}, use_dotenv=False) as shop:
        await stock(shop)
    yield name
    await administrator.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def shop_url(administrator: Server, stocked_template: str) -> AsyncIterator[str]:
    """The URL of a fresh database with stock, dropped after the test."""
    async with administrator.fresh(template=stocked_template) as url:
        yield url


@pytest_asyncio.fixture
async def shop(shop_client: Any, shop_url: str) -> AsyncIterator[Any]:
    """A connected client on a fresh database with stock."""
    async with shop_client.Prisma(datasource={"url": shop_url}, use_dotenv=False) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop_window(administrator: Server, stocked_template: str, shop_client: Any) -> AsyncIterator[Any]:
    """A connected client that many tests look at the same stock with: nobody may change anything."""
    name = await administrator.create(template=stocked_template)
    async with shop_client.Prisma(datasource={"url": administrator.url(name)}, use_dotenv=False) as client:
        yield client
    await administrator.drop(name)
