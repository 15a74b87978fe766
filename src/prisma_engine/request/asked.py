"""What a request says, read back: which columns its `where` gives one value each, such as the key of a record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["asked_columns", "for_one_record", "read_request"]

_ONE: Final[Mapping[str, str]] = {"findFirst": "findUnique", "findFirstOrThrow": "findUniqueOrThrow"}
"""The actions that look for the record with a key, in place of those for the first of any."""


_COMPARABLE: Final = frozenset({"String", "Int", "BigInt"})
"""Types whose values come back as they were given."""


def read_request(text: str) -> dict[str, Any]:
    """The request of a text; empty for one that is no JSON, because of a key that is no text: the compiler tells it."""
    try:
        request: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return request


def asked_columns(request: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, str]:
    """The names of the placeholders for the values of columns, by column; `columns` are those of the model's fields."""
    where = request["query"]["arguments"].get("where", {})
    return {columns[field]: name for field, name in _named(where, columns)}


def for_one_record(request: Mapping[str, Any]) -> str | None:
    """The text for the record with a key and its relations, in place of one for the first; None where it is another.

    Only the compiler knows whether there is a key among what is asked for. It is refused where there is none.
    """
    action = _ONE.get(request.get("action", ""))
    if action is None:
        return None
    query = request["query"]
    has_relations = any(isinstance(selected, dict) for selected in query["selection"].values())
    if not has_relations or query["arguments"].keys() != {"where"}:
        return None
    named = any(
        isinstance(value, dict) and value.get("$type") == "Param" for value in query["arguments"]["where"].values()
    )
    return json.dumps({**request, "action": action}) if named else None


def _named(where: Mapping[str, Any], columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for field, condition in where.items():
        match condition:
            case {"$type": "Param", "value": {"name": name, "type": type_}} if (
                field in columns and type_ in _COMPARABLE
            ):
                yield field, name
            case dict() if field not in columns:  # the fields of a compound key, below its name
                yield from _named(condition, columns)
