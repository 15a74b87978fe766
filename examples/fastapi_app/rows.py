"""Rows in HTTP: what may be sent for one, with the columns that you have added to the schema."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import reduce
from operator import or_
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from prisma import Json
from pydantic import AfterValidator, BaseModel, ValidationError, create_model
from typing_extensions import get_type_hints

__all__ = ["columns", "nothing", "with_columns"]

_Body = TypeVar("_Body", bound=BaseModel)


def with_columns(row_type: Any, *, known: Collection[str]) -> Callable[[type[_Body]], type[_Body]]:
    """Add the columns of a row, as the client was generated with them, to a body; all but those that are `known`."""

    def add(body: type[_Body]) -> type[_Body]:
        fields: dict[str, Any] = {
            name: (_from_json(kind), ... if name in row_type.__required_keys__ else None)
            for name, kind in get_type_hints(row_type).items()
            if name not in known
        }
        return create_model(body.__name__, __base__=body, __doc__=body.__doc__, **fields)

    return add


def columns(body: BaseModel) -> dict[str, Any]:
    """The columns that were sent, and no others: the schema has defaults for them."""
    return {name: getattr(body, name) for name in body.model_fields_set}


def nothing(body: type[_Body]) -> _Body:
    """What no body means. Errors: RequestValidationError where a column has to be sent."""
    try:
        return body()
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def _from_json(kind: Any) -> Any:
    """The type with Json as any JSON, not as the text of some."""
    if kind is Json:
        return Annotated[Any, AfterValidator(Json)]
    inner = tuple(map(_from_json, get_args(kind)))
    if not inner:
        return kind
    return reduce(or_, inner) if get_origin(kind) is Union else list[inner[0]]  # type: ignore[valid-type]  # made here
