"""A schema of another kind: required relations, every referential action, compound keys that are foreign keys too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from itertools import product
from typing import Any, Final

from conformance.case import Bytes, Case, Json, call

__all__ = ["GROUPS"]

_CUSTOMER: Final[Mapping[str, Any]] = {"id": "new", "email": "new@example.org", "firstName": "New", "lastName": "Er"}
_PRODUCT: Final[Mapping[str, Any]] = {"sku": "n", "title": "n", "price": Decimal("1.50")}
_BY_ID: Final = {"order_by": {"id": "asc"}}
_BY_PRODUCT: Final = {"order_by": {"productId": "asc"}}
_DAY: Final = datetime(1990, 12, 10, tzinfo=timezone.utc)


def _deletes() -> Iterator[Case]:
    for customer in ("ada", "bob", "eve", "tom", "none"):
        yield call("customer.delete", where={"id": customer})
    for number in range(1, 6):
        yield call("order.delete", where={"id": number}, include={"items": _BY_PRODUCT, "buyer": True})
        yield call("product.delete", where={"id": number}, include={"tags": {"order_by": {"name": "asc"}}})
        yield call("category.delete", where={"id": number}, include={"children": _BY_ID})
    for voucher in ("NONE", "TEN", "HALF", "X"):
        yield call("voucher.delete", where={"code": voucher}, include={"orders": _BY_ID})
    for label in ("home", "work"):
        yield call("address.delete", where={"customerId_label": {"customerId": "ada", "label": label}})
    yield call("address.delete", where={"customerId_label": {"customerId": "eve", "label": "home"}})
    yield call("item.delete", where={"line": {"orderId": 1, "productId": 2}}, include={"order": True, "product": True})
    yield call("tag.delete", where={"name": "classic"}, include={"products": _BY_ID})
    yield call("card.delete", where={"customerId": "ada"}, include={"customer": True})
    wheres: Sequence[Any] = (
        {},
        {"buyer": {"is": {"vip": True}}},
        {"items": {"none": {}}},
        {"status": "RETURNED"},
        {"address": {"is_not": {"city": "Bonn"}}},
    )
    for where in wheres:
        yield call("order.delete_many", where=where)
    yield call("product.delete_many", where={"items": {"none": {}}})
    yield call("category.delete_many", where={"products": {"none": {}}, "parentId": {"not": None}})
    yield call("customer.delete_many", where={"followers": {"some": {"id": "tom"}}})
    yield call("voucher.delete_many")


def _keys() -> Iterator[Case]:
    """Changes of keys that others refer to."""
    yield call("customer.update", where={"id": "ada"}, data={"id": "eva"}, include={"orders": _BY_ID, "card": True})
    yield call("customer.update", where={"id": "bob"}, data={"id": "rob"}, include={"addresses": True})
    yield call("customer.update", where={"id": "ada"}, data={"id": "bob"})
    yield call("voucher.update", where={"code": "TEN"}, data={"code": "ELEVEN"}, include={"orders": _BY_ID})
    yield call(
        "address.update", where={"customerId_label": {"customerId": "ada", "label": "work"}}, data={"label": "office"}
    )
    yield call(
        "address.update", where={"customerId_label": {"customerId": "bob", "label": "home"}}, data={"label": "office"}
    )
    yield call(
        "address.update", where={"customerId_label": {"customerId": "ada", "label": "work"}}, data={"label": "home"}
    )
    yield call(
        "item.update", where={"line": {"orderId": 1, "productId": 2}}, data={"product": {"connect": {"sku": "fugue"}}}
    )
    yield call(
        "item.update", where={"line": {"orderId": 1, "productId": 2}}, data={"product": {"connect": {"sku": "dune"}}}
    )
    yield call(
        "item.update",
        where={"line": {"orderId": 1, "productId": 2}},
        data={"order": {"connect": {"number": 101}}, "quantity": {"multiply": 3}},
    )
    yield call(
        "order.update",
        where={"number": 2**40},
        data={"id": 77, "number": 2**41},
        include={"items": {"order_by": {"productId": "asc"}}},
    )
    yield call("product.update", where={"id": 1}, data={"id": 11}, include={"tags": {"order_by": {"name": "asc"}}})
    yield call("tag.update", where={"name": "classic"}, data={"name": "old"}, include={"products": _BY_ID})
    for method in ("find_unique", "find_unique_or_raise"):
        yield call(
            f"item.{method}",
            where={"line": {"orderId": 1, "productId": 2}},
            include={"order": {"include": {"buyer": True}}, "product": True},
        )
        yield call(f"item.{method}", where={"line": {"orderId": 9, "productId": 2}})
        yield call(f"customer.{method}", where={"full_name": {"firstName": "Bob", "lastName": "Byron"}})
        yield call(f"category.{method}", where={"parentId_name": {"parentId": 1, "name": "maps"}})
        yield call(f"order.{method}", where={"number": 2**40})
    for take, cursor in product(
        (2, -2), ({"orderId": 1, "productId": 2}, {"orderId": 3, "productId": 1}, {"orderId": 9, "productId": 9})
    ):
        for order in (
            [{"orderId": "asc"}, {"productId": "asc"}],
            [{"price": "desc"}, {"orderId": "asc"}, {"productId": "desc"}],
        ):
            yield call("item.find_many", cursor={"line": cursor}, take=take, order=order)
            yield call(
                "item.find_many", cursor={"line": cursor}, take=take, order=order, skip=1, include={"product": True}
            )


_NESTED: Final[Mapping[tuple[str, str], Sequence[Any]]] = {
    ("customer", "orders"): (
        {"create": {"number": 7}},
        {"create": [{"number": 7, "items": {"create": [{"productId": 1, "price": Decimal("2.5")}]}}, {"number": 100}]},
        {"connect": [{"id": 3}, {"number": 103}]},
        {"connect": {"id": 404}},
        {"set": []},
        {"set": [{"id": 1}, {"id": 3}]},
        {"set": [{"id": 1}, {"id": 2}]},
        {"disconnect": [{"id": 1}]},
        {"delete": [{"id": 1}]},
        {"delete": [{"id": 3}]},
        {"update": [{"where": {"id": 1}, "data": {"total": {"increment": Decimal("0.02")}, "status": "RETURNED"}}]},
        {
            "update": [
                {
                    "where": {"number": 101},
                    "data": {"recipient": {"connect": {"id": "eve"}}, "voucher": {"disconnect": True}},
                }
            ]
        },
        {
            "updateMany": {
                "where": {"status": "PAID"},
                "data": {"weight": {"multiply": 2}, "history": {"push": ["SENT"]}},
            }
        },
        {"deleteMany": {"express": False}},
        {"upsert": [{"where": {"number": 7}, "create": {"number": 7}, "update": {"number": 8}}]},
        {"upsert": [{"where": {"number": 100}, "create": {"number": 7}, "update": {"number": 8}}]},
        {
            "connect_or_create": [
                {"where": {"number": 2**40}, "create": {"number": 7}},
                {"where": {"number": 8}, "create": {"number": 8}},
            ]
        },
        {"createMany": {"data": [{"number": 7}, {"number": 8, "voucherCode": "HALF"}]}},
    ),
    ("customer", "gifts"): (
        {"connect": [{"id": 2}]},
        {"set": []},
        {"disconnect": [{"id": 5}]},
        {"create": {"number": 7, "buyer": {"connect": {"id": "tom"}}}},
        {"create": {"number": 7}},
        {
            "update": {
                "where": {"id": 5},
                "data": {"address": {"connect": {"customerId_label": {"customerId": "ada", "label": "work"}}}},
            }
        },
        {"deleteMany": {}},
    ),
    ("customer", "addresses"): (
        {"create": [{"label": "new", "city": "Rom"}, {"label": "other", "city": "Oslo", "zip": None}]},
        {"create": {"label": "home", "city": "Rom"}},
        {"connect": {"customerId_label": {"customerId": "eve", "label": "home"}}},
        {"connect": {"customerId_label": {"customerId": "bob", "label": "home"}}},
        {"set": []},
        {"delete": {"customerId_label": {"customerId": "ada", "label": "work"}}},
        {"delete": {"customerId_label": {"customerId": "bob", "label": "home"}}},
        {"update": {"where": {"customerId_label": {"customerId": "ada", "label": "work"}}, "data": {"city": "Jena"}}},
        {
            "upsert": {
                "where": {"customerId_label": {"customerId": "ada", "label": "x"}},
                "create": {"label": "x", "city": "X"},
                "update": {"city": "Y"},
            }
        },
        {
            "upsert": {
                "where": {"customerId_label": {"customerId": "ada", "label": "work"}},
                "create": {"label": "x", "city": "X"},
                "update": {"city": "Y"},
            }
        },
        {"updateMany": {"where": {"zip": None}, "data": {"zip": "0"}}},
        {"deleteMany": {"label": "work"}},
        {"createMany": {"data": [{"label": "home", "city": "A"}, {"label": "b", "city": "B"}], "skipDuplicates": True}},
    ),
    ("customer", "follows"): (
        {"connect": [{"id": "tom"}, {"id": "ada"}]},
        {"disconnect": [{"id": "bob"}]},
        {"set": [{"id": "tom"}]},
        {"set": []},
        {"create": [_CUSTOMER]},
        {"delete": [{"id": "eve"}]},
        {"update": {"where": {"id": "bob"}, "data": {"follows": {"connect": {"id": "ada"}}}}},
        {"deleteMany": {}},
        {"connect_or_create": {"where": {"email": "tom@example.org"}, "create": _CUSTOMER}},
    ),
    ("customer", "followers"): (
        {"connect": [{"id": "tom"}]},
        {"set": [{"id": "eve"}, {"id": "ada"}]},
        {"disconnect": {"id": "ada"}},
    ),
    ("customer", "wishes"): (
        {"connect": [{"sku": "emma"}, {"id": 3}]},
        {"set": [{"sku": "emma"}]},
        {"create": {**_PRODUCT, "category": {"create": {"name": "n", "parent": {"connect": {"id": 4}}}}}},
        {
            "create": {
                **_PRODUCT,
                "tags": {"connect_or_create": [{"where": {"name": "new"}, "create": {"name": "new"}}]},
                "categoryId": 1,
            }
        },
        {"update": {"where": {"sku": "dune"}, "data": {"sold": {"increment": 2**40}, "sizes": {"push": [9]}}}},
        {"delete": {"sku": "dune"}},
        {"delete": {"sku": "emma"}},
    ),
    ("customer", "card"): (
        {"create": {"number": "1"}},
        {"create": {"number": "4712"}},
        {"connect": {"number": "4712"}},
        {"delete": True},
        {"disconnect": True},
        {"update": {"number": "9"}},
        {"upsert": {"create": {"number": "1"}, "update": {"number": "2"}}},
        {"connect_or_create": {"where": {"number": "4712"}, "create": {"number": "1"}}},
    ),
    ("customer", "reviews"): (
        {"create": {"stars": 2, "product": {"connect": {"sku": "alps"}}}},
        {"create": {"stars": 2, "productId": 1}},
        {
            "update": {
                "where": {"productId_customerId": {"productId": 1, "customerId": "ada"}},
                "data": {"stars": {"decrement": 1}, "text": None},
            }
        },
        {
            "upsert": {
                "where": {"productId_customerId": {"productId": 3, "customerId": "ada"}},
                "create": {"stars": 1, "productId": 3},
                "update": {"stars": 9},
            }
        },
        {"deleteMany": {"stars": {"gte": 4}}},
    ),
    ("order", "items"): (
        {
            "create": [
                {"productId": 3, "price": Decimal("1.005")},
                {"product": {"connect": {"sku": "odyssey"}}, "price": Decimal(2)},
            ]
        },
        {"create": {"product": {"create": {**_PRODUCT, "category": {"connect": {"id": 4}}}}, "price": Decimal(1)}},
        {"create": {"productId": 1, "price": Decimal(1)}},
        {"create": {"productId": 404, "price": Decimal(1)}},
        {"delete": [{"line": {"orderId": 1, "productId": 1}}]},
        {"delete": [{"line": {"orderId": 3, "productId": 1}}]},
        {"set": []},
        {
            "update": {
                "where": {"line": {"orderId": 1, "productId": 1}},
                "data": {"quantity": {"increment": 1}, "product": {"update": {"stock": {"decrement": 1}}}},
            }
        },
        {
            "upsert": {
                "where": {"line": {"orderId": 1, "productId": 4}},
                "create": {"productId": 4, "price": Decimal(3)},
                "update": {"quantity": 9},
            }
        },
        {
            "upsert": {
                "where": {"line": {"orderId": 1, "productId": 1}},
                "create": {"productId": 4, "price": Decimal(3)},
                "update": {"quantity": 9},
            }
        },
        {"updateMany": {"where": {"product": {"is": {"active": True}}}, "data": {"quantity": 0}}},
        {"updateMany": {"where": {"quantity": {"gt": 0}}, "data": {"price": {"multiply": Decimal("1.1")}}}},
        {"deleteMany": [{"quantity": 1}, {"price": {"gt": Decimal("9.9")}}]},
        {
            "createMany": {
                "data": [{"productId": 3, "price": Decimal(1)}, {"productId": 1, "price": Decimal(1)}],
                "skipDuplicates": True,
            }
        },
    ),
    ("order", "address"): (
        {"connect": {"customerId_label": {"customerId": "ada", "label": "work"}}},
        {"connect": {"customerId_label": {"customerId": "ada", "label": "none"}}},
        {"disconnect": True},
        {"create": {"customerId": "ada", "label": "n", "city": "Rom"}},
        {"create": {"customer": {"connect": {"id": "eve"}}, "label": "n", "city": "Rom"}},
        {"update": {"city": "Köln"}},
        {"delete": True},
        {"upsert": {"create": {"customerId": "ada", "label": "n", "city": "Rom"}, "update": {"city": "Köln"}}},
    ),
    ("order", "recipient"): (
        {"connect": {"id": "tom"}},
        {"disconnect": True},
        {"delete": True},
        {"create": _CUSTOMER},
        {"update": {"vip": {"set": True}}},
    ),
    ("order", "buyer"): (
        {"connect": {"email": "eve@example.org"}},
        {"connect": {"id": "none"}},
        {"disconnect": True},
        {"delete": True},
        {"create": _CUSTOMER},
        {"update": {"points": {"increment": 2**33}, "credit": {"multiply": Decimal("1.5")}}},
        {"upsert": {"create": _CUSTOMER, "update": {"channels": {"push": ["PHONE"]}}}},
    ),
    ("order", "voucher"): (
        {"connect": {"code": "HALF"}},
        {"disconnect": True},
        {"delete": True},
        {"create": {"code": "N", "percent": 1}},
        {"update": {"percent": {"divide": 3}}},
    ),
    ("category", "parent"): (
        {"connect": {"id": 4}},
        {"connect": {"id": 1}},
        {"disconnect": True},
        {"delete": True},
        {"create": {"name": "n"}},
        {"update": {"parent": {"connect": {"id": 4}}}},
    ),
    ("category", "children"): (
        {"connect": [{"id": 4}, {"parentId_name": {"parentId": 2, "name": "old"}}]},
        {"set": [{"id": 5}]},
        {"disconnect": {"id": 2}},
        {"create": {"name": "novels"}},
        {"create": {"name": "n", "children": {"create": [{"name": "m"}, {"name": "o"}]}}},
        {"delete": {"id": 3}},
        {"updateMany": {"where": {}, "data": {"name": "same"}}},
        {
            "upsert": {
                "where": {"parentId_name": {"parentId": 1, "name": "maps"}},
                "create": {"name": "n"},
                "update": {"name": "m"},
            }
        },
    ),
    ("category", "products"): (
        {"set": []},
        {"connect": {"sku": "fugue"}},
        {"create": _PRODUCT},
        {"deleteMany": {}},
        {"delete": {"id": 5}},
    ),
    ("product", "tags"): (
        {"set": [{"name": "new"}, {"name": "classic"}]},
        {"create": [{"name": "a"}, {"name": "b"}]},
        {
            "connect_or_create": [
                {"where": {"name": name}, "create": {"name": name}} for name in ("new", "a", "classic")
            ]
        },
        {"disconnect": [{"name": "classic"}, {"name": "none"}]},
        {"delete": {"name": "classic"}},
        {"deleteMany": {"name": {"contains": "c"}}},
        {"update": {"where": {"name": "classic"}, "data": {"name": "old"}}},
    ),
    ("product", "category"): (
        {"connect": {"id": 1}},
        {"connect": {"parentId_name": {"parentId": 1, "name": "maps"}}},
        {"disconnect": True},
        {"delete": True},
        {"create": {"name": "n"}},
        {"update": {"name": "m"}},
    ),
    ("product", "wishedBy"): (
        {"connect": [{"id": "tom"}]},
        {"set": []},
        {"delete": [{"id": "eve"}]},
        {"deleteMany": {"id": "eve"}},
    ),
}
_RECORDS: Final[Mapping[str, Sequence[Any]]] = {
    "customer": ({"id": "ada"}, {"email": "bob@example.org"}, {"full_name": {"firstName": "Tom", "lastName": "Moore"}}),
    "order": ({"id": 1}, {"number": 2**40}, {"number": 103}),
    "category": ({"id": 1}, {"id": 2}),
    "product": ({"id": 1}, {"sku": "odyssey"}),
}
_READ: Final[Mapping[str, Any]] = {
    "customer": {
        "orders": {**_BY_ID, "include": {"items": {"order_by": {"productId": "asc"}}, "voucher": True}},
        "gifts": _BY_ID,
        "addresses": {"order_by": {"label": "asc"}},
        "follows": {"order_by": {"email": "asc"}},
        "followers": {"order_by": {"email": "asc"}},
        "wishes": {"order_by": {"sku": "asc"}, "include": {"tags": {"order_by": {"name": "asc"}}, "category": True}},
        "reviews": {"order_by": [{"stars": "asc"}, {"productId": "asc"}]},
        "card": True,
    },
    "order": {
        "items": {"order_by": {"productId": "asc"}, "include": {"product": True}},
        "address": True,
        "recipient": True,
        "buyer": True,
        "voucher": True,
    },
    "category": {
        "parent": True,
        "children": {"order_by": {"name": "asc"}, "include": {"children": {"order_by": {"name": "asc"}}}},
        "products": {"order_by": {"sku": "asc"}},
    },
    "product": {
        "tags": {"order_by": {"name": "asc"}},
        "category": True,
        "wishedBy": {"order_by": {"id": "asc"}},
        "items": {"order_by": {"orderId": "asc"}},
    },
}


def _nested(model: str, field: str) -> Iterator[Case]:
    for value, where in product(_NESTED[model, field], _RECORDS[model]):
        yield call(f"{model}.update", where=where, data={field: value}, include=_READ[model])


_NEW: Final[Mapping[str, Mapping[str, Any]]] = {
    "customer": _CUSTOMER,
    "order": {"number": 1, "buyer": {"connect": {"id": "ada"}}},
    "category": {"name": "fresh"},
    "product": {**_PRODUCT, "sku": "fresh", "category": {"connect": {"id": 1}}},
}


def _creates() -> Iterator[Case]:
    words = ("create", "connect", "connect_or_create", "createMany")
    for (model, field), values in _NESTED.items():
        for value in values:
            if any(word in value for word in words):
                yield call(f"{model}.create", data={**_NEW[model], field: value}, include=_READ[model])
    yield call(
        "customer.create",
        data={
            **_CUSTOMER,
            "credit": Decimal("1.005"),
            "points": 2**62,
            "birthday": _DAY,
            "avatar": Bytes(b"\x00"),
            "profile": Json([1]),
            "channels": ["MAIL"],
        },
    )
    yield call(
        "order.create",
        data={"number": 9, "buyerId": "ada", "recipientId": "bob", "addressLabel": "home"},
        include=_READ["order"],
    )
    yield call("order.create", data={"number": 9, "buyerId": "ada", "recipientId": "bob", "addressLabel": "none"})
    yield call(
        "order.create",
        data={
            "number": 9,
            "buyerId": "ada",
            "voucherCode": None,
            "history": ["OPEN", "RETURNED"],
            "status": "RETURNED",
        },
    )
    yield call(
        "product_review.create",
        data={"stars": 3, "productId": 3, "customerId": "ada"},
        include={"product": True, "customer": True},
    )
    yield call("product_review.create", data={"stars": 3, "productId": 1, "customerId": "ada"})
    yield call(
        "item.create_many",
        data=[{"orderId": 5, "productId": number, "price": Decimal(number)} for number in range(1, 6)],
    )
    yield call(
        "address.create_many",
        data=[{"customerId": "ada", "label": label, "city": "X"} for label in ("home", "a", "b")],
        skip_duplicates=True,
    )
    for name in ("full_name", "none"):
        key = {"firstName": "Bob" if name == "full_name" else "No", "lastName": "Byron"}
        yield call(
            "customer.upsert",
            where={"full_name": key},
            data={"create": {**_CUSTOMER, **key}, "update": {"rating": {"increment": 1}, "notes": {"push": ["n"]}}},
        )
    for quantity, line in product((1, 2), ((1, 1), (5, 5))):
        item = {"orderId": line[0], "productId": line[1]}
        yield call(
            "item.upsert",
            where={"line": item},
            data={"create": {**item, "price": Decimal(quantity)}, "update": {"quantity": {"increment": quantity}}},
        )


def _filters() -> Iterator[Case]:
    orders: Sequence[Any] = (
        {"status": {"in": ["OPEN", "RETURNED"]}},
        {"status": {"not": "RETURNED"}},
        {"history": {"has": "OPEN"}},
        {"history": {"is_empty": True}},
        {"total": {"gt": Decimal("20.2"), "lte": Decimal("45.99")}},
        {"number": {"gte": 2**40}},
        {"placed": {"gt": datetime(2024, 1, 20, tzinfo=timezone.utc)}},
        {"extra": {"equals": Json({"gift": True})}},
        {"extra": {"not": Json([])}},
        {"receipt": Bytes(b"\x01")},
        {"receipt": None},
        {"recipient": None},
        {"recipient": {"is_not": None}},
        {"address": {"is": {"city": {"in": ["Bonn", "Ulm"]}}}},
        {"address": {"is": {"customer": {"is": {"email": {"startswith": "b"}}}}}},
        {"buyer": {"is": {"card": {"is": {"number": "4711"}}}}},
        {"buyer": {"is": {"follows": {"some": {"wishes": {"some": {"sku": "dune"}}}}}}},
        {"buyer": {"is": {"birthday": _DAY}}},
        {"voucher": {"is": {"percent": {"gt": 0}}}},
        {"voucher": {"is_not": {"percent": {"gt": 0}}}},
        {"items": {"some": {"product": {"is": {"category": {"is": {"parent": {"is": {"name": "books"}}}}}}}}},
        {"items": {"every": {"product": {"is": {"tags": {"some": {"name": "classic"}}}}}}},
        {"items": {"none": {"quantity": {"gt": 1}}}},
    )
    ways: Sequence[Any] = (
        {"id": "asc"},
        [{"buyer": {"lastName": "desc"}}, {"id": "asc"}],
        [{"address": {"city": "asc"}}, {"id": "desc"}],
        [{"recipient": {"card": {"number": "asc"}}}, {"id": "asc"}],
        [{"items": {"_count": "desc"}}, {"total": "asc"}, {"id": "asc"}],
    )
    for where, way in product(orders, ways):
        yield call("order.find_many", where=where, order=way)
    for where in orders:
        yield call("order.count", where=where)
        yield call("order.find_first", where=where, order={"id": "desc"}, include=_READ["order"])
        yield call("order.update_many", where=where, data={"weight": {"increment": 1}, "status": "SENT"})
        yield call(
            "customer.find_many", where={"orders": {"some": where}}, order={"id": "asc"}, include=_READ["customer"]
        )
        yield call(
            "customer.find_many", where={"orders": {"every": where}, "gifts": {"none": where}}, order={"id": "asc"}
        )
    for model in _READ:
        yield call(f"{model}.find_many", order={"id": "asc"}, include=_READ[model])
        yield call(f"{model}.find_many", order={"id": "desc"}, take=2, skip=1, include=_READ[model])


def _groups() -> Iterator[Case]:
    every = {"_all": True}
    for by in (["status"], ["buyerId"], ["express"], ["voucherCode", "express"], ["placed"]):
        order = [{name: "asc"} for name in by]
        yield call(
            "order.group_by",
            by=by,
            order=order,
            count=every,
            sum={"total": True, "weight": True},
            avg={"total": True, "weight": True},
        )
        yield call(
            "order.group_by",
            by=by,
            order=order,
            min={"total": True, "number": True, "placed": True},
            max={"total": True, "number": True, "status": True},
        )
        yield call(
            "order.group_by",
            by=by,
            order=order,
            having={"total": {"_sum": {"gt": Decimal("20.25")}}},
            sum={"total": True, "number": True},
        )
        yield call(
            "order.group_by",
            by=by,
            order=order,
            having={"number": {"_max": {"gte": 2**40}}},
            count={"recipientId": True, "voucherCode": True},
        )
    yield call(
        "customer.group_by",
        by=["lastName"],
        order={"lastName": "desc"},
        sum={"points": True, "credit": True, "rating": True},
        avg={"points": True, "credit": True, "rating": True},
    )
    yield call(
        "customer.group_by",
        by=["rating"],
        order={"rating": "asc"},
        where={"orders": {"some": {}}},
        min={"birthday": True, "email": True},
        count=True,
    )
    yield call("customer.group_by", by=["birthday"], order={"birthday": "asc"}, count=True)
    yield call(
        "customer.group_by",
        by=["vip"],
        order={"vip": "asc"},
        having={"credit": {"_avg": {"lt": Decimal(50)}}},
        take=1,
        skip=1,
    )
    yield call(
        "item.group_by",
        by=["productId"],
        order={"productId": "asc"},
        sum={"quantity": True, "price": True},
        having={"quantity": {"_sum": {"gt": 1}}},
    )
    yield call(
        "product.group_by",
        by=["active"],
        order={"active": "asc"},
        max={"released": True, "sold": True, "weight": True},
        sum={"sold": True, "stock": True},
    )


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    "deletes and their referential actions": list(_deletes()),
    "compound and changing keys": list(_keys()),
    **{f"nested writes of {model}.{field}": list(_nested(model, field)) for model, field in _NESTED},
    "creates with nested writes": list(_creates()),
    "filters over several relations": list(_filters()),
    "groups of orders": list(_groups()),
}
