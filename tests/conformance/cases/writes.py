"""Creating, updating and deleting, alone and through relations of every kind, with records that exist or do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from itertools import product
from typing import Any, Final

from conformance.case import Bytes, Case, Json, call, differs

__all__ = ["GROUPS"]

_WHEN: Final = datetime(2019, 5, 6, 7, 8, 9, 10999, tzinfo=timezone.utc)
_NEW: Final = {"email": "new@example.org"}

_EVERYTHING: Final[Mapping[str, Any]] = {
    "posts": {
        "order_by": [{"title": "asc"}, {"views": "asc"}],
        "include": {"categories": {"order_by": {"name": "asc"}}},
    },
    "profile": True,
    "manager": True,
    "reports": {"order_by": {"email": "asc"}},
}
"""What to read back of a user."""

_VALUES: Final[Mapping[str, Sequence[Any]]] = {
    "text": ["", "é🧑\n\t\"'\\", "x" * 10_000, None],
    "whole": [0, -(2**31), 2**31 - 1, None],
    "big": [0, -(2**63), 2**63 - 1, 2**53 + 1, None],
    "real": [0, 0.1, -2.5e-300, 1e22, 3, None],
    "exact": [Decimal("0.10"), Decimal("-12345678901234567890.1234567890"), Decimal("1E+20"), Decimal(7), None],
    "truth": [True, False, None],
    "moment": [_WHEN, datetime(1, 1, 1, tzinfo=timezone.utc), datetime(2020, 1, 1), None],  # noqa: DTZ001  # means UTC
    "document": [
        Json({"a": {"b": [1, 2.5, None, "é"]}}),
        Json([]),
        Json("s"),
        Json(None),
        Json(0),
        Json(data=False),
        None,
    ],
    "raw": [Bytes(b""), Bytes(bytes(range(256))), None],
    "role": ["READER", "ADMIN", None],
    "texts": [[], ["a", "", "é,\"'\\{}"], {"set": ["x"]}],
    "wholes": [[], [1, -(2**31)], {"set": [5]}],
    "bigs": [[], [2**63 - 1, 0], {"set": [2**40]}],
    "reals": [[], [0.1, 3, -1e300], {"set": [2.5]}],
    "truths": [[], [True, False], {"set": [False]}],
    "moments": [[], [_WHEN], {"set": [_WHEN, _WHEN]}],
    "documents": [[], [Json({"a": 1}), Json("s"), Json([None])], {"set": [Json(1)]}],
    "roles": [[], ["ADMIN", "READER"], {"set": ["WRITER"]}],
}
_PUSHED: Final[Mapping[str, Sequence[Any]]] = {
    "texts": [["x"], "y", []],
    "wholes": [[7, 8], 9],
    "bigs": [[2**62], 5],
    "reals": [[0.5, 1]],
    "truths": [[True]],
    "moments": [[_WHEN]],
    "documents": [[Json({"z": 0})]],
    "roles": [["ADMIN"], "WRITER"],
}


def _values() -> Iterator[Case]:
    for field, values in _VALUES.items():
        for value in values:
            yield call("types.create", data={field: value})
            yield call("types.update", where={"id": 1}, data={field: value})
            yield call("types.update", where={"id": 5}, data={field: value})
        plain = [value for value in values if not isinstance(value, dict)]
        yield call("types.create_many", data=[{field: value} for value in plain])
        yield call("types.update_many", where={"id": {"lt": 4}}, data={field: values[0]})
    for field, values in _PUSHED.items():
        for value, record in product(values, (1, 2, 5)):
            yield call("types.update", where={"id": record}, data={field: {"push": value}})
        yield call("types.update_many", where={}, data={field: {"push": values[0]}})


def _numbers() -> Iterator[Case]:
    operands: Mapping[str, Sequence[Any]] = {
        "whole": (2, -3),
        "big": (2, 2**40),
        "real": (0.5, 3),
        "exact": (Decimal("0.1"), Decimal(3)),
    }
    for field, values in operands.items():
        for value, word in product(values, ("increment", "decrement", "multiply", "divide", "set")):
            yield call("types.update", where={"id": 6}, data={field: {word: value}})
            yield call("types.update", where={"id": 5}, data={field: {word: value}})
            yield call("types.update_many", where={"id": {"in": [3, 5, 6]}}, data={field: {word: value}})
        yield call("types.update", where={"id": 6}, data={field: {"divide": 0}})
        yield call("types.update", where={"id": 6}, data={field: {"set": None}})
    yield call("types.update", where={"id": 4}, data={"whole": {"increment": 1}})
    yield call("types.update", where={"id": 2}, data={"big": {"multiply": 2}})
    yield call("types.update", where={"id": 4}, data={"real": {"multiply": 1e200}})
    yield call("types.update", where={"id": 1}, data={"whole": {"increment": 1}, "big": {"increment": 2}, "text": "n"})


def _creates() -> Iterator[Case]:
    yield call("user.create", data=_NEW)
    yield call(
        "user.create", data={**_NEW, "id": 50, "joined": _WHEN, "changed": _WHEN, "role": "ADMIN", "tags": ["t"]}
    )
    yield call("user.create", data={**_NEW, "name": None, "age": None, "settings": Json({"a": 1})}, include=_EVERYTHING)
    yield call("user.create", data={**_NEW, "settings": None})
    yield call("seat.create", data={"row": 7, "number": 7, "holder": "x"})
    yield call("types.create", data={})
    yield call("category.create", data={"name": "new"}, include={"posts": True})
    posts: Sequence[Any] = (
        {"create": {"title": "n"}},
        {"create": [{"title": "n"}, {"title": "m", "views": 3}]},
        {"create": []},
        {"createMany": {"data": [{"title": "n"}, {"title": "m"}]}},
        {"createMany": {"data": [{"title": "n"}, {"title": "n"}], "skipDuplicates": True}},
        {"createMany": {"data": [{"title": "n"}, {"title": "n"}]}},
        {"connect": {"id": "post-06"}},
        {"connect": [{"id": "post-06"}, {"id": "post-01"}]},
        {"connect": [{"title_authorId": {"title": "Hello", "authorId": 2}}]},
        {"connect": [{"id": "post-06"}, {"id": "post-404"}]},
        {"connect": [{"id": "post-06"}, {"id": "post-11"}]},
        {"connect_or_create": {"where": {"id": "post-06"}, "create": {"title": "n"}}},
        {"connect_or_create": [{"where": {"id": "post-404"}, "create": {"title": "n"}}]},
        {"create": {"title": "n"}, "connect": {"id": "post-06"}},
        {"create": {"title": "n", "categories": {"create": {"name": "new"}}}},
        {"create": {"title": "n", "categories": {"connect": [{"id": 1}, {"name": "art"}]}}},
        {"create": {"title": "n", "categories": {"connect": [{"id": 1}, {"name": "none"}]}}},
        {"create": {"title": "n", "categories": {"create": {"name": "art"}}}},
    )
    profiles: Sequence[Any] = (
        {"create": {"bio": "n"}},
        {"connect": {"id": "profile-1"}},
        {"connect": {"id": "profile-404"}},
        {"connect_or_create": {"where": {"id": "profile-1"}, "create": {"bio": "n"}}},
        {"connect_or_create": {"where": {"userId": 404}, "create": {"bio": "n"}}},
    )
    managers: Sequence[Any] = (
        {"create": {"email": "boss@example.org", "manager": {"create": {"email": "top@example.org"}}}},
        {"create": {"email": "ada@example.org"}},
        {"connect": {"id": 1}},
        {"connect": {"email": "none@example.org"}},
        {"connect_or_create": {"where": {"email": "bob@example.org"}, "create": {"email": "bob@example.org"}}},
        {"connect_or_create": {"where": {"email": "boss@example.org"}, "create": {"email": "boss@example.org"}}},
    )
    reports: Sequence[Any] = (
        {"create": [{"email": "a@example.org"}, {"email": "b@example.org", "profile": {"create": {"bio": "b"}}}]},
        {"connect": [{"id": 1}, {"email": "eve@example.org"}]},
        {"connect": {"id": 404}},
    )
    for field, values in (("posts", posts), ("profile", profiles), ("manager", managers), ("reports", reports)):
        yield from (call("user.create", data={**_NEW, field: value}, include=_EVERYTHING) for value in values)
    yield call(
        "user.create",
        data={**_NEW, "posts": posts[1], "profile": profiles[0], "manager": managers[0], "reports": reports[0]},
        include=_EVERYTHING,
    )
    yield call(
        "user.create", data={**_NEW, "posts": posts[1], "profile": profiles[0], "manager": {"connect": {"id": 404}}}
    )


def _creates_of_children() -> Iterator[Case]:
    users: Sequence[Any] = (
        {"create": _NEW},
        {"create": {**_NEW, "posts": {"create": [{"title": "p"}]}}},
        {"connect": {"id": 3}},
        {"connect": {"email": "Zoë_100%@example.org"}},
        {"connect": {"id": 1}},
        {"connect": {"id": 404}},
        {"connect_or_create": {"where": {"id": 3}, "create": _NEW}},
        {"connect_or_create": {"where": {"id": 404}, "create": _NEW}},
    )
    for user in users:
        yield call("profile.create", data={"bio": "n", "user": user}, include={"user": True})
        yield call("post.create", data={"title": "n", "author": user}, include={"author": True, "categories": True})
    yield call("profile.create", data={"id": "mine", "bio": "n", "userId": 3})
    yield call(
        "post.create", data={"id": "mine", "title": "n", "authorId": 3, "created": _WHEN}, include={"author": True}
    )
    yield call("post.create", data={"title": "n", "authorId": None})
    yield call("post.create", data={"title": "n", "authorId": 3, "categories": {"connect": {"id": 1}}})
    for categories in _CATEGORIES_OF_A_NEW_POST:
        yield call(
            "post.create",
            data={"title": "n", "categories": categories},
            include={"categories": {"order_by": {"name": "asc"}}},
        )
    yield call(
        "category.create",
        data={"name": "new", "posts": {"create": [{"title": "a"}, {"title": "b", "author": {"connect": {"id": 1}}}]}},
        include={"posts": {"order_by": {"title": "asc"}}},
    )
    yield call(
        "category.create",
        data={"name": "new", "posts": {"connect": [{"id": "post-01"}]}},
        include={"posts": {"include": {"author": True}}},
    )


_CATEGORIES_OF_A_NEW_POST: Final[Sequence[Any]] = (
    {"create": [{"name": "a"}, {"name": "b"}]},
    {"create": {"name": "art"}},
    {"connect": [{"name": "art"}, {"id": 1}]},
    {"connect": [{"name": "art"}, {"id": 3}]},
    {"connect": [{"name": "none"}]},
    {
        "connect_or_create": [
            {"where": {"name": "art"}, "create": {"name": "art"}},
            {"where": {"name": "new"}, "create": {"name": "new"}},
            {"where": {"id": 404}, "create": {"name": "other"}},
        ]
    },
    {
        "create": [{"name": "a"}],
        "connect": [{"id": 1}],
        "connect_or_create": [{"where": {"id": 2}, "create": {"name": "x"}}],
    },
)

_TO_POSTS: Final[Sequence[Any]] = (
    {"create": [{"title": "n"}, {"title": "m"}]},
    {"create": {"title": "Hello"}},
    {"createMany": {"data": [{"title": "n", "views": 4}, {"title": "m"}]}},
    {"createMany": {"data": [{"title": "Hello"}, {"title": "m"}], "skipDuplicates": True}},
    {"connect": [{"id": "post-06"}, {"id": "post-04"}]},
    {"connect": {"id": "post-404"}},
    {"connect": {"id": "post-05"}},
    {"connect": []},
    {"connect": [{"id": "post-06"}, {"id": "post-06"}]},
    {"connect": [{"id": "post-04"}, {"title_authorId": {"title": "Bob writes", "authorId": 2}}]},
    {"disconnect": [{"id": "post-01"}, {"id": "post-01"}]},
    {"set": [{"id": "post-06"}, {"id": "post-06"}]},
    {"delete": [{"id": "post-01"}, {"id": "post-01"}]},
    {"update": [{"where": {"id": "post-01"}, "data": {"views": {"increment": 1}}}] * 2},
    {"upsert": [{"where": {"id": "post-404"}, "create": {"title": "n"}, "update": {"title": "changed"}}] * 2},
    {"connect_or_create": [{"where": {"id": "post-06"}, "create": {"title": "n"}}] * 2},
    {"disconnect": [{"id": "post-01"}]},
    {"disconnect": [{"id": "post-01"}, {"id": "post-04"}]},
    {"disconnect": {"id": "post-404"}},
    {"set": []},
    {"set": [{"id": "post-01"}]},
    {"set": [{"id": "post-01"}, {"id": "post-06"}]},
    {"set": [{"id": "post-404"}]},
    {"set": [], "create": [{"title": "n"}]},
    {"delete": [{"id": "post-01"}, {"id": "post-03"}]},
    {"delete": {"id": "post-04"}},
    {"delete": {"id": "post-404"}},
    {"update": {"where": {"id": "post-01"}, "data": {"title": "changed", "views": {"increment": 1}}}},
    {
        "update": [
            {"where": {"id": "post-01"}, "data": {"title": "x"}},
            {"where": {"id": "post-02"}, "data": {"title": "y"}},
        ]
    },
    {"update": {"where": {"id": "post-04"}, "data": {"title": "changed"}}},
    {"update": {"where": {"id": "post-404"}, "data": {"title": "changed"}}},
    {"update": {"where": {"id": "post-01"}, "data": {"title": "World"}}},
    {
        "update": {
            "where": {"id": "post-01"},
            "data": {"categories": {"set": [{"id": 4}]}, "author": {"connect": {"id": 3}}},
        }
    },
    {"update": {"where": {"id": "post-01", "published": False}, "data": {"title": "changed"}}},
    {"upsert": {"where": {"id": "post-01"}, "create": {"title": "n"}, "update": {"title": "changed"}}},
    {"upsert": {"where": {"id": "post-404"}, "create": {"title": "n"}, "update": {"title": "changed"}}},
    {"upsert": {"where": {"id": "post-04"}, "create": {"title": "n"}, "update": {"title": "changed"}}},
    {"updateMany": {"where": {"published": True}, "data": {"views": 0}}},
    {
        "updateMany": [
            {"where": {"views": {"gt": 5}}, "data": {"views": {"multiply": 2}}},
            {"where": {}, "data": {"published": False}},
        ]
    },
    {"deleteMany": {}},
    {"deleteMany": {"published": True}},
    {"deleteMany": [{"title": "Hello"}, {"title": "World"}]},
    {
        "connect_or_create": [
            {"where": {"id": "post-06"}, "create": {"title": "n"}},
            {"where": {"id": "post-404"}, "create": {"title": "m"}},
        ]
    },
    {
        "create": {"title": "n"},
        "connect": {"id": "post-06"},
        "disconnect": {"id": "post-01"},
        "delete": {"id": "post-02"},
        "update": {"where": {"id": "post-03"}, "data": {"views": 9}},
    },
)
_TO_PROFILE: Final[Sequence[Any]] = (
    {"create": {"bio": "n"}},
    {"connect": {"id": "profile-2"}},
    {"connect": {"id": "profile-1"}},
    {"connect": {"userId": 404}},
    {"connect_or_create": {"where": {"id": "profile-404"}, "create": {"bio": "n"}}},
    {"connect_or_create": {"where": {"id": "profile-5"}, "create": {"bio": "n"}}},
    {"update": {"bio": "changed"}},
    {"update": {"where": {"bio": "nothing"}, "data": {"bio": "changed"}}},
    {"update": {"where": {"bio": {"contains": ""}}, "data": {"bio": "changed"}}},
    {"upsert": {"create": {"bio": "n"}, "update": {"bio": "changed"}}},
    {"upsert": {"create": {"bio": "n"}, "update": {"bio": "changed"}, "where": {"bio": "first"}}},
    {"delete": True},
    {"delete": False},
    {"delete": {"bio": "first"}},
    {"disconnect": True},
)
_TO_MANAGER: Final[Sequence[Any]] = (
    {"create": {"email": "boss@example.org"}},
    {"connect": {"id": 5}},
    {"connect": {"id": 404}},
    {"connect_or_create": {"where": {"id": 404}, "create": {"email": "boss@example.org"}}},
    {"connect_or_create": {"where": {"id": 6}, "create": {"email": "boss@example.org"}}},
    {"disconnect": True},
    {"disconnect": False},
    {"disconnect": {"name": "Ada"}},
    {"delete": True},
    {"delete": {"name": "nobody"}},
    {"update": {"name": "changed", "posts": {"create": {"title": "n"}}}},
    {"update": {"manager": {"update": {"name": "changed"}}}},
    {"upsert": {"create": {"email": "boss@example.org"}, "update": {"name": "changed"}}},
)
_TO_REPORTS: Final[Sequence[Any]] = (
    {"create": [{"email": "n@example.org"}]},
    {"connect": [{"id": 4}, {"id": 1}]},
    {"disconnect": [{"id": 2}]},
    {"set": [{"id": 2}, {"id": 6}]},
    {"set": []},
    {"delete": [{"id": 2}]},
    {
        "update": [
            {
                "where": {"id": 2},
                "data": {"name": "x", "reports": {"update": {"where": {"id": 4}, "data": {"name": "y"}}}},
            }
        ]
    },
    {"updateMany": {"where": {"active": True}, "data": {"score": {"increment": 1}}}},
    {"deleteMany": {"active": False}},
    {"upsert": [{"where": {"id": 3}, "create": {"email": "n@example.org"}, "update": {"name": "changed"}}]},
)
_TO_CATEGORIES: Final[Sequence[Any]] = (
    *_CATEGORIES_OF_A_NEW_POST,
    {"connect": [{"id": 1}, {"id": 4}]},
    {"disconnect": [{"id": 1}]},
    {"disconnect": [{"name": "code"}, {"id": 4}]},
    {"disconnect": {"id": 404}},
    {"set": []},
    {"set": [{"id": 4}, {"name": "news"}]},
    {"set": [{"id": 404}]},
    {"connect": [{"id": 4}, {"id": 4}]},
    {"connect": [{"id": 4}, {"name": "empty"}]},
    {"connect": [{"name": "empty"}, {"id": 4}, {"name": "empty"}]},
    {"disconnect": [{"id": 1}, {"id": 1}]},
    {"set": [{"id": 4}, {"id": 4}]},
    {"set": [{"id": 4}, {"name": "empty"}]},
    {"set": [{"id": 4, "name": "empty"}, {"id": 4, "name": "empty"}]},
    {"delete": [{"id": 1}, {"id": 1}]},
    {"update": [{"where": {"id": 1}, "data": {"name": "x"}}] * 2},
    {"connect_or_create": [{"where": {"name": "art"}, "create": {"name": "art"}}] * 2},
    {"connect_or_create": [{"where": {"name": "new"}, "create": {"name": "new"}}] * 2},
    {"delete": {"id": 1}},
    {"delete": {"id": 4}},
    {"delete": [{"id": 404}]},
    {"update": {"where": {"id": 1}, "data": {"name": "changed"}}},
    {"update": {"where": {"id": 4}, "data": {"name": "changed"}}},
    {"update": [{"where": {"id": 1}, "data": {"name": "code"}}]},
    {"updateMany": {"where": {"id": {"gt": 1}}, "data": {"name": {"set": "same"}}}},
    {"updateMany": {"where": {"id": 1}, "data": {"name": "changed"}}},
    {"deleteMany": {"id": {"gt": 1}}},
    {"deleteMany": {}},
    {"upsert": {"where": {"id": 1}, "create": {"name": "n"}, "update": {"name": "changed"}}},
    {"upsert": {"where": {"id": 404}, "create": {"name": "n"}, "update": {"name": "changed"}}},
    {"upsert": {"where": {"id": 4}, "create": {"name": "n"}, "update": {"name": "changed"}}},
)


def _nested_updates() -> Iterator[Case]:
    fields = (("posts", _TO_POSTS), ("profile", _TO_PROFILE), ("manager", _TO_MANAGER), ("reports", _TO_REPORTS))
    for field, values in fields:
        # The first user has records on the other side, the third has none of most, the last does not exist.
        for value, user in product(values, (1, 2, 3, 404)):
            yield call("user.update", where={"id": user}, data={field: value}, include=_EVERYTHING)
    include = {"categories": {"order_by": {"name": "asc"}}, "author": True}
    for value, post in product(_TO_CATEGORIES, ("post-01", "post-03", "post-404")):
        yield call("post.update", where={"id": post}, data={"categories": value, "views": 1}, include=include)


def _updates_from_the_child() -> Iterator[Case]:
    authors: Sequence[Any] = (
        *_TO_MANAGER,
        {"create": _NEW},
        {"update": {"where": {"age": 36}, "data": {"name": "changed"}}},
    )
    for value, post in product(authors, ("post-01", "post-06")):
        yield call("post.update", where={"id": post}, data={"author": value}, include={"author": True})
    for value in authors:
        yield call("profile.update", where={"id": "profile-1"}, data={"user": value}, include={"user": True})
    yield call("profile.update", where={"userId": 1}, data={"user": {"connect": {"id": 3}}})
    yield call("profile.update", where={"userId": 1}, data={"userId": 2})
    yield call("post.update", where={"title_authorId": {"title": "Hello", "authorId": 1}}, data={"title": "World"})
    yield call("post.update", where={"title_authorId": {"title": "Hello", "authorId": 1}}, data={"authorId": None})


def _updates() -> Iterator[Case]:
    changes: Sequence[Any] = (
        {},
        {"name": "changed", "tags": {"push": ["x"]}, "role": "WRITER", "settings": Json([1])},
        {"name": None, "age": None, "settings": None},
        {"age": {"increment": 1}, "score": {"divide": 2}},
        {"changed": _WHEN},
        {"email": "changed@example.org", "id": 60},
        {"email": "bob@example.org"},
        {"id": 2},
        {"managerId": 6},
        {"managerId": 404},
        {"name": {"set": None}, "tags": {"set": []}, "active": {"set": False}},
    )
    for data, where in product(changes, ({"id": 1}, {"email": "eve@example.org"}, {"id": 404}, {"id": 1, "age": 99})):
        yield call("user.update", where=where, data=data)
        yield call(
            "user.update",
            where=where,
            data=data,
            include={"posts": {"order_by": {"id": "asc"}}, "reports": {"order_by": {"id": "asc"}}},
        )
    wheres: Sequence[Any] = (
        {},
        {"role": "READER"},
        {"posts": {"some": {"published": True}}},
        {"id": 404},
        {"OR": []},
        {"manager": {"is": {"id": 1}}},
    )
    for data, where in product(filter(None, changes), wheres):
        yield call("user.update_many", where=where, data=data)
    empty = "`update_many` with empty data"
    for where, found in ((wheres[0], 6), (wheres[1], 3), (wheres[2], 4), (wheres[5], 2)):
        yield differs(call("user.update_many", where=where, data={}), divergence=empty, ours=0, theirs=found)
    yield call("seat.update", where={"row_number": {"row": 1, "number": 1}}, data={"row": 9, "holder": None})
    yield call("seat.update", where={"row_number": {"row": 1, "number": 1}}, data={"number": 2})
    yield call("seat.update", where={"row_number": {"row": 1, "number": 1}}, data={"number": {"increment": 5}})
    yield call("seat.update_many", where={"row": 2}, data={"row": {"increment": 5}})
    yield call("seat.update_many", where={"row": 2}, data={"number": 1})


def _upserts() -> Iterator[Case]:
    keys: Sequence[Any] = (
        {"id": 1},
        {"email": "ada@example.org"},
        {"email": "new@example.org"},
        {"id": 404},
        {"email": "new@example.org", "age": 3},
    )
    data: Sequence[Any] = (
        {"create": _NEW, "update": {"name": "changed"}},
        {"create": _NEW, "update": {}},
        {"create": {**_NEW, "email": "ada@example.org"}, "update": {"age": {"increment": 1}}},
        {"create": {**_NEW, "id": 404}, "update": {"email": "bob@example.org"}},
        {"create": {**_NEW, "posts": {"create": {"title": "n"}}}, "update": {"posts": {"create": {"title": "m"}}}},
        {"create": {**_NEW, "manager": {"connect": {"id": 404}}}, "update": {"manager": {"disconnect": True}}},
    )
    for where, values in product(keys, data):
        yield call("user.upsert", where=where, data=values)
        yield call("user.upsert", where=where, data=values, include=_EVERYTHING)
    for row in (1, 9):
        key = {"row": row, "number": 1}
        yield call("seat.upsert", where={"row_number": key}, data={"create": key, "update": {"holder": "x"}})
        yield call(
            "seat.upsert", where={"row_number": key}, data={"create": {"row": 2, "number": 1}, "update": {"row": 2}}
        )
    for title in ("Hello", "new"):
        post = {"title": title, "authorId": 1}
        yield call(
            "post.upsert", where={"title_authorId": post}, data={"create": post, "update": {"views": {"increment": 1}}}
        )
    for name in ("art", "new"):
        yield call("category.upsert", where={"name": name}, data={"create": {"name": name}, "update": {"name": name}})


def _deletes() -> Iterator[Case]:
    for where in ({"id": 1}, {"email": "eve@example.org"}, {"id": 404}, {"id": 2, "age": 1}):
        yield call("user.delete", where=where)
        yield call("user.delete", where=where, include=_EVERYTHING)
    for post in ("post-01", "post-06", "post-404"):
        yield call(
            "post.delete", where={"id": post}, include={"author": True, "categories": {"order_by": {"name": "asc"}}}
        )
    yield call("category.delete", where={"name": "news"}, include={"posts": {"order_by": {"id": "asc"}}})
    yield call("seat.delete", where={"row_number": {"row": 1, "number": 1}})
    yield call("profile.delete", where={"userId": 1}, include={"user": True})
    wheres: Sequence[Any] = (
        None,
        {},
        {"role": "READER"},
        {"posts": {"none": {}}},
        {"manager": {"is": {"id": 1}}},
        {"id": 404},
        {"OR": []},
    )
    yield from (call("user.delete_many", where=where) for where in wheres)
    yield call("post.delete_many", where={"categories": {"some": {"name": "news"}}})
    yield call("types.delete_many", where={"documents": {"has": Json(2)}})


def _many() -> Iterator[Case]:
    new = {"email": "m@example.org"}
    rows: Sequence[Any] = (
        [],
        [_NEW],
        [_NEW, new],
        [_NEW, {**new, "age": 3, "tags": ["a"]}, {"email": "o@example.org", "name": "x"}],
        [_NEW, _NEW],
        [_NEW, {"email": "ada@example.org"}],
        [{"id": 1, **_NEW}, {"id": 77, **new}],
        [{**_NEW, "managerId": 404}],
        [{**_NEW, "managerId": 1, "settings": Json({"a": [1]}), "role": "ADMIN"}, {**new, "managerId": None}],
    )
    for data, skip in product(rows, (None, True, False)):
        yield call("user.create_many", data=data, skip_duplicates=skip)
    seats = [{"row": row, "number": number, "holder": f"{row}"} for row in range(1, 20) for number in range(1, 20)]
    yield call("seat.create_many", data=seats)
    yield call("seat.create_many", data=seats, skip_duplicates=True)
    yield call("seat.create_many", data=seats[60:])


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    "values of every type": list(_values()),
    "number operations": list(_numbers()),
    "creates": list(_creates()),
    "creates of children": list(_creates_of_children()),
    "updates": list(_updates()),
    "nested updates": list(_nested_updates()),
    "updates from the child": list(_updates_from_the_child()),
    "upserts": list(_upserts()),
    "deletes": list(_deletes()),
    "many rows": list(_many()),
}
