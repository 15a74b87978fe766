"""What the schema promises and the database may not keep: the compiler's plans do not tell, and Prisma 5 looked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prisma_engine.errors import UserFacingError
from prisma_engine.plan import Node, Structure

from .inputs import InputTable

__all__ = ["mark_required", "missing_value"]


def mark_required(plan: Node, request: Mapping[str, Any], table: InputTable) -> None:
    """Mark the records of a plan's result that there always are."""
    data_map = plan["args"] if plan["type"] == "transaction" else plan
    if data_map["type"] == "dataMap":
        _mark(data_map["args"]["structure"], request["query"]["selection"], request["modelName"], table)


def _mark(structure: Structure, selection: Mapping[str, Any], model: str, table: InputTable) -> None:
    required = table.required(model)
    for field, related in table.related(model).items():
        nested = selection.get(field)
        if nested:
            inner = structure["fields"][field]
            inner["required"] = field in required
            _mark(inner, nested["selection"], related, table)


def missing_value(model: str, troubles: Iterable[Mapping[str, Any]], table: InputTable) -> UserFacingError | None:
    """The error for a row that has no value where the schema requires one; None if its troubles are others.

    Shape:  `troubles` are pydantic's, which has seen that a model cannot be made of the row.
    Source: query-engine 5.17, `MissingFieldsInModel`.
    """
    for trouble in troubles:
        if trouble["input"] is None:
            *above, field = (name for name in trouble["loc"] if isinstance(name, str))
            type_ = table.required(_behind(model, above, table)).get(field)
            if type_ is not None:
                return _found_null(field, type_)
    return None


def _behind(model: str, relations: Iterable[str], table: InputTable) -> str:
    for relation in relations:
        model = table.related(model).get(relation, "")
    return model


def _found_null(field: str, type_: str) -> UserFacingError:
    message = (
        f'Error converting field "{field}" of expected non-nullable type "{type_}", found incompatible value of "null".'
    )
    return UserFacingError("P2032", message, {"field": field, "expected_type": type_, "found": "null"})
