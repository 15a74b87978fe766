"""Calls that fail, each with the code that Prisma gives; and calls whose outcome differs on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from conformance.case import Case, Failure, call, differs

__all__ = ["GROUPS"]

_NEW: Final = {"email": "new@example.org"}


def _unknown_names() -> Iterator[Case]:
    unknown: Mapping[str, Any] = {"nope": 1}
    for method in ("find_many", "find_first", "find_first_or_raise", "count", "delete_many"):
        yield call(f"user.{method}", where=unknown)
        yield call(f"user.{method}", where={"AND": [unknown]})
        yield call(f"user.{method}", where={"posts": {"some": unknown}})
        yield call(f"user.{method}", where={"posts": {"most": {}}})
        yield call(f"user.{method}", where={"age": {"above": 3}})
    for method in ("find_unique", "find_unique_or_raise", "delete"):
        yield call(f"user.{method}", where=unknown)
        yield call(f"user.{method}", where={})
        yield call(f"user.{method}", where={"name": "Ada"})
        yield call(f"user.{method}", where={"id": None})
        yield call(f"post.{method}", where={"title_authorId": {"title": "Hello"}})
    yield call("user.create", data={**_NEW, **unknown})
    yield call("user.create", data={**_NEW, "posts": {"create": {"title": "n", **unknown}}})
    yield call("user.create", data={**_NEW, "posts": {"make": {}}})
    yield call("user.create_many", data=[{**_NEW, **unknown}])
    yield call("user.create_many", data=[{**_NEW, "posts": {"create": {"title": "n"}}}])
    yield call("user.update", where={"id": 1}, data=unknown)
    yield call("user.update", where={"id": 1}, data={"age": {"add": 1}})
    yield call("user.update", where={"id": 1}, data={"name": {"increment": 1}})
    yield call("user.update_many", where={}, data={"posts": {"deleteMany": {}}})
    yield call("user.upsert", where={"id": 1}, data={"create": _NEW, "update": unknown})
    yield call("user.find_many", order={"nope": "asc"})
    yield call("user.find_many", order={"posts": {"title": "asc"}})
    yield call("user.find_many", distinct=["nope"])
    yield call("user.find_many", cursor={"name": "Ada"})
    yield call("user.find_many", include={"posts": {"limit": 1}})
    yield call("user.count", select={"nope": True})
    yield call("user.group_by", by=["nope"])


def _wrong_values() -> Iterator[Case]:
    wrong: Sequence[tuple[str, Any]] = (
        ("text", 1),
        ("text", True),
        ("text", ["a"]),
        ("whole", "1"),
        ("whole", True),
        ("whole", 2**31),
        ("whole", -(2**31) - 1),
        ("real", "1.5"),
        ("real", True),
        ("truth", 1),
        ("truth", "true"),
        ("moment", 5),
        ("role", "KING"),
        ("role", 1),
        ("role", "administrator"),
        ("texts", [1]),
        ("wholes", ["a"]),
        ("roles", ["KING"]),
    )
    for field, value in wrong:
        yield from _uses(field, value)
    yield call("user.find_many", order={"id": "up"})
    yield call("user.find_many", skip=-1)
    yield call("user.find_many", take=1, skip=-1)
    yield call("user.find_many", include={"posts": {"skip": -1}})
    yield call("user.find_many", where={"name": {"contains": "a", "mode": "loose"}})
    for where, data in product(({"id": "1"}, {"email": 1}), ({"name": "x"},)):
        yield call("user.find_unique", where=where)
        yield call("user.update", where=where, data=data)


def _uses(field: str, value: Any) -> Iterator[Case]:
    yield call("types.create", data={field: value})
    yield call("types.update", where={"id": 1}, data={field: value})
    yield call("types.find_many", where={field: {"equals": value}})
    if not isinstance(value, list):
        yield call("types.find_many", where={field: {"in": [value]}})
        yield call("types.find_many", where={field: value})


def _missing_values() -> Iterator[Case]:
    yield call("user.create", data={})
    yield call("user.create", data={"email": None})
    yield call("post.create", data={"views": 1})
    yield call("profile.create", data={"bio": "n"})
    yield call("profile.create", data={"bio": "n", "userId": None})
    yield call("seat.create", data={"row": 1})
    yield call("user.create_many", data=[_NEW, {"name": "x"}])
    yield call("user.create", data={**_NEW, "posts": {"create": {}}})
    yield call("user.create", data={**_NEW, "posts": {"connect_or_create": {"where": {"id": "x"}}}})
    yield call("user.update", where={"id": 1}, data={"email": None})
    yield call("user.update", where={"id": 1}, data={"email": {"set": None}})
    yield call("user.update", where={"id": 1}, data={"active": None})
    yield call("user.update", where={"id": 1}, data={"posts": {"update": {"where": {"id": "post-01"}}}})
    yield call("user.upsert", where={"id": 1}, data={"create": {}, "update": {}})
    yield call("user.upsert", where={"id": 1}, data={"create": _NEW})
    yield call("user.find_many", where={"email": None})
    yield call("user.find_many", where={"posts": None})
    yield call("user.group_by", by=[])
    yield call("user.group_by", by=["role"], order={"age": "asc"})
    yield call("user.group_by", by=["role"], having={"age": 3})
    yield call("user.group_by", by=["role"], order={"role": "asc"}, skip=-1)


def _constraints() -> Iterator[Case]:
    yield call("user.create", data={"email": "ada@example.org"})
    yield call("user.create", data={**_NEW, "id": 1})
    yield call("user.create", data={**_NEW, "managerId": 404})
    yield call("post.create", data={"title": "Hello", "authorId": 1})
    yield call("post.create", data={"title": "Hello", "author": {"connect": {"id": 1}}})
    yield call("post.create", data={"title": "n", "authorId": 404})
    yield call("profile.create", data={"bio": "n", "userId": 1})
    yield call("profile.create", data={"bio": "n", "userId": 404})
    yield call("seat.create", data={"row": 1, "number": 1})
    yield call("category.update", where={"id": 1}, data={"name": "code"})
    yield call("category.update_many", where={}, data={"name": "same"})
    yield call("user.update", where={"id": 1}, data={"id": 2})
    yield call("profile.update", where={"id": "profile-1"}, data={"userId": 404})
    yield call("user.update", where={"id": 1}, data={"age": {"multiply": 2**31 - 1}})
    yield call("user.update_many", where={}, data={"score": {"divide": 0}})
    yield call("user.update", where={"id": 1}, data={"posts": {"create": [{"title": "n"}, {"title": "World"}]}})


_UNKNOWN: Final = Failure(None, "DataError")
_INVALID: Final = Failure("P2009", "")
_REFUSED: Final = Failure("P2007", "DataError")
_REFUSED_WHEN_BOUND: Final[Sequence[tuple[str, Any, Failure, Failure]]] = (
    ("big", 2**63, Failure("P2020", "DataError"), _INVALID),
    ("big", "x", _INVALID, _UNKNOWN),
    ("exact", "ten", _REFUSED, _UNKNOWN),
    ("moment", "yesterday", _REFUSED, _UNKNOWN),
)
"""Field, value, our error, the compiler's error for a literal."""


