"""Rows of raw queries, in the forms that Prisma Client Python's users know from its former engine.

That engine answered in JSON, and programs rely on what JSON made of each type: instants, dates and times are text,
bytes are Base64 text.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timezone
from typing import Any, Final

from prisma_engine.ports import RawResult

__all__ = ["DICT_FORMS", "MODEL_FORMS", "PRISMA_MODEL_FORMS", "raw_result"]

Form = Callable[[Any], object]

_EPOCH_DAY: Final = date(1970, 1, 1)
_ARRAY: Final = "-array"
_DONE: Final = "unknown"
"""The type word under which the client leaves a value alone."""


def _instant(value: datetime) -> str:
    return value.isoformat(timespec=_precision(value))


def _time(value: time) -> str:
    return value.replace(tzinfo=None).isoformat(timespec=_precision(value))


def _precision(value: datetime | time) -> str:
    """A fraction is shown only where there is one, in thousandths if they are enough."""
    if value.microsecond == 0:
        return "seconds"
    return "microseconds" if value.microsecond % 1000 else "milliseconds"


def _midnight(value: date) -> str:
    return _instant(datetime(value.year, value.month, value.day, tzinfo=timezone.utc))


def _on_epoch_day(value: time) -> str:
    moment = datetime.combine(_EPOCH_DAY, value)
    return _instant(moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc))


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


MODEL_FORMS: Final[Mapping[str, Form]] = {
    "bytes": _base64,
    "datetime": _instant,
    "date": date.isoformat,
    "time": _time,
}
"""What goes into a pydantic model, by Prisma's type word: decimals keep their digits, Json fields parse the text."""

PRISMA_MODEL_FORMS: Final[Mapping[str, Form]] = {**MODEL_FORMS, "date": _midnight, "time": _on_epoch_day}
"""What goes into a model of the client, whose dates and times are all DateTime fields."""

DICT_FORMS: Final[Mapping[str, Form]] = {**MODEL_FORMS, "decimal": float, "json": json.loads}
"""What a dictionary holds."""

_CONVERTED: Final = frozenset({"bigint", "decimal"})
"""Words of which the client would make something else: what is there is final, and may be an array of arrays."""


def raw_result(result: RawResult, model: type | None) -> dict[str, Any]:
    """Turn the rows of a raw query into what `prisma._raw_query` takes, for dictionaries or for a model."""
    forms = _forms(model)
    steps = [(index, forms[word]) for index, word in enumerate(map(_item_word, result.types)) if word in forms]
    for row in result.rows:
        for index, form in steps:
            row[index] = _converted(row[index], form)
    types = [_DONE if _item_word(word) in _CONVERTED else word for word in result.types]
    return {"columns": result.columns, "types": types, "rows": result.rows}


def _forms(model: type | None) -> Mapping[str, Form]:
    if model is None:
        return DICT_FORMS
    return PRISMA_MODEL_FORMS if hasattr(model, "__prisma_model__") else MODEL_FORMS


def _item_word(word: str) -> str:
    return word.removesuffix(_ARRAY)


def _converted(value: object, form: Form) -> object:
    if value is None:
        return None
    return [_converted(item, form) for item in value] if isinstance(value, list) else form(value)
