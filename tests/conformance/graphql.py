"""GraphQL text as Prisma Client Python writes it for Prisma 5, read back and put as a request of the JSON protocol.

It is a way from a client call to a request that shares nothing with the engine's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["Datamodel", "request"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}()\[\]:]|[^\s,{}()\[\]:"]+')
_ROOT: Final = re.compile(
    r"(?P<start>findUnique|findFirst|findMany|createOne|createMany|updateOne|updateMany|deleteOne|deleteMany|upsertOne"
    r"|aggregate|groupBy)(?P<model>\w+?)(?P<end>OrThrow)?"
)
_TAGGED: Final = frozenset({"DateTime", "Bytes", "Json", "Decimal", "BigInt"})
_NEVER_DATA: Final = frozenset({"mode", "orderBy"})
"""What stands beside or above fields and yet holds none of their values."""


@dataclass(frozen=True, slots=True)
class Datamodel:
    """The type of each field of each model, such as `Int[]`, read from the schema's text."""

    types: Mapping[str, Mapping[str, str]]

    @classmethod
    def parse(cls, schema: str) -> Datamodel:
        """Read the models of a schema."""
        blocks = re.findall(r"^model (\w+) \{\n(.*?)^\}", schema, re.MULTILINE | re.DOTALL)
        return cls({name: dict(re.findall(r"^\s+(\w+)\s+(\w+(?:\[\])?)", body, re.MULTILINE)) for name, body in blocks})


def request(text: str, datamodel: Datamodel) -> dict[str, Any]:
    """Turn a GraphQL query into a request of the JSON protocol, with all its values in it.

    Errors: ValueError for text that the client does not write.
    """
    root = _Reader(text).document()
    name = _ROOT.fullmatch(root.name)
    if name is None:
        raise ValueError(f"unknown operation {root.name}")
    model = name["model"]
    query = _Query(datamodel)
    return {
        "modelName": model,
        "action": name["start"] + (name["end"] or ""),
        "query": {"arguments": query.tag(root.arguments, model, ""), "selection": query.selection(root, model)},
    }


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: list[_Field] | None = None


@dataclass(frozen=True, slots=True)
class _Query:
    datamodel: Datamodel

    def selection(self, parent: _Field, model: str) -> dict[str, Any]:
        return {child.name: self._selected(child, model) for child in parent.fields or []}

    def _selected(self, child: _Field, model: str) -> Any:
        if child.fields is None:
            return True
        related = self._related(model, child.name) or model
        return {"arguments": self.tag(child.arguments, related, ""), "selection": self.selection(child, related)}

    def tag(self, value: Any, model: str, scalar: str) -> Any:
        """Tag the values below a field whose scalar type JSON does not have; `scalar` is the type of this one."""
        if isinstance(value, dict):
            return {key: self._below(key, item, model, scalar) for key, item in value.items()}
        if isinstance(value, list):
            return [self.tag(item, model, scalar) for item in value]
        if value is None and scalar == "Json":
            return {"$type": "Enum", "value": "DbNull"}
        type_ = scalar.removesuffix("[]")
        return {"$type": type_, "value": value} if isinstance(value, str) and type_ in _TAGGED else value

    def _below(self, key: str, value: Any, model: str, scalar: str) -> Any:
        if key in _NEVER_DATA:
            return value
        related = None if scalar else self._related(model, key)
        if related is not None:
            return self.tag(value, related, "")
        return self.tag(value, model, scalar or self.datamodel.types[model].get(key, ""))

    def _related(self, model: str, key: str) -> str | None:
        type_ = self.datamodel.types[model].get(key, "").removesuffix("[]")
        return type_ if type_ in self.datamodel.types else None


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: Iterator[str] = iter([*_TOKEN.findall(text), ""])
        self._token = next(self._tokens)

    def document(self) -> _Field:
        """Read `query { result: <field> }`."""
        self._take()
        self._expect("{")
        self._expect("result")
        self._expect(":")
        root = self._field()
        self._expect("}")
        self._expect("")
        return root

    def _take(self) -> str:
        token, self._token = self._token, next(self._tokens, "")
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise ValueError(f"{token!r} is missing before {self._token!r}")

    def _field(self) -> _Field:
        name = self._take()
        arguments = self._object(")") if self._token == "(" else {}
        return _Field(name, arguments, self._fields() if self._token == "{" else None)

    def _fields(self) -> list[_Field]:
        self._take()
        fields = []
        while self._token != "}":
            fields.append(self._field())
        self._take()
        return fields

    def _object(self, end: str) -> dict[str, Any]:
        self._take()
        entries = {}
        while self._token != end:
            key = self._take()
            self._expect(":")
            entries[key] = self._value()
        self._take()
        return entries

    def _value(self) -> Any:
        if self._token == "{":
            return self._object("}")
        if self._token == "[":
            return self._items()
        token = self._take()
        try:
            return json.loads(token)
        except json.JSONDecodeError:
            return token  # the member of an enum

    def _items(self) -> list[Any]:
        self._take()
        items = []
        while self._token != "]":
            items.append(self._value())
        self._take()
        return items
