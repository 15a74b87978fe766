"""Queries that differ in structure, so that each has a plan of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice, product
from typing import Any, Final

Query = dict[str, Any]

_INSTANT: Final = datetime(2024, 1, 1, tzinfo=timezone.utc)
_OPERATORS: Final = ("equals", "not", "lt", "lte", "gt", "gte")


def _filters(value: object, *more: str) -> tuple[Query | None, ...]:
    """No filter, and one with each operator of a field."""
    single = [{operator: value} for operator in (*_OPERATORS, *more)]
    return (None, *single, {"in": [value]}, {"not_in": [value]})


_CONTENTS: Final = _filters("x", "contains", "startswith", "endswith")
_ROLES: Final = _filters("user", "contains", "startswith", "endswith")
_TIMES: Final = _filters(_INSTANT)
_ORDERS: Final = (
    None,
    *({field: direction} for field in ("id", "content", "role", "createdAt") for direction in ("asc", "desc")),
)


def shapes(session: str) -> Iterator[Query]:
    """The arguments of `message.find_many` for a session, each of another structure; there are 11,664."""
    for order, *filters in product(_ORDERS, _CONTENTS, _ROLES, _TIMES):
        where: Query = {"sessionId": session}
        where |= {field: value for field, value in zip(("content", "role", "createdAt"), filters, strict=True) if value}
        yield {"where": where, "take": 20} | ({"order": order} if order else {})


def some_shapes(session: str, *, first: int, count: int) -> list[Query]:
    """So many of them, from one on."""
    return list(islice(shapes(session), first, first + count))
