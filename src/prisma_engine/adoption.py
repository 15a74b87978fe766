"""Objects of models out of rows that are right as they are: a row becomes the object's own dictionary.

pydantic looks at each value of each row and makes a dictionary of what it has looked at. Where the database has told
the type of a column, there is nothing to find out; but a model may want more of pydantic: validators, aliases, private
fields … `adoption` knows the models that do not, by what pydantic has written down for its own core, and leaves all
others to it, those that it does not know included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from itertools import repeat
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import SchemaValidator

__all__ = ["Adoption", "adoption"]

_MODEL: Final = frozenset({"type", "cls", "schema", "config", "custom_init", "root_model", "ref", "metadata"})
_FIELDS: Final = frozenset({"type", "fields", "model_name", "computed_fields"})
_FIELD: Final = frozenset({"type", "schema", "metadata"})
_CONFIG: Final = frozenset({"title", "validate_by_alias", "validate_by_name", "populate_by_name"})
_SCALAR: Final = frozenset({"type", "metadata", "microseconds_precision"})  # the last one is for texts
"""What each kind of schema may say of a model that wants nothing else."""

_SCALARS: Final[Mapping[type, str]] = {str: "str", int: "int", float: "float", bool: "bool", datetime: "datetime"}

_SAMPLES: Final[Mapping[type, object]] = {
    str: "", int: 0, float: 0.0, bool: False, datetime: datetime(2000, 1, 1, tzinfo=timezone.utc)
}  # fmt: skip
"""A value of each type, for a look at what pydantic makes of it."""

_DICT, _NAMES, _EXTRA, _PRIVATE = (
    BaseModel.__dict__[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""What an object of a model consists of."""

_finish: Final = deque[object](maxlen=0).extend
"""Goes through an iterator, without a step of Python's for each item."""

Columns = tuple[tuple[str, type], ...]
"""The columns of rows, with the type that each of their values has where it is not None."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """How rows become objects of a model: `fields` is what they have, in this order, `whole` what must not be None."""

    model: type
    names: frozenset[str]  # of what was read, not merely left at None
    fields: tuple[str, ...]
    whole: frozenset[str]

    def objects(self, rows: Sequence[dict[str, Any]]) -> list[Any]:
        """Make the objects; the rows are theirs from now on."""
        made: list[Any] = list(map(object.__new__, repeat(self.model, len(rows))))
        _finish(map(_DICT, made, rows))
        _finish(map(_NAMES, made, map(set, repeat(self.names))))
        _finish(map(_EXTRA, made, repeat(None)))
        _finish(map(_PRIVATE, made, repeat(None)))
        return made


@lru_cache(maxsize=1000)
def adoption(model: type[BaseModel], validator: object, columns: Columns) -> Adoption | None:
    """Tell how rows of these columns become objects of a model, None where pydantic has to make them.

    `validator` is the model's: another one, where its schema has been built anew, or one that tells pydantic's plug-ins
    of each object that it makes.
    """
    fields, types = _fields(model), dict(columns)
    if type(validator) is not SchemaValidator or fields is None or not types.keys() <= fields.keys():
        return None
    for name, schema in fields.items():
        if name in types and not _is_scalar(_without_none(schema) or schema, types[name]):
            return None
        if name not in types and _without_none(schema) is None:
            return None
    whole = frozenset(name for name in types if _without_none(fields[name]) is None)
    found = Adoption(model, frozenset(types), tuple(fields), whole)
    return found if _does_as_pydantic(found, types) else None


def _fields(model: type[BaseModel]) -> Mapping[str, Mapping[str, Any]] | None:
    """The schemas of a model's fields, by name; None where the model is of another kind than we know."""
    schema = _schema(model)
    match schema:
        case {
            "type": "model",
            "cls": cls,
            "custom_init": False,
            "root_model": False,
            "config": config,
            "schema": {"type": "model-fields", "fields": fields, "computed_fields": []} as inner,
        } if (
            cls is model
            and model.__new__ is object.__new__
            and schema.keys() <= _MODEL
            and config.keys() <= _CONFIG
            and inner.keys() <= _FIELDS
            and all(field.keys() <= _FIELD for field in fields.values())
        ):
            return {name: field["schema"] for name, field in fields.items()}
    return None


def _schema(model: type[BaseModel]) -> Any:
    """What pydantic has written down of a model, which may stand among the definitions that refer to each other."""
    match model.__pydantic_core_schema__:
        case {"type": "definitions", "schema": {"type": "definition-ref", "schema_ref": ref}, "definitions": found}:
            return next((schema for schema in found if schema.get("ref") == ref), None)
        case {"type": "definitions", "schema": schema}:
            return schema
        case schema:
            return schema


def _without_none(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema of what may be left at None, for all other values; None for a schema that is of another kind."""
    match schema:
        case {"type": "default", "default": None, "schema": {"type": "nullable", "schema": inner, **others}, **more}:
            return None if others or more else inner
    return None


def _is_scalar(schema: Mapping[str, Any], type_: type) -> bool:
    return schema.keys() <= _SCALAR and schema["type"] == _SCALARS.get(type_)


def _does_as_pydantic(found: Adoption, types: Mapping[str, type]) -> bool:
    """Whether an object is, to the last of its parts, the one that pydantic makes; its versions may differ."""
    row = {name: _SAMPLES[type_] for name, type_ in types.items()}
    expected = found.model.__pydantic_validator__.validate_python(row)  # type: ignore[attr-defined]  # of a BaseModel
    (made,) = found.objects([{name: row.get(name) for name in found.fields}])
    return _parts(made) == _parts(expected)


def _parts(made: BaseModel) -> tuple[object, ...]:
    return list(vars(made)), BaseModel.__getstate__(made), type(made.model_fields_set)
