"""What each input of the schema may hold: a compact table, made from the DMMF at generate time, read at run time.

The table is a JSON object:
    operations  {model: {action: {argument: field}}}
    relations   {model: {relation: {argument: field}}}
    inputs      {input type: {field name: field}}
    tables      {model: {"schema": schema or null, "name": table, "columns": {field name: column}}}
    related     {model: {relation: model}}
    required    {model: {field that always has a value, or a record: its type}}
    unsupported {model: [required fields without a default, of types that no client can write]}
where a field is an object that has only the keys that say something:
    scalar      the Prisma scalar that the field accepts
    enum        true when it accepts a member of an enum of the schema
    param       true when one scalar may be a placeholder
    list_param  true when a list of scalars may be one
    set_by_list true when a plain list is shorthand for {"set": list}
    digits      how many digits of a second the field's column keeps, where they are not Prisma's three
    left_out    a list of the one value that a new row gets for the field where it is left out: null, or the constant
    objects     the input types that it accepts
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from prisma_engine.errors import ArtifactError, UserFacingError

__all__ = ["InputField", "InputTable", "InputType", "table_from_dmmf"]

_PARTS: Final = frozenset({"operations", "relations", "inputs", "tables", "related", "required", "unsupported"})

_COMPARISONS: Final = frozenset({"lt", "lte", "gt", "gte"})
"""The compiler panics on a Json placeholder under these operators, so their Json operands stay literal."""

_OF_VIEWS: Final = {"findUnique": "findFirst", "findUniqueOrThrow": "findFirstOrThrow"}
"""Prisma 7 has no unique searches of views; their unique fields are as good as any other to search by."""

_OF_TABLES: Final = "deleteMany"
"""An action that every model has, and no view."""

_SEARCH: Final = "search"

_JSON_FILTERS: Final = frozenset(
    {"JsonFilter", "JsonNullableFilter", "JsonWithAggregatesFilter", "JsonNullableWithAggregatesFilter"}
)

_TYPE_WORDS: Final[Mapping[str, str]] = {"Decimal": "Float"}
"""The compiler's word for a placeholder's type, where it is not the scalar's name."""

_PLAIN: Final[Mapping[str, type]] = {"String": str, "Int": int, "BigInt": int, "Float": float, "Boolean": bool}
"""The Python type of a scalar's values that no converter changes."""

_MODEL: Final = re.compile(r"^[ \t]*model\s+(\w+)\s*\{(.*?)^[ \t]*\}", re.MULTILINE | re.DOTALL)
_UNWRITABLE: Final = re.compile(
    r'^[ \t]*(\w+)[ \t]+Unsupported\("(?:[^"\\]|\\.)*"\)(?![?\[])(?![^\r\n]*@default)', re.MULTILINE
)
"""A field that the DMMF does not have, and without which no row can be created."""

_Facts = dict[str, Any]
"""What the table says of one field."""

_CLOCKS: Final = frozenset({"Timestamp", "Timestamptz", "Time", "Timetz"})
_ALL_DIGITS: Final = 6
"""What PostgreSQL keeps of a second in a column whose type does not say it."""


def table_from_dmmf(dmmf: Mapping[str, Any], datamodel: str) -> dict[str, Any]:
    """Reduce the DMMF of a generator request, and the text of its schema, to the table that `InputTable` reads.

    Source: query-compiler 7.10; the `schema` and `mappings` parts of the DMMF.
    """
    schema = dmmf["schema"]
    outputs = {t["name"]: t for kind in ("prisma", "model") for t in schema["outputObjectTypes"].get(kind, [])}
    models = {model["name"]: _model_facts(model) for model in dmmf["datamodel"]["models"]}
    roots = {f["name"]: _fields(f["args"]) for name in ("Query", "Mutation") for f in outputs[name]["fields"]}
    return {
        "operations": {
            mapping["model"]: {action: roots[root] for action, root in mapping.items() if root in roots}
            for mapping in dmmf["mappings"]["modelOperations"]
        },
        "relations": {
            model["name"]: {f["name"]: _fields(f["args"]) for f in outputs[model["name"]]["fields"] if f["args"]}
            for model in dmmf["datamodel"]["models"]
            if model["name"] in outputs
        },
        "inputs": {
            t["name"]: _fields(t["fields"], models.get(_model_of(t), {}))
            for t in schema["inputObjectTypes"].get("prisma", [])
        },
        "tables": {model["name"]: _table(model) for model in dmmf["datamodel"]["models"]},
        "related": {model["name"]: _related(model) for model in dmmf["datamodel"]["models"]},
        "required": {model["name"]: _required(model) for model in dmmf["datamodel"]["models"]},
        "unsupported": {name: _UNWRITABLE.findall(body) for name, body in _MODEL.findall(datamodel)},
    }


