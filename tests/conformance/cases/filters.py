"""Filters: every operator on every scalar type, their combinations, and filters on relations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, Final

from conformance.case import Bytes, Case, Json, call

__all__ = ["GROUPS", "LISTS", "SCALARS"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


SCALARS: Final[Mapping[str, Sequence[Any]]] = {
    "text": ["plain", "", "Éclair 🧑", "50%_\\ '\"", "nothing"],
    "whole": [1, 0, -(2**31), 2**31 - 1],
    "big": [1, 0, 2**63 - 1, -(2**63), 2**53 + 1],
    "real": [1.0, 0.1, -1e300, 2.5, 7],
    "exact": [Decimal(1), Decimal("12345678901234567890.123456789"), Decimal("1.5"), Decimal("-1E-9"), Decimal(0)],
    "moment": [
        _at("2020-01-01"),
        _at("2024-02-29T23:59:59.999"),
        _at("1970-01-01"),
        _at("0001-01-01"),
        _at("2020-01-01T00:00:00.001999"),
    ],
    "truth": [True, False],
    "raw": [Bytes(b"\x00\xff"), Bytes(b""), Bytes(b"\xde\xad\xbe\xef")],
    "role": ["READER", "ADMIN"],
    "document": [
        Json({"a": 1}),
        Json([1, None, "x"]),
        Json("text"),
        Json(None),
        Json({"a": 1, "b": 2}),
        Json(data=True),
    ],
}
"""Values for each nullable scalar field of `Types`."""

LISTS: Final[Mapping[str, Sequence[Any]]] = {
    "texts": ["a", "b", "", "50%"],
    "wholes": [1, 2, -1, 2**31 - 1],
    "bigs": [1, 2**63 - 1, -(2**63)],
    "reals": [1, 0.5, 0.1, -1e300],
    "truths": [True, False],
    "moments": [_at("2020-01-01"), _at("2021-06-01T12:30:00.500"), _at("9999-12-31T23:59:59.999")],
    "documents": [Json({"a": 1}), Json(2), Json([])],
    "roles": ["READER", "ADMIN"],
}
"""Values for each list field of `Types`."""

_ORDERED: Final = ("lt", "lte", "gt", "gte")
_OPERATORS: Final[Mapping[str, Sequence[str]]] = {
    **dict.fromkeys(("text", "whole", "big", "real", "exact", "moment"), ("equals", "not", *_ORDERED)),
    **dict.fromkeys(("truth", "raw", "role", "document"), ("equals", "not")),
}


def _where(model: str, where: Any) -> Case:
    return call(f"{model}.find_many", where=where, order={"id": "asc"})


def _scalar(field: str) -> Iterator[Case]:
    values = SCALARS[field]
    if field != "document":
        yield _where("types", {field: None})
        yield from (_where("types", {field: value}) for value in values)
    yield from (_where("types", {field: {word: None}}) for word in ("equals", "not"))
    for value in values:
        for word in _OPERATORS[field]:
            yield _where("types", {field: {word: value}})
            if field != "document" and word != "not":
                yield _where("types", {field: {"not": {word: value}}})
    if field not in ("truth", "document"):
        yield from _membership(field, values)


def _membership(field: str, values: Sequence[Any]) -> Iterator[Case]:
    for word in ("in", "not_in"):
        for chosen in ([], values[:1], values[:2], [*values, values[0]]):
            yield _where("types", {field: {word: chosen}})
            yield _where("types", {field: {"not": {word: chosen}}})
    yield _where("types", {field: {"in": values, "not": values[0]}})
    yield _where("types", {field: {"in": values[1:], "not_in": values[:1], "not": None}})


def _ranges(field: str) -> Iterator[Case]:
    low, high = sorted(SCALARS[field][:2])
    for first in ("gt", "gte"):
        for second in ("lt", "lte"):
            yield _where("types", {field: {first: low, second: high}})
            yield _where("types", {"OR": [{field: {first: high}}, {field: {second: low}}]})


def _text() -> Iterator[Case]:
    for word in ("contains", "startswith", "endswith"):
        for value in ("la", "PL", "", "É", "%", "_", "\\", "'", "zzz", "🧑"):
            for mode in ({}, {"mode": "insensitive"}, {"mode": "default"}):
                yield _where("types", {"text": {word: value, **mode}})
            yield _where("types", {"text": {"not": {word: value}}})
    for word in ("equals", "not", *_ORDERED):
        yield _where("types", {"text": {word: "PlAiN", "mode": "insensitive"}})
    for word in ("in", "not_in"):
        yield _where("types", {"text": {word: ["PlAiN", "nothing"], "mode": "insensitive"}})


def _lists(field: str) -> Iterator[Case]:
    values = LISTS[field]
    yield from (_where("types", {field: {"has": value}}) for value in values)
    for word in ("has_every", "has_some", "equals"):
        for chosen in ([], values[:1], values[:2], values[1::-1], [*values]):
            yield _where("types", {field: {word: chosen}})
            yield _where("types", {"NOT": [{field: {word: chosen}}]})
    yield _where("types", {field: {"equals": None}})
    yield _where("types", {field: values[:2]})
    for flag in (True, False):
        yield _where("types", {field: {"is_empty": flag}})
        yield _where("types", {"NOT": [{field: {"is_empty": flag}}]})


_CONDITIONS: Final[Sequence[Mapping[str, Any]]] = [
    {"age": 20},
    {"age": {"gt": 20}},
    {"name": {"contains": "o", "mode": "insensitive"}},
    {"active": True},
    {"managerId": None},
    {"role": {"in": ["READER", "ADMIN"]}},
]


def _logic() -> Iterator[Case]:
    for word in ("AND", "OR", "NOT"):
        yield _where("user", {word: []})
        for first in _CONDITIONS:
            yield _where("user", {word: [first]})
            yield _where("user", {word: first})
            for second in _CONDITIONS:
                yield _where("user", {word: [first, second]})
    for outer in ("AND", "OR", "NOT"):
        for inner in ("AND", "OR", "NOT"):
            first, second, third, *_ = _CONDITIONS
            yield _where("user", {outer: [{inner: [first, second]}, third]})
            yield _where("user", {**first, outer: [{inner: [second, third]}], inner: []})
            yield _where("user", {outer: [{outer: [{inner: [first]}]}, {inner: [second, third]}]})


_POSTS: Final[Sequence[Mapping[str, Any]]] = [
    {},
    {"published": True},
    {"views": {"gte": 5}, "title": {"startswith": "H"}},
    {"categories": {"some": {"name": "news"}}},
    {"categories": {"none": {}}},
    {"author": {"is": {"name": "Ada"}}},
    {"OR": [{"title": ""}, {"views": 7}]},
]


def _relations() -> Iterator[Case]:
    for word in ("some", "every", "none"):
        yield from (_where("user", {"posts": {word: where}}) for where in _POSTS)
        yield from (_where("user", {"NOT": [{"posts": {word: where}}]}) for where in _POSTS)
        yield from (_where("category", {"posts": {word: where}}) for where in _POSTS)
        yield from (_where("user", {"reports": {word: where}}) for where in _CONDITIONS)
        yield from (
            _where("user", {"reports": {word: {"reports": {inner: {"posts": {"some": {}}}}}}})
            for inner in ("some", "every", "none")
        )
    yield _where("user", {"posts": {"some": {"published": True}, "none": {"published": False}}})
    for word in ("is", "is_not"):
        for condition in [*_CONDITIONS, {}, None]:
            yield _where("post", {"author": {word: condition}})
            yield _where("user", {"manager": {word: condition}})
        for profile in ({"bio": "first"}, {"bio": {"not": "first"}}, {"user": {"is": {"age": 20}}}, {}, None):
            yield _where("user", {"profile": {word: profile}})
    yield _where("profile", {"user": {"is": {"manager": {"is": {"profile": {"is": {"bio": "first"}}}}}}})
    yield _where("profile", {"user": {"is_not": {"age": 36}}})
    yield _where("post", {"author": {"age": 20}})
    yield _where("post", {"author": None})


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    **{f"filters on {field}": list(_scalar(field)) for field in SCALARS},
    **{f"filters on {field}": list(_lists(field)) for field in LISTS},
    "ranges": [case for field in ("text", "whole", "big", "real", "exact", "moment") for case in _ranges(field)],
    "text filters": list(_text()),
    "filters joined by AND, OR and NOT": list(_logic()),
    "filters on relations": list(_relations()),
}
