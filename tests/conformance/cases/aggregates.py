"""Counts and groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final

from conformance.case import Case, call

__all__ = ["GROUPS"]


def _counts() -> Iterator[Case]:
    wheres: Sequence[Any] = (None, {"age": {"gt": 19}}, {"posts": {"some": {}}}, {"id": 404}, {"NOT": [{"name": None}]})
    selects: Sequence[Any] = (
        None,
        {"_all": True},
        {"_all": True, "name": True, "age": True},
        {"age": True, "id": False},
    )
    pages: Sequence[Mapping[str, Any]] = (
        {},
        {"take": 2},
        {"skip": 4},
        {"take": 3, "skip": 1},
        {"cursor": {"id": 3}},
        {"take": -2},
    )
    for where, select, page in product(wheres, selects, pages):
        yield call("user.count", where=where, select=select, **page)
    for model in ("profile", "post", "category", "seat", "types"):
        yield call(f"{model}.count")
        yield call(f"{model}.count", take=1, skip=1)
    yield call(
        "types.count", select=dict.fromkeys(("_all", "text", "whole", "document", "raw", "texts", "roles"), True)
    )


_EVERYTHING: Final[Mapping[str, Any]] = {
    "count": {"_all": True, "age": True},
    "sum": {"age": True, "score": True},
    "avg": {"age": True, "score": True},
    "min": {"age": True, "email": True, "joined": True},
    "max": {"age": True, "name": True, "role": True},
}


def _groups() -> Iterator[Case]:
    for by in (["role"], ["active"], ["age"], ["role", "active"], ["managerId"], ["name"], ["joined"]):
        order = [{name: "asc"} for name in by]
        yield call("user.group_by", by=by, order=order)
        yield call("user.group_by", by=by, order=order, count=True)
        yield call("user.group_by", by=by, order=order, **_EVERYTHING)
        yield call("user.group_by", by=by, order=order, take=2, skip=1, **_EVERYTHING)
        yield call("user.group_by", by=by, order=[{name: "desc"} for name in by], take=1, count=True)
        yield call("user.group_by", by=by, order=order, take=-1, count=True)
        yield call("user.group_by", by=by, order=order, where={"age": {"gt": 0}, "posts": {"some": {}}}, **_EVERYTHING)
        yield call("user.group_by", by=by, order=order, where={"id": 404}, count=True)
        for name, functions in _EVERYTHING.items():
            yield call("user.group_by", by=by, order=order, **{name: functions})
    yield call("user.group_by", by=["role"], order={"role": "desc"}, sum={"age": True})


def _having() -> Iterator[Case]:
    conditions: Sequence[Mapping[str, Any]] = (
        {"role": "READER"},
        {"role": {"in": ["READER", "ADMIN"]}},
        {"age": {"_avg": {"gt": 20}}},
        {"age": {"_sum": {"gte": 36, "lt": 1000}}},
        {"age": {"_min": 20}},
        {"age": {"_max": {"not": None}}},
        {"age": {"_count": {"gt": 1}}},
        {"score": {"_sum": {"equals": 1.5}}},
        {"score": {"_avg": {"lte": 0.75}}},
        {"email": {"_count": {"in": [1, 2]}}},
        {"email": {"_max": {"contains": "ada"}}},
        {"joined": {"_count": 3}},
        {"AND": [{"age": {"_count": {"gt": 0}}}, {"role": {"not": "WRITER"}}]},
        {"OR": [{"age": {"_avg": {"gt": 50}}}, {"role": "ADMIN"}]},
        {"NOT": [{"role": "ADMIN"}]},
    )
    for having in conditions:
        yield call("user.group_by", by=["role"], order={"role": "asc"}, having=having)
        yield call("user.group_by", by=["role"], order={"role": "asc"}, having=having, **_EVERYTHING)
        yield call(
            "user.group_by",
            by=["role", "active"],
            order=[{"role": "asc"}, {"active": "asc"}],
            having=having,
            count=True,
        )


def _types() -> Iterator[Case]:
    numbers = {"whole": True, "big": True, "real": True, "exact": True}
    comparable = {**numbers, "text": True, "moment": True, "role": True}
    functions = (
        {"sum": {"whole": True, "real": True, "exact": True}},
        {"avg": numbers},
        {"min": comparable},
        {"max": comparable},
        {"count": {**comparable, "raw": True}},
    )
    for by, chosen in product(
        ("id", "truth", "role", "whole", "text", "exact", "moment", "big", "real", "raw", "document"), functions
    ):
        yield call("types.group_by", by=[by], order={by: "asc"}, **chosen)
    yield call("types.group_by", by=["role"], order={"role": "asc"}, sum={"big": True}, where={"big": {"gt": 0}})
    yield call("types.group_by", by=["texts"], order={"texts": "asc"}, count=True)
    yield call("types.group_by", by=["roles"], order={"roles": "asc"}, count={"roles": True})


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    "counts": list(_counts()),
    "groups": list(_groups()),
    "having": list(_having()),
    "groups of every type": list(_types()),
}
