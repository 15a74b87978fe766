"""One method call on a client, and the methods that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["ACTIONS", "READS", "Call"]

ACTIONS: Final[Mapping[str, str]] = {
    "create": "createOne",
    "create_many": "createMany",
    "find_unique": "findUnique",
    "find_unique_or_raise": "findUniqueOrThrow",
    "find_first": "findFirst",
    "find_first_or_raise": "findFirstOrThrow",
    "find_many": "findMany",
    "update": "updateOne",
    "update_many": "updateMany",
    "upsert": "upsertOne",
    "delete": "deleteOne",
    "delete_many": "deleteMany",
    "count": "aggregate",
    "group_by": "groupBy",
}
"""The JSON protocol's word for each method of the client."""

READS: Final = frozenset(
    {"count", "group_by", "query_sql", *(method for method in ACTIONS if method.startswith("find_"))}
)
"""The methods that change nothing, so that running one twice is the same as running it once."""


@dataclass(slots=True)  # not frozen: made for every call, and four times as fast
class Call:
    """One method call on the client, as `Prisma._execute` gets it; raw queries have no model."""

    method: str
    arguments: Mapping[str, Any]
    model: type | None = None
    root_selection: Sequence[str] | None = None
