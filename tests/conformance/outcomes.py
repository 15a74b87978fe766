"""What a call gives in either runtime, as plain data that can be compared."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from conformance.case import Failure
from times import iso_time

__all__ = ["agree", "failure", "masked", "masked_tables", "of_client", "of_runtime"]

_WORDED_BY_THE_RUNTIME: Final = frozenset({"P2014", "P2017", "P2018"})
"""Errors whose text comes from neither the database nor the compiler."""

_GENERATED: Final = re.compile(
    r"[a-z][a-z0-9]{23,24}"  # both kinds of cuid
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|[0-9A-HJKMNP-TV-Z]{26}"  # ulid
    r"|[\w-]{21}"  # nanoid
)
_NO_NAMES: Final[Mapping[str, str]] = {}
_NOW: Final = "<now>"
_TIME: Final = re.compile(r"(20\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\d)?)[\d.]*(?:\+00:00)?")
_RECENT: Final = timedelta(days=2)  # today, even as a day without a time; the seeds and the cases are of years ago


def failure(error: Exception) -> Failure:
    """An error of the client in the form that is compared."""
    code = getattr(error, "code", None)
    # What the client makes of P2009 depends on which of many complaints comes first: see docs/divergences.md.
    class_name = "" if code == "P2009" else type(error).__name__
    return Failure(code, class_name, str(error) if code in _WORDED_BY_THE_RUNTIME else "")


def of_client(value: Any, relations: frozenset[str]) -> Any:
    """The client's result as plain data; `relations` are the names of relation fields, which are None if not read."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return _without_missing({key: of_client(item, relations) for key, item in value.items()}, relations)
    if isinstance(value, list):
        return [of_client(item, relations) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.decode() if hasattr(value, "decode") and hasattr(value, "encode") else value


_TAGS: Final[Mapping[str, Callable[[str], Any]]] = {
    "BigInt": int,
    "Decimal": Decimal,
    "DateTime": iso_time,
    "Bytes": base64.b64decode,
    "Json": json.loads,
}


def of_runtime(value: Any, relations: frozenset[str]) -> Any:
    """The runtime's result, with its tagged values as Python's."""
    if isinstance(value, dict):
        if "$type" in value:
            return _TAGS[value["$type"]](value["value"])
        return _without_missing({key: of_runtime(item, relations) for key, item in value.items()}, relations)
    return [of_runtime(item, relations) for item in value] if isinstance(value, list) else value


def _without_missing(record: dict[str, Any], relations: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value is not None or key not in relations}


def masked(value: Any, names: Mapping[str, str] = _NO_NAMES) -> Any:
    """Put signs for the ids and times that a runtime has just made; `names` says what to put for which id."""
    if isinstance(value, dict):
        return {key: masked(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, names) for item in value]
    if isinstance(value, str):
        return _masked_text(value, names)
    return _NOW if isinstance(value, datetime) and _is_recent(value) else value


def _masked_text(text: str, names: Mapping[str, str]) -> str:
    if _GENERATED.fullmatch(text):
        return names.get(text, "<id>")
    time = _TIME.fullmatch(text)
    is_now = time is not None and _is_recent(iso_time(time[1]).replace(tzinfo=timezone.utc))
    return _NOW if is_now else text


def masked_tables(tables: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[str]]:
    """The rows of all tables as sorted text; an id that a runtime has made is replaced by its row's other content."""
    names = {
        value: f"<{json.dumps(masked(row), sort_keys=True)}>"
        for rows in tables
        for row in rows
        if isinstance(value := row.get("id"), str)
    }
    return [sorted(json.dumps(masked(row, names), sort_keys=True) for row in rows) for rows in tables]


def _is_recent(time: datetime) -> bool:
    return abs(datetime.now(timezone.utc) - time) < _RECENT


def agree(ours: Any, theirs: Any) -> bool:
    """Whether two outcomes are equal; True and 1 are not, 1.0 and 1 are: JavaScript writes both as 1."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(agree(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if isinstance(ours, float) and type(theirs) is int:
        return ours == float(theirs)
    return bool(ours == theirs) and isinstance(ours, bool) == isinstance(theirs, bool)
