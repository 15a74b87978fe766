"""Order, pages, distinct, and relations that are read with arguments of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from conformance.case import Case, call

__all__ = ["GROUPS"]

_UP_AND_DOWN: Final = ("asc", "desc")


def _orders() -> Iterator[Case]:
    fields = ("id", "email", "name", "role", "age", "score", "active", "joined", "managerId")
    for field, way in product(fields, _UP_AND_DOWN):
        yield call("user.find_many", order=[{field: way}, {"id": "asc"}])
        yield call("user.find_many", order=[{field: way}, {"id": "desc"}], take=2, skip=1)
    for way, nulls in product(_UP_AND_DOWN, ("first", "last")):
        yield call("user.find_many", order=[{"age": {"sort": way, "nulls": nulls}}, {"id": "asc"}])
        yield call("user.find_many", order=[{"age": {"sort": way, "nulls": nulls}}, {"id": "asc"}], take=-2)
    for way, other in product(_UP_AND_DOWN, _UP_AND_DOWN):
        yield call("user.find_many", order=[{"posts": {"_count": way}}, {"id": other}])
        yield call("user.find_many", order=[{"reports": {"_count": way}}, {"posts": {"_count": other}}, {"id": "asc"}])
        yield call("category.find_many", order=[{"posts": {"_count": way}}, {"name": other}])
        yield call("post.find_many", order=[{"author": {"name": way}}, {"id": other}])
        yield call("post.find_many", order=[{"author": {"manager": {"email": way}}}, {"views": other}, {"id": "asc"}])
        yield call("post.find_many", order=[{"author": {"posts": {"_count": way}}}, {"id": other}])
        yield call("profile.find_many", order={"user": {"age": way}})
        yield call("user.find_many", order=[{"profile": {"bio": way}}, {"id": other}], take=3, skip=1)
        yield call("seat.find_many", order=[{"row": way}, {"number": other}])
    yield call("user.find_many", order=[], where={"id": {"lt": 2}})


def _pages() -> Iterator[Case]:
    orders: Sequence[Any] = (
        {"id": "asc"},
        {"id": "desc"},
        [{"age": "asc"}, {"id": "asc"}],
        [{"role": "desc"}, {"email": "asc"}],
        [{"posts": {"_count": "desc"}}, {"id": "asc"}],
    )
    for order, take, skip in product(orders, (None, 0, 1, 3, 50, -1, -3), (None, 0, 2, 50)):
        yield call("user.find_many", order=order, take=take, skip=skip)
    cursors = ({"id": 3}, {"email": "bob@example.org"}, {"id": 404})
    for order, cursor, take, skip in product(orders, cursors, (None, 2, -2, 0), (None, 1)):
        yield call("user.find_many", order=order, cursor=cursor, take=take, skip=skip)
    for cursor, take in product(cursors, (2, -2)):
        yield call("user.find_many", order={"id": "asc"}, cursor=cursor, take=take, where={"role": "READER"})
    seat = {"row_number": {"row": 2, "number": 1}}
    for take, skip in product((None, 2, -2), (None, 1)):
        yield call("seat.find_many", order=[{"row": "asc"}, {"number": "asc"}], cursor=seat, take=take, skip=skip)
        yield call(
            "seat.find_many", order=[{"holder": "desc"}, {"number": "asc"}, {"row": "asc"}], cursor=seat, take=take
        )
    post = {"title_authorId": {"title": "Hello", "authorId": 2}}
    yield from (call("post.find_many", order={"id": "asc"}, cursor=post, take=take) for take in (3, -3))


def _distinct() -> Iterator[Case]:
    order = {"id": "asc"}
    for fields in (["role"], ["age"], ["active"], ["role", "age"], ["id"], ["name"], ["joined"], ["score", "active"]):
        yield call("user.find_many", distinct=fields, order=order)
        for take, skip in ((2, None), (-2, None), (None, 1), (1, 1), (-2, 1), (0, None)):
            yield call("user.find_many", distinct=fields, order=order, take=take, skip=skip)
        yield call("user.find_many", distinct=fields, order={"id": "desc"}, cursor={"id": 4}, take=2)
        yield call("user.find_many", distinct=fields, order={"id": "asc"}, where={"age": {"not": None}})
        yield call("user.find_first", distinct=fields, order={"id": "desc"}, skip=1)
    for fields in (["whole"], ["texts"], ["truth"], ["role"], ["moment"], ["exact"], ["raw"], ["real"], ["document"]):
        yield call("types.find_many", distinct=fields, order=order)
    yield call("post.find_many", distinct=["title"], order=[{"title": "asc"}, {"views": "desc"}])
    yield call("post.find_many", distinct=["authorId"], order=[{"author": {"name": "asc"}}, {"id": "desc"}])


def _first() -> Iterator[Case]:
    wheres: Sequence[Any] = (None, {"age": 20}, {"name": "nobody"}, {"posts": {"some": {"views": {"gt": 5}}}})
    for method, where, order in product(
        ("find_first", "find_first_or_raise"), wheres, ({"id": "asc"}, [{"age": "desc"}, {"id": "desc"}])
    ):
        yield call(f"user.{method}", where=where, order=order)
        yield call(f"user.{method}", where=where, order=order, skip=1, include={"posts": {"order_by": {"id": "asc"}}})
        yield call(f"user.{method}", where=where, order=order, cursor={"id": 2})
    for method in ("find_unique", "find_unique_or_raise"):
        for key in ({"id": 1}, {"email": "bob@example.org"}, {"id": 404}, {"email": "ADA@example.org"}, {"email": ""}):
            yield call(f"user.{method}", where=key)
            yield call(f"user.{method}", where=key, include={"profile": True, "manager": True})
        for title, author in (("Hello", 1), ("Hello", 2), ("Hello", 3), ("", 4)):
            yield call(f"post.{method}", where={"title_authorId": {"title": title, "authorId": author}})
        for row, number in ((1, 1), (3, 1), (9, 9)):
            yield call(f"seat.{method}", where={"row_number": {"row": row, "number": number}})
        yield call(f"user.{method}", where={"id": 1, "age": 36})
        yield call(f"user.{method}", where={"id": 1, "age": 37})
        yield call(f"user.{method}", where={"id": 2, "email": "ada@example.org"})
        yield call(f"user.{method}", where={"id": 1, "posts": {"some": {"published": False}}})
        yield call(f"user.{method}", where={"id": 1, "OR": [{"age": 1}, {"name": "Ada"}]})


_POSTS: Final[Sequence[Mapping[str, Any]]] = [
    {"order_by": {"id": "asc"}},
    {"order_by": {"id": "asc"}, "where": {"published": True}},
    {"order_by": [{"views": "desc"}, {"id": "asc"}], "take": 1},
    {"order_by": [{"views": "desc"}, {"id": "asc"}], "take": -1},
    {"order_by": {"id": "desc"}, "skip": 1},
    {"order_by": {"id": "desc"}, "skip": 1, "take": 1},
    {"order_by": {"id": "asc"}, "cursor": {"id": "post-04"}},
    {"order_by": {"id": "asc"}, "cursor": {"id": "post-02"}, "take": -2},
    {"order_by": {"id": "asc"}, "cursor": {"id": "post-02"}, "take": 1, "skip": 1},
    {"order_by": {"id": "asc"}, "distinct": ["published"]},
    {"order_by": {"id": "asc"}, "distinct": ["published"], "take": 1},
    {"order_by": [{"categories": {"_count": "desc"}}, {"id": "asc"}]},
    {"order_by": {"id": "asc"}, "where": {"categories": {"some": {"name": "news"}}}},
    {"order_by": {"id": "asc"}, "take": 0},
    {"order_by": {"author": {"name": "asc"}}, "where": {"title": "nothing"}},
]


def _includes() -> Iterator[Case]:
    order = {"id": "asc"}
    for arguments in _POSTS:
        yield call("user.find_many", order=order, include={"posts": arguments})
        yield call("category.find_many", order=order, include={"posts": arguments})
        yield call("user.find_unique", where={"id": 1}, include={"posts": arguments})
        nested = {**arguments, "include": {"categories": {"order_by": {"name": "asc"}, "take": 2}, "author": True}}
        yield call("user.find_many", order=order, include={"posts": nested, "profile": True})
        yield call("category.find_first", order=order, include={"posts": nested})
        yield call(
            "user.find_many",
            order=order,
            take=-3,
            include={"reports": {"order_by": order, "include": {"posts": arguments}}},
        )
        yield call(
            "profile.find_many",
            order=order,
            include={"user": {"include": {"manager": {"include": {"posts": arguments, "profile": True}}}}},
        )
    for include in (
        {"profile": True},
        {"posts": False, "manager": True},
        {"manager": {"include": {"manager": {"include": {"manager": True}}}}},
        {"profile": {"include": {"user": {"include": {"profile": True}}}}},
        {"reports": {"where": {"active": True}, "order_by": {"id": "desc"}, "include": {"manager": True}}},
        {"manager": True, "reports": {"order_by": order, "include": {"reports": {"order_by": order, "skip": 1}}}},
    ):
        yield call("user.find_many", order=order, include=include)
        yield call("user.find_many", order=order, include=include, where={"id": {"in": [1, 2]}})
        yield call("user.find_many", order=order, include=include, where={"id": 404})
        yield call("user.find_first", order={"id": "desc"}, include=include)


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    "orders": list(_orders()),
    "pages": list(_pages()),
    "distinct": list(_distinct()),
    "one record": list(_first()),
    "included relations": list(_includes()),
}
