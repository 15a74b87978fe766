"""The shape of what the query compiler returns: node kinds, arguments, database queries, result structures."""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

__all__ = ["NODE_TYPES", "RULE_TYPES", "DataMapArgs", "FieldType", "Node", "RawSql", "Structure", "TemplateSql"]


class Node(TypedDict):
    """One plan node: its kind and whatever that kind takes."""

    type: str
    args: Any  # every kind has a shape of its own; the builder of that kind names it


class TemplateSql(TypedDict):
    """A statement in fragments; each fragment that is not text takes the next argument."""

    type: Literal["templateSql"]
    fragments: list[dict[str, Any]]
    args: list[Any]
    argTypes: list[dict[str, Any]]
    placeholderFormat: dict[str, Any]
    chunkable: bool


class RawSql(TypedDict):
    """A statement that the user wrote."""

    type: Literal["rawSql"]
    sql: str
    args: list[Any]
    argTypes: list[dict[str, Any]]


class FieldType(TypedDict, total=False):
    """The Prisma type of a result field; `name` is an enum's, `encoding` says how bytes arrive."""

    arity: Literal["required", "optional", "list"]
    type: str
    name: str
    encoding: str


class Structure(TypedDict, total=False):
    """How rows become results: `affectedRows`, `object` with `fields`, or `field` with `dbName` and `fieldType`.

    `required` is not the compiler's: it marks an object that the schema promises.
    """

    type: str
    serializedName: str | None
    fields: dict[str, Structure]
    skipNulls: bool
    required: bool
    dbName: str
    fieldType: FieldType


class DataMapArgs(TypedDict):
    """Arguments of a `dataMap` node; `enums` maps enum name to {database value: Prisma name}."""

    expr: Node
    structure: Structure
    enums: dict[str, dict[str, str]]


NODE_TYPES: Final = frozenset(
    {
        "value", "get", "getFirstNonEmpty", "unit", "seq", "let", "query", "execute", "transaction", "concat", "sum",
        "reverse", "unique", "required", "mapField", "join", "diff", "validate", "if", "process", "dataMap",
        "initializeRecord", "mapRecord",
    }
)  # fmt: skip
"""Every node kind of compiler 7.10; the interpreter has a builder for each of them."""

RULE_TYPES: Final = frozenset({"rowCountEq", "rowCountNeq", "affectedRowCountEq", "never"})
"""Every rule of `validate` and `if` nodes."""
