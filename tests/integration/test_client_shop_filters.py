"""Filters over relations, keys and logic, and full text search, on the shop's stock."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, ["dune", "emma", "alps", "fugue"]),
        ({"category": {"is": {"name": "novels"}}}, ["dune", "emma"]),
        ({"category": {"is_not": {"name": "novels"}}}, ["alps", "fugue"]),
        ({"category": {"is": {"parent": {"is": {"name": "books"}}}}}, ["dune", "emma", "alps"]),
        ({"category": {"is": {"parent": {"is_not": {"name": "books"}}}}}, ["fugue"]),
        ({"category": {"is": {"parent": None}}}, ["fugue"]),
        ({"category": {"is": {"parent": {"is": None}}}}, ["fugue"]),
        ({"category": {"is": {"parent": {"is_not": None}}}}, ["dune", "emma", "alps"]),
        ({"category": {"name": "music"}}, ["fugue"]),
        ({"tags": {"some": {"name": "science fiction"}}}, ["dune"]),
        ({"tags": {"some": {}}}, ["dune", "emma", "fugue"]),
        ({"tags": {"none": {}}}, ["alps"]),
        ({"tags": {"none": {"name": "science fiction"}}}, ["emma", "alps", "fugue"]),
        ({"tags": {"every": {"name": "classic"}}}, ["emma", "alps", "fugue"]),
        ({"tags": {"some": {"name": "classic"}, "none": {"name": "science fiction"}}}, ["emma", "fugue"]),
        ({"items": {"some": {"quantity": {"gte": 2}}}}, ["dune", "alps"]),
        ({"items": {"every": {"order": {"is": {"status": "PAID"}}}}}, ["emma"]),
        ({"items": {"some": {"order": {"is": {"buyer": {"is": {"firstName": "Bob"}}}}}}}, ["dune", "alps"]),
        ({"wishedBy": {"some": {"followers": {"some": {"id": "ada"}}}}}, ["dune"]),
        ({"reviews": {"some": {"stars": {"lt": 4}}}, "stock": {"gt": 0}}, ["dune"]),
        ({"AND": {"stock": 0}}, ["emma"]),
        ({"AND": [{"stock": {"gt": 0}}, {"stock": {"lt": 6}}]}, ["dune", "fugue"]),
        ({"AND": []}, ["dune", "emma", "alps", "fugue"]),
        ({"OR": [{"sku": "dune"}, {"sku": "alps"}]}, ["dune", "alps"]),
        ({"OR": []}, []),
        ({"NOT": {"active": True}}, ["alps"]),
        ({"NOT": [{"active": False}, {"stock": 0}]}, ["dune", "fugue"]),
        ({"NOT": []}, ["dune", "emma", "alps", "fugue"]),
        ({"OR": [{"AND": [{"stock": 0}, {"active": True}]}, {"NOT": [{"OR": [{"active": True}]}]}]}, ["emma", "alps"]),
        ({"stock": {"not": {"in": [5, 0]}}}, ["alps", "fugue"]),
        ({"stock": {"not": {"not": {"gt": 4}}}}, ["dune", "alps"]),
        ({"title": {"search": "dune | fugue"}}, ["dune", "fugue"]),
        ({"title": {"search": "art & fugue"}}, ["fugue"]),
        # equal texts are one search, over the fields together; different ones must both be found
        ({"title": {"search": "art | emma"}, "sku": {"search": "art | emma"}}, ["emma", "fugue"]),
        ({"title": {"search": "art & fugue"}, "sku": {"search": "art & fugue"}}, ["fugue"]),
        ({"title": {"search": "art | emma"}, "sku": {"search": "emma | art"}}, ["emma"]),
        ({"AND": [{"title": {"search": "art | emma"}}, {"sku": {"search": "art | emma"}}]}, ["emma", "fugue"]),
    ],
)
async def test_products_are_found(shop_window: Any, where: dict[str, Any], found: list[str]) -> None:
    products = await shop_window.product.find_many(where=where, order={"id": "asc"})
    assert [product.sku for product in products] == found


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"recipient": None}, [101, 2**40]),
        ({"recipient": {"is_not": None}}, [100]),
        ({"recipient": {"is": {"firstName": "Bob"}}}, [100]),
        ({"recipient": {"is_not": {"firstName": "Bob"}}}, [101, 2**40]),
        ({"address": {"is": {"city": "Bonn"}}}, [100]),
        ({"recipientId": None}, [101, 2**40]),
        ({"recipientId": {"not": None}}, [100]),
        ({"recipientId": {"equals": "bob"}}, [100]),
        ({"status": "OPEN"}, [101]),
        ({"status": {"in": ["OPEN", "SENT"]}}, [101, 2**40]),
        ({"status": {"not": "OPEN"}}, [100, 2**40]),
        ({"number": {"gt": 2**39}}, [2**40]),
        ({"buyer": {"is": {"reviews": {"none": {}}}}}, []),
        ({"buyer": {"is": {"follows": {"every": {"id": "eve"}}}}}, [2**40]),
        ({"voucher": {"is": {"percent": {"gt": 5}}}}, [100]),
        ({"items": {"none": {"product": {"is": {"sku": "dune"}}}}}, [101]),
    ],
)
async def test_orders_are_found(shop_window: Any, where: dict[str, Any], found: list[int]) -> None:
    assert [order.number for order in await shop_window.order.find_many(where=where, order={"id": "asc"})] == found


@pytest.mark.parametrize(
    ("model", "where", "field", "value"),
    [
        ("customer", {"id": "ada"}, "firstName", "Ada"),
        ("customer", {"email": "ada@example.org"}, "firstName", "Ada"),
        ("customer", {"full_name": {"firstName": "Ada", "lastName": "Byron"}}, "id", "ada"),
        ("order", {"number": 2**40}, "id", 3),
        ("address", {"customerId_label": {"customerId": "ada", "label": "work"}}, "city", "Potsdam"),
        ("item", {"line": {"orderId": 1, "productId": 2}}, "quantity", 1),
        ("product_review", {"productId_customerId": {"productId": 1, "customerId": "bob"}}, "stars", 3),
        ("category", {"parentId_name": {"parentId": 1, "name": "maps"}}, "id", 3),
        ("tag", {"name": "classic"}, "name", "classic"),
    ],
)
async def test_every_kind_of_key_finds_its_record(
    shop_window: Any, model: str, where: dict[str, Any], field: str, value: object
) -> None:
    actions = getattr(shop_window, model)
    assert getattr(await actions.find_unique(where=where), field) == value
    assert getattr(await actions.find_unique_or_raise(where=where), field) == value


async def test_a_key_may_come_with_more_conditions(shop_window: Any) -> None:
    assert (await shop_window.customer.find_unique(where={"id": "ada", "vip": True})).firstName == "Ada"
    assert await shop_window.customer.find_unique(where={"id": "ada", "vip": False}) is None
    where = {"customerId_label": {"customerId": "ada", "label": "work"}, "NOT": {"city": "Potsdam"}}
    assert await shop_window.address.find_unique(where=where) is None


async def test_results_can_be_ordered_by_relevance(shop_window: Any) -> None:
    relevance = {"fields": ["title", "sku"], "search": "fugue", "sort": "desc"}
    products = await shop_window.product.find_many(order=[{"_relevance": relevance}, {"sku": "asc"}])
    assert [product.sku for product in products] == ["fugue", "alps", "dune", "emma"]
