"""Client calls as JSON-protocol requests: the values leave as parameters, so equal shapes make equal texts.

The text of a request is both what the compiler gets and the key under which its plan is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

from prisma_engine.errors import UserFacingError

from .inputs import Edge, InputTable, InputType, table_from_dmmf
from .values import NOT_A_PARAM, Values

__all__ = ["ACTIONS", "Call", "InputTable", "Models", "Request", "RequestBuilder", "Values", "table_from_dmmf"]

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

ALIASES: Final[Mapping[str, str]] = {
    "startswith": "startsWith",
    "endswith": "endsWith",
    "has_every": "hasEvery",
    "has_some": "hasSome",
    "is_empty": "isEmpty",
    "order_by": "orderBy",
    "not_in": "notIn",
    "is_not": "isNot",
    "connect_or_create": "connectOrCreate",
}
"""The client's spelling of the schema's words. Source: Prisma Client Python 0.15, `_constants.py`."""

_PARAM_WORDS: Final[Mapping[str, str]] = {"Decimal": "Float"}
"""The compiler's word for a placeholder, where it is not the scalar's name."""

_INT32: Final = range(-(2**31), 2**31)
_SELECTION: Final = re.compile(r"(\w+)(?:\s*\{\s*([^}]*)\})?")


class Models(Protocol):
    """What a request needs to know of the client's model classes."""

    def name(self, model: type) -> str:
        """The model's name in the schema."""
        ...

    def fields(self, model: type) -> Sequence[str]:
        """The scalar fields that the class has, which are the ones to select."""
        ...

    def related(self, model: type, field: str) -> type:
        """The class behind a relation field. Errors: the client's own for a field that is no relation."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One method call on the client, as `Prisma._execute` gets it; raw queries have no model."""

    method: str
    arguments: Mapping[str, Any]
    model: type | None = None
    root_selection: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request text with `%1`, `%2` … for its values, and the values in that order."""

    text: str
    params: list[object]


class RequestBuilder:
    """Builds requests for one generated client."""

    def __init__(self, table: InputTable, values: Values, models: Models) -> None:
        self._table = table
        self._values = values
        self._models = models

    def build(self, call: Call) -> Request:
        """Turn a call into a request.

        Errors: UserFacingError P2007 and P2019 for values that no request can carry; TypeError for a Python type
        that no Prisma type takes; the client's own errors for a relation that does not exist.
        """
        writer = _Writer(self._table, self._values, self._models, dedupe=call.method == "upsert")
        if call.model is None:
            raise ValueError("Cannot include fields when model is None.")
        model = self._models.name(call.model)
        action = ACTIONS[call.method]
        arguments = dict(call.arguments)
        include = arguments.pop("include", None)
        parts = writer.parts
        parts.append(f'{{"modelName":"{model}","action":"{action}","query":{{"arguments":')
        writer.arguments(arguments, self._table.operation(model, action))
        parts.append(',"selection":')
        if call.root_selection is None:
            writer.selection(call.model, include)
        else:
            parts.append(_root_selection(tuple(call.root_selection)))
        parts.append("}}")
        return Request("".join(parts), writer.params)

    def rows(self, call: Call) -> dict[str, list[list[object]]]:
        """Turn `create_many` into requests for one row each: text of the row's request -> parameters of its rows.

        Compiling a row once and inserting many with it keeps the cost of a new shape independent of the row count.
        """
        shapes: dict[str, list[list[object]]] = {}
        rows = call.arguments["data"]
        for row in [rows] if isinstance(rows, Mapping) else rows:
            request = self.build(Call(call.method, {**call.arguments, "data": row}, call.model, call.root_selection))
            shapes.setdefault(request.text, []).append(request.params)
        return shapes


class _Writer:
    """Writes one request's text piece by piece and collects its parameters."""

    __slots__ = ("_dedupe", "_models", "_table", "_values", "params", "parts")

    def __init__(self, table: InputTable, values: Values, models: Models, *, dedupe: bool) -> None:
        self._table = table
        self._values = values
        self._models = models
        # The compiler sees that an upsert looks for what it would create by the placeholders' names, and only then
        # makes it one atomic statement; so equal values of an upsert share a name.
        self._dedupe: dict[tuple[str, object], int] | None = {} if dedupe else None
        self.parts: list[str] = []
        self.params: list[object] = []

    def arguments(self, arguments: Mapping[str, Any], type_: InputType) -> None:
        """Write an argument object; None means that the argument was not given."""
        self.write_object({key: value for key, value in arguments.items() if value is not None}, type_)

    def write_object(self, value: Mapping[str, Any], type_: InputType) -> None:
        parts = self.parts
        separator = "{"
        for key, item in value.items():
            edge = type_.get(key)
            if edge is None:
                name = ALIASES.get(key, key)
                edge = type_.get(name)
            parts.append(separator)
            separator = ","
            if edge is None:
                # Unknown here, so unknown to the compiler, whose error names it.
                parts.append(f"{json.dumps(name)}:")
                self._unknown(item)
            else:
                parts.append(edge.key)
                self._field(item, edge)
        parts.append("{}" if separator == "{" else "}")

    def _unknown(self, value: object) -> None:
        if isinstance(value, Mapping):
            self.write_object(value, {})
        else:
            self.parts.append(self._values.literal(value))

    def _field(self, value: object, edge: Edge) -> None:
        if edge.one and value is not None and self._param(value, edge):
            return
        if isinstance(value, Mapping) and edge.type is not None:
            self.write_object(value, edge.type)
        elif isinstance(value, (list, tuple, set)):
            self._list(value, edge)
        else:
            self._literal(value, edge)

    def _param(self, value: object, edge: Edge) -> bool:
        if edge.json and isinstance(value, Mapping) and edge.type is not None:
            return False  # an operator object, not data
        converted = self._values.converters[edge.scalar](value)
        if converted is NOT_A_PARAM:
            return False
        word = _PARAM_WORDS.get(edge.scalar, edge.scalar)
        self.parts.append(_placeholder(self._index(word, converted), word))
        return True

    def _index(self, word: str, value: object) -> int:
        index = len(self.params) + 1
        if self._dedupe is not None and word != "Json":
            known = self._dedupe.setdefault((word, value), index)
            if known != index:
                return known
        self.params.append(value)
        return index

    def _list(self, value: list[object] | tuple[object, ...] | set[object], edge: Edge) -> None:
        if edge.many and self._list_param(value, edge):
            return
        if edge.set:
            # As a list its items would be literals of the plan, as {"set": …} they are one parameter.
            assert edge.type is not None  # noqa: S101  # `set` is only true where there are object types
            self.write_object({"set": value}, edge.type)
        elif edge.type is not None:
            self._objects(value, edge)
        else:
            self._literal(value, edge)

    def _list_param(self, value: list[object] | tuple[object, ...] | set[object], edge: Edge) -> bool:
        convert = self._values.converters[edge.scalar]
        items = [NOT_A_PARAM if item is None else convert(item) for item in value]
        if any(item is NOT_A_PARAM for item in items):
            return False
        word = _PARAM_WORDS.get(edge.scalar, edge.scalar)
        self.params.append(items)
        self.parts.append(_list_placeholder(len(self.params), word))
        return True

    def _objects(self, value: list[object] | tuple[object, ...] | set[object], edge: Edge) -> None:
        self.parts.append("[")
        for position, item in enumerate(value):
            if position:
                self.parts.append(",")
            if isinstance(item, Mapping) and edge.type is not None:
                self.write_object(item, edge.type)
            else:
                self._literal(item, edge)
        self.parts.append("]")

    def _literal(self, value: object, edge: Edge) -> None:
        if isinstance(value, int) and not isinstance(value, bool) and value not in _INT32 and edge.scalar == "Int":
            # The compiler would let it wrap around.
            raise UserFacingError("P2019", f"Input error. {edge.key[:-1]} is {value}, which does not fit in 32 bits.")
        self.parts.append(self._values.literal(value, "" if edge.enum else edge.scalar))

    def selection(self, model: type, include: Mapping[str, Any] | None) -> None:
        """Write which fields to read: the model's scalars, and the relations of `include`."""
        parts = self.parts
        parts.append(_scalars(tuple(self._models.fields(model))))
        for field, value in (include or {}).items():
            if value is False:
                continue
            if value is not True and not isinstance(value, Mapping):
                raise TypeError(f"Expected `bool` or `dict` include value but got {type(value)} instead.")
            self._relation(model, field, {} if value is True else value)
        parts.append("}")

    def _relation(self, model: type, field: str, value: Mapping[str, Any]) -> None:
        related = self._models.related(model, field)
        arguments = dict(value)
        include = arguments.pop("include", None)
        self.parts.append(f'{"" if self.parts[-1] == "{" else ","}"{field}":{{"arguments":')
        self.arguments(arguments, self._table.relation(self._models.name(model), field))
        self.parts.append(',"selection":')
        self.selection(related, include)
        self.parts.append("}")


@lru_cache(maxsize=1024)
def _placeholder(index: int, word: str) -> str:
    return f'{{"$type":"Param","value":{{"name":"%{index}","type":"{word}"}}}}'


def _list_placeholder(index: int, word: str) -> str:
    return f'{{"$type":"Param","value":{{"name":"%{index}","type":"List","inner":{{"type":"{word}"}}}}}}'


@lru_cache(maxsize=1024)
def _scalars(fields: tuple[str, ...]) -> str:
    return "{" + ",".join(f'"{field}":true' for field in fields)


@lru_cache(maxsize=1024)
def _root_selection(selection: tuple[str, ...]) -> str:
    """Write the selection that `count` and `group_by` give as GraphQL text, such as `_count { _all }`."""
    fields: dict[str, Any] = {}
    for text in selection:
        for name, inner in _SELECTION.findall(text):
            selected = dict.fromkeys(inner.split(), True)
            fields[name] = {"arguments": {}, "selection": selected} if selected else True
    return json.dumps(fields)
