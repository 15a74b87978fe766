"""Columns of every native type, names that need quotes, several schemas, and defaults of every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import product
from typing import Any, Final

from conformance.case import Bytes, Case, Failure, Json, call, differs

__all__ = ["GROUPS"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


_INSTANTS: Final = (_at("2020-01-01"), _at("1969-12-31T23:59:59.999"), _at("9999-12-31T23:59:59.999"))
_ZONED: Final = datetime(2024, 2, 29, 5, 29, 58, 123000, tzinfo=timezone(timedelta(hours=5, minutes=30)))
_UUID: Final = "6a46cff0-5e91-40f0-bb9d-2be0817afc74"

_VALUES: Final[Mapping[str, Sequence[Any]]] = {
    "text": ("a", "", "x\ny"),
    "varchar": ("a", "é", "x" * 21),
    "char": ("a", "abcde", "abcdef"),
    "uuid": (_UUID, _UUID.upper(), "no"),
    "inet": ("10.0.0.0/8", "::1", "300.0.0.1"),
    "bit": ("0101", "01"),
    "varbit": ("1", "", "2"),
    "boolean": (True, False),
    "integer": (1, -(2**31)),
    "smallInt": (1, -(2**15), 2**15),
    "oid": (1, 0, 2**31 - 1),
    "bigInt": (1, -(2**63)),
    "double": (1, 0.1, 1e308),
    "float4": (0.5, 0.1, 3),
    "numeric": (Decimal(1), Decimal("0.1234567890123456789012345678901234567890"), Decimal("9" * 60)),
    "fixed": (Decimal(1), Decimal("99999999.9999"), Decimal("1.00005"), Decimal(10**9)),
    "money": (Decimal(1), Decimal("-0.5"), Decimal("1234567.89")),
    "timestamp": (*_INSTANTS, _ZONED),
    "timestamp0": (_at("2020-01-01"), _at("1969-12-31T23:59:59")),
    "timestamp6": (*_INSTANTS, _ZONED),
    "timestamptz": (*_INSTANTS, _ZONED, _at("0001-01-01")),
    "timestamptz3": (*_INSTANTS, _ZONED),
    "date": (*_INSTANTS, _ZONED),
    "time": (_at("1970-01-01T12:00:00"), _at("2020-05-05T23:59:59.999")),
    "time3": (_at("1970-01-01T12:00:00"), _at("2020-05-05T23:59:59.999")),
    "timetz": (_at("1970-01-01T12:00:00"), _at("2020-05-05T23:59:59.999")),
    "jsonb": (Json({"b": 1, "a": [1]}), Json("x"), Json(None), Json([1.5, {"é": None}])),
    "jsonText": (Json({"b": 1, "a": [1]}), Json("x"), Json([1.5, {"é": None}])),
    "bytea": (Bytes(b"\x00"), Bytes(b""), Bytes(bytes(range(256)))),
    "colour": ("RED", "sky_blue", "GREEN"),
}
_NO_LIST: Final = frozenset({"money", "timestamp", "timestamp0", "time3", "timetz"})
_UNORDERED: Final = frozenset({"boolean", "jsonb", "jsonText", "bytea", "colour"})
"""Types without `lt` and the like."""


def _found(where: Any) -> Case:
    return call("native.find_many", where=where, order={"id": "asc"})


def _native(field: str) -> Iterator[Case]:
    yield call("native.find_many", where={field: {"not": None}}, order=[{field: "desc"}, {"id": "asc"}])
    if field not in ("jsonb", "jsonText"):
        yield _found({field: None})
    for value in _VALUES[field]:
        yield call("native.create", data={field: value})
        yield call("native.update", where={"id": 1}, data={field: value})
        yield call("native.update_many", where={}, data={field: value})
        yield _found({field: {"equals": value}})
        yield _found({field: {"not": value}})
        if field not in ("jsonb", "jsonText", "boolean"):
            yield _found({field: {"in": [value, _VALUES[field][0]]}})
            yield _found({field: {"not_in": [value]}})
        if field not in _UNORDERED:
            yield from (_found({field: {word: value}}) for word in ("lt", "gte"))
    if isinstance(_VALUES[field][0], str):
        yield _found({field: {"contains": "a"}})
    yield call("native.create_many", data=[{field: value} for value in _VALUES[field][:2]])
    yield call("native.update", where={"id": 2}, data={field: None})


def _list(field: str) -> Iterator[Case]:
    first, *rest = _VALUES[field][:2]
    for values in ([], [first], [first, *rest]):
        yield call("lists.create", data={field: values})
        yield call("lists.update", where={"id": 1}, data={field: {"set": values}})
        if field != "jsonText":
            yield call("lists.find_many", where={field: {"equals": values}}, order={"id": "asc"})
        yield call("lists.find_many", where={field: {"has_some": values}}, order={"id": "asc"})
        yield call("lists.find_many", where={field: {"has_every": values}}, order={"id": "asc"})
        if values or field not in ("jsonb", "jsonText"):  # where no items and one empty document look the same
            yield from (call("lists.update", where={"id": number}, data={field: {"push": values}}) for number in (1, 3))
    yield call("lists.find_many", where={field: {"has": first}}, order={"id": "asc"})
    yield call("lists.find_many", where={field: {"is_empty": True}}, order={"id": "asc"})


def _relations() -> Iterator[Case]:
    by_id = {"order_by": {"id": "asc"}}
    yield call("native.find_many", order={"id": "asc"}, include={"parts": by_id, "lists": by_id, "owner": True})
    yield call(
        "native.find_many", order={"id": "asc"}, include={"parts": {**by_id, "include": {"owner": True}, "take": 1}}
    )
    yield call("lists.find_many", order={"id": "asc"}, include={"owner": {"include": {"parts": by_id}}})
    for colour in ("RED", "GREEN", "sky_blue"):
        yield call("native.create", data={"colour": colour, "owner": {"connect": {"id": 2}}}, include={"owner": True})
        yield call("native.find_many", where={"owner": {"is": {"colour": colour}}}, order={"id": "asc"})
        yield call("lists.find_many", where={"owner": {"is": {"colour": colour}}}, order={"id": "asc"})
    yield call("native.group_by", by=["colour"], order={"colour": "asc"}, count=True, max={"colour": True})


def _on_purpose() -> Iterator[Case]:
    late = _at("1969-12-31T23:59:59.999")
    finer = "DateTime values finer than their column"
    yield differs(call("native.count", where={"timestamp0": late}), divergence=finer, ours=1, theirs=0)
    lists = "`equals` on lists of `@db.Json`"
    for values in ([], [Json({"a": 1}), Json(2)]):
        case = call("lists.count", where={"jsonText": {"equals": values}})
        yield differs(case, divergence=lists, ours=1, theirs=Failure("P2039", "DataError"))


def _mapped() -> Iterator[Case]:
    keys = [{"both": {"first": first, "second": second}} for first, second in product((1, 2), "ab")]
    for key in keys:
        yield call("mapped.find_unique", where=key, include={"leaves": {"include": {"archived": True}}})
        yield call("mapped.update", where=key, data={"colour": "sky_blue", "fourth": {"increment": 1}, "second": "z"})
        yield call("mapped.delete", where=key, include={"leaves": True})
        yield call(
            "mapped.upsert", where=key, data={"create": {**key["both"], "third": _UUID}, "update": {"fourth": 9}}
        )
    yield call("mapped.find_unique", where={"pair": {"third": _UUID, "fourth": 1}})
    yield call("mapped.find_many", order=[{"first": "asc"}, {"second": "desc"}], where={"third": {"in": [_UUID]}})
    yield call("mapped.create", data={"first": 1, "second": "a", "third": _UUID})
    yield call("mapped.create", data={"first": 5, "second": "a", "third": _UUID, "fourth": 1})
    yield call(
        "mapped.create",
        data={
            "first": 5,
            "second": "a",
            "third": _UUID,
            "leaves": {"create": [{}, {"archived": {"create": {"day": _INSTANTS[0]}}}]},
        },
    )
    yield call(
        "mapped.group_by",
        by=["colour"],
        order={"colour": "asc"},
        sum={"first": True, "fourth": True},
        count={"third": True},
    )
    yield call("leaf.find_many", order={"id": "asc"}, include={"mapped": True, "archived": True})
    yield call("leaf.find_many", order={"id": "asc"}, where={"mapped": {"is": {"colour": "RED"}}})
    yield call("leaf.update", where={"id": 3}, data={"mapped": {"connect": keys[1]}}, include={"mapped": True})
    yield call("leaf.update", where={"id": 1}, data={"mapped": {"disconnect": True}, "archived": {"disconnect": True}})
    yield call(
        "leaf.update",
        where={"id": 1},
        data={"mapped": {"connect": {"pair": {"third": _UUID, "fourth": 1}}}, "archived": {"delete": True}},
    )
    yield call("leaf.delete", where={"id": 1}, include={"archived": True})
    yield call("leaf.delete", where={"id": 2})
    yield call("record.find_unique", where={"id": 2**53 + 1})
    yield call("record.find_unique", where={"day_kind": {"day": _INSTANTS[0], "kind": "OLD"}}, include={"leaf": True})
    yield call(
        "record.update", where={"leafId": 1}, data={"kind": "OLD", "day": _INSTANTS[1], "leaf": {"connect": {"id": 2}}}
    )
    yield call("record.create", data={"day": _INSTANTS[0], "kind": "NEW"})
    yield call("record.count", where={"id": {"gt": 2**53}})
    yield call("partial.find_many", order={"id": "asc"})
    yield call("partial.create", data={"visible": "x"})
    yield call("partial.update", where={"id": 1}, data={"visible": "x"})
    yield call("default.create", data={})
    yield call("default.create_many", data=[{}, {"changes": 1}])
    yield call("default.upsert", where={"id": 1}, data={"create": {}, "update": {}})


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    **{f"native {field}": list(_native(field)) for field in _VALUES},
    **{f"native lists of {field}": list(_list(field)) for field in _VALUES if field not in _NO_LIST},
    "relations of native types": list(_relations()),
    "names and defaults": list(_mapped()),
    "deliberate differences in native types": list(_on_purpose()),
}