def _on_purpose() -> Iterator[Case]:
    wraps = "Integers beyond 32 bits"
    refused = Failure("P2019", "InputError")
    yield differs(call("user.count", take=99_999_999_999), divergence=wraps, ours=refused, theirs=6)
    yield differs(call("user.count", take=2**32), divergence=wraps, ours=refused, theirs=0)
    yield differs(call("user.count", skip=2**32 + 5), divergence=wraps, ours=refused, theirs=1)
    yield differs(call("user.count", where={"id": 1.5}), divergence=wraps, ours=_INVALID, theirs=1)
    nan = "`in: [NaN]`, Float NaN"
    for where in ({"real": {"in": [float("nan")]}}, {"real": float("nan")}):
        yield differs(call("types.count", where=where), divergence=nan, ours=0, theirs=_UNKNOWN)
    yield differs(call("types.count", where={"real": {"gt": float("inf")}}), divergence=nan, ours=0, theirs=_UNKNOWN)
    bound = "Values that are not of their field's type"
    for field, value, ours, theirs in _REFUSED_WHEN_BOUND:
        for case in _uses(field, value):
            yield differs(case, divergence=bound, ours=ours, theirs=theirs)
    yield differs(call("types.count", where={"moment": "2020-01-01"}), divergence=bound, ours=1, theirs=_UNKNOWN)
    text = "Text with NUL or lone surrogates"
    for method in ("find_many", "delete_many"):
        case = call(f"types.{method}", where={"text": "a\0b"})
        yield differs(case, divergence=text, ours=Failure("P2007", "DataError"), theirs=Failure("P2039", "DataError"))
    gone = "`update` and `upsert` whose nested writes delete the record itself"
    data = {"create": {"title": "n"}, "update": {"author": {"delete": True}}}
    case = call("post.upsert", where={"id": "post-01"}, data=data)
    yield differs(case, divergence=gone, ours=Failure("P2025", "RecordNotFoundError"), theirs=[])


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    "unknown names": list(_unknown_names()),
    "values of a wrong type": list(_wrong_values()),
    "missing values": list(_missing_values()),
    "constraints": list(_constraints()),
    "deliberate differences": list(_on_purpose()),
}