def _related(model: Mapping[str, Any]) -> dict[str, str]:
    return {field["name"]: field["type"] for field in model["fields"] if field["kind"] == "object"}


def _required(model: Mapping[str, Any]) -> dict[str, str]:
    return {field["name"]: field["type"] for field in model["fields"] if field["isRequired"] and not field["isList"]}


def _table(model: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "schema": model.get("schema"),
        "name": model.get("dbName") or model["name"],
        "columns": {field["name"]: field.get("dbName") or field["name"] for field in model["fields"]},
    }


def _model_facts(model: Mapping[str, Any]) -> dict[str, _Facts]:
    """What a model says of its fields, beyond what its input types say."""
    return {field["name"]: {"digits": _digits(field), "left_out": _left_out(field)} for field in model["fields"]}


def _digits(field: Mapping[str, Any]) -> int | None:
    name, arguments = field.get("nativeType") or ("", ())
    if name not in _CLOCKS:
        return None
    return int(arguments[0]) if arguments else _ALL_DIGITS


def _left_out(field: Mapping[str, Any]) -> list[object]:
    if field["isList"] or field["kind"] == "object":
        return []
    if field["hasDefaultValue"]:
        constant = _PLAIN.get(field["type"])
        return [] if constant is None or isinstance(field["default"], dict) else [constant(field["default"])]
    return [] if field["isRequired"] or field.get("isUpdatedAt") else [None]


def _model_of(input_type: Mapping[str, Any]) -> str:
    """Tell whose fields an input type has; types that models share, such as filters, belong to none."""
    model: str = (input_type.get("meta") or {}).get("grouping", "")
    return model if input_type["name"].startswith(model) else ""


def _fields(fields: Iterable[Mapping[str, Any]], models: Mapping[str, _Facts] | None = None) -> dict[str, _Facts]:
    return {field["name"]: _field(field, (models or {}).get(field["name"], {})) for field in fields}


def _field(field: Mapping[str, Any], models: _Facts) -> _Facts:
    types = field["inputTypes"]
    scalars = [t for t in types if t["location"] == "scalar" and t["type"] != "Null"]
    scalar = scalars[0]["type"] if scalars else None
    param = bool(field.get("isParameterizable")) and not (scalar == "Json" and field["name"] in _COMPARISONS)
    objects = sorted({t["type"] for t in types if t["location"] == "inputObjectTypes"})
    lists = any(t["isList"] for t in types if t["location"] in ("scalar", "enumTypes"))
    facts = {
        "scalar": scalar,
        "enum": any(t["location"] == "enumTypes" and t.get("namespace") == "model" for t in types),
        "param": param and any(not t["isList"] for t in scalars),
        "list_param": param and any(t["isList"] for t in scalars),
        "set_by_list": lists and bool(objects) and not param,
        "objects": objects,
        **models,
    }
    # No digits at all are worth a word; everything else says nothing when it is false or empty.
    return {key: value for key, value in facts.items() if value or (key == "digits" and value == 0)}


