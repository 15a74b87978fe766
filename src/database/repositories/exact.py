"""Rows as the engine gives them, to be stored again: JSON is text, and its numbers keep their digits."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from prisma import types
from pydantic import BaseModel, create_model

__all__ = ["exact", "fields_of"]


def fields_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The names of a model's columns, in the schema's order."""
    names: tuple[str, ...] = get_args(getattr(types, f"{model.__name__}ScalarFieldKeys"))
    return names


@cache
def exact(model: type[BaseModel]) -> Any:
    """A model of the same rows whose values are not parsed."""
    [base] = model.__bases__
    fields: dict[str, Any] = dict.fromkeys(fields_of(model), (Any, None))
    return create_model(model.__name__, __base__=base, **fields)