class InputField:
    """One field of an input type: what it accepts, and the input type below it."""

    __slots__ = (
        "_digits",
        "_objects",
        "_table",
        "_type",
        "compared",
        "converter",
        "enum",
        "json",
        "json_filter",
        "key",
        "left_out",
        "plain_type",
        "scalar",
        "set_by_list",
        "shared",
        "takes_list_param",
        "takes_param",
        "type_word",
    )

    def __init__(self, table: InputTable, name: str, facts: Mapping[str, Any]) -> None:
        self.key = f"{json.dumps(name)}:"
        self.scalar: str = facts.get("scalar", "")
        self.type_word = _TYPE_WORDS.get(self.scalar, self.scalar)
        self._digits: int | None = facts.get("digits")
        self.converter = self.scalar  # which converter of `Values` makes a placeholder's value
        if self.scalar == "DateTime" and self._digits is not None:
            self.converter = f"DateTime({self._digits})"
        self.json = self.scalar == "Json"
        self.compared = self.json and name in _COMPARISONS  # a document that stays literal
        self.shared = name == _SEARCH  # texts that are equal are one search, over the fields together
        self.enum: bool = facts.get("enum", False)
        self.takes_param: bool = facts.get("param", False)
        self.takes_list_param: bool = facts.get("list_param", False)
        self.left_out: Sequence[object] = facts.get("left_out", ())
        self.plain_type = (
            _PLAIN.get(self.scalar) if self.takes_param else None
        )  # the type of placeholders that stay as they are
        self.set_by_list: bool = facts.get("set_by_list", False)
        self._objects = tuple(facts.get("objects", ()))
        self.json_filter = bool(self._objects) and not self.scalar and _JSON_FILTERS.issuperset(self._objects)
        self._table = table
        self._type: InputType | None = None

    @property
    def type(self) -> InputType | None:
        """The fields below this one, merged where several input types are accepted; None below a leaf."""
        if self._type is None and self._objects:
            self._type = self._table.type(self._objects, self._digits)
        return self._type


InputType = Mapping[str, InputField]


class InputTable:
    """The table in a form that is quick to walk; types are built when a query first reaches them.

    Errors: ArtifactError for a table that another version of the engine has made.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        if not table.keys() >= _PARTS:
            raise ArtifactError("The generated client was made by another version of the engine; generate it again.")
        self._table = table
        self._types: dict[tuple[object, ...], InputType] = {}

    def table(self, model: str) -> Mapping[str, Any]:
        """What the model's table and its columns are called in the database."""
        table: Mapping[str, Any] = self._table["tables"][model]
        return table

    def related(self, model: str) -> Mapping[str, str]:
        """The model behind each relation of a model."""
        related: Mapping[str, str] = self._table["related"].get(model, {})
        return related

    def required(self, model: str) -> Mapping[str, str]:
        """The fields of a model that always have a value, or a record, and their types."""
        required: Mapping[str, str] = self._table["required"].get(model, {})
        return required

    def action(self, model: str, action: str) -> str:
        """The word under which a model knows an action.

        Errors: P2026 for what a view cannot do; P2009 for a row that no client can write.
        """
        actions = self._table["operations"][model]
        found = action if action in actions else _OF_VIEWS.get(action, "")
        if found in actions:
            return found
        if _OF_TABLES not in actions:
            raise UserFacingError("P2026", f"{model} is a view and can only be read, so {action} is not possible.")
        raise self._unwritable(model, action)

    def _unwritable(self, model: str, action: str) -> UserFacingError:
        fields = ", ".join(f"`{field}`" for field in self._table["unsupported"].get(model, ()))
        message = (
            f"{action} is not possible: {model} has the required field {fields} of a type that is `Unsupported`, for"
            " which no client has a value. Make it optional, give it a default, or create the row by `execute_raw`."
        )
        return UserFacingError("P2009", message)

    def operation(self, model: str, action: str) -> InputType:
        """The arguments of an action on a model."""
        return self._memo(("operations", model, action), self._table["operations"][model][action])

    def relation(self, model: str, field: str) -> InputType:
        """The arguments that a relation takes inside a selection; empty for one that takes none."""
        return self._memo(("relations", model, field), self._table["relations"].get(model, {}).get(field, {}))

    def type(self, names: tuple[str, ...], digits: int | None = None) -> InputType:
        """The fields of these input types together; below a field of a model, `digits` are those of its column.

        Where two types have a field of one name (checked and unchecked inputs), their facts are merged.
        """
        merged: dict[str, dict[str, Any]] = {}
        for name in names:
            for field, facts in self._table["inputs"][name].items():
                merged[field] = _merge(merged[field], facts) if field in merged else facts
        if digits is not None:
            merged = {name: {**facts, "digits": digits} for name, facts in merged.items()}
        return self._memo(("inputs", *names, digits), merged)

    def _memo(self, key: tuple[object, ...], fields: Mapping[str, Mapping[str, Any]]) -> InputType:
        if key not in self._types:
            self._types[key] = {name: InputField(self, name, facts) for name, facts in fields.items()}
        return self._types[key]


def _merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    objects = sorted({*one.get("objects", ()), *other.get("objects", ())})
    return {**one, **other, "objects": objects}
