"""Calls put together at random on the blog schema; the same seed gives the same calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from random import Random
from typing import Any, Final

from conformance.case import Case, Json, call

__all__ = ["GROUPS"]

_READS: Final = 90
_WRITES: Final = 60
_DEPTH: Final = 3

_EMAILS: Final = ("ada@example.org", "bob@example.org", "eve@example.org", "new@example.org", "newer@example.org")
_POSTS: Final = ("post-01", "post-02", "post-04", "post-05", "post-06", "post-08", "post-404")
_NAMES: Final = ("news", "code", "art", "empty", "new", "newer")


@dataclass(frozen=True, slots=True)
class _Model:
    """What the generator knows of a model: values for its fields, its relations, its keys, what a new record needs."""

    fields: Mapping[str, Sequence[Any]]
    relations: Mapping[str, tuple[str, bool]]
    """Field -> related model, whether it is a list."""
    keys: Sequence[Mapping[str, Any]]
    required: tuple[str, Sequence[Any]]


_MODELS: Final[Mapping[str, _Model]] = {
    "user": _Model(
        {
            "email": _EMAILS,
            "name": ("Ada", "Bob", "zoë", "", None),
            "role": ("READER", "WRITER", "ADMIN"),
            "age": (0, 20, 36, 99, None),
            "score": (0, 1.5, -2.25, 10),
            "active": (True, False),
            "joined": (datetime(2020, 1, 3, tzinfo=timezone.utc), datetime(2020, 1, 2, 10, tzinfo=timezone.utc)),
        },
        {"posts": ("post", True), "profile": ("profile", False), "manager": ("user", False), "reports": ("user", True)},
        [*({"id": number} for number in (1, 2, 3, 5, 404)), *({"email": email} for email in _EMAILS)],
        ("email", ("r1@example.org", "r2@example.org", "r3@example.org", "ada@example.org")),
    ),
    "profile": _Model(
        {"bio": ("first", "second", "", "x")},
        {"user": ("user", False)},
        [{"id": "profile-1"}, {"id": "profile-404"}, {"userId": 2}, {"userId": 3}],
        ("bio", ("n", "m")),
    ),
    "post": _Model(
        {
            "title": ("Hello", "World", "", "Last", "x"),
            "views": (0, 3, 5, 10),
            "published": (True, False),
        },
        {"author": ("user", False), "categories": ("category", True)},
        [{"id": name} for name in _POSTS],
        ("title", ("n", "m", "o", "Hello")),
    ),
    "category": _Model(
        {"name": _NAMES},
        {"posts": ("post", True)},
        [*({"id": number} for number in (1, 2, 4, 404)), *({"name": name} for name in _NAMES)],
        ("name", ("new", "newer", "newest", "art")),
    ),
}


class _Generator:
    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def _one(self, choices: Sequence[Any]) -> Any:
        return self._random.choice(choices)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _some(self, make: Callable[[], Any], most: int = 3) -> list[Any]:
        return [make() for _ in range(self._random.randint(0, most))]

    def read(self) -> Case:
        """A query with a filter, an order, a page and included relations."""
        model = self._one([*_MODELS])
        method = self._one(["find_many", "find_many", "find_first", "count"])
        arguments: dict[str, Any] = {"where": self.where(model, _DEPTH)} if self._chance(0.7) else {}
        arguments |= self._page(model, is_count=method == "count")
        if method == "count":
            return call(f"{model}.count", **arguments)
        if method == "find_first":
            arguments.pop("take", None)
        return call(f"{model}.{method}", **arguments, order=self.order(model), include=self.include(model, _DEPTH))

    def where(self, model: str, depth: int) -> dict[str, Any]:
        """A filter of one to three conditions."""
        conditions = [self._condition(model, depth) for _ in range(self._random.randint(1, 3))]
        return {key: value for condition in conditions for key, value in condition.items()}

    def _condition(self, model: str, depth: int) -> dict[str, Any]:
        facts = _MODELS[model]
        if depth > 0 and self._chance(0.25):
            return {self._one(["AND", "OR", "NOT"]): self._some(lambda: self.where(model, depth - 1))}
        if depth > 0 and self._chance(0.35):
            field = self._one([*facts.relations])
            related, many = facts.relations[field]
            words = ("some", "every", "none") if many else ("is", "is_not")
            return {field: {self._one(words): self.where(related, depth - 1)}}
        field = self._one([*facts.fields])
        return {field: self._comparison(facts.fields[field])}

    def _comparison(self, values: Sequence[Any]) -> Any:
        value = self._one(values)
        present = [item for item in values if item is not None]
        if value is None or isinstance(value, bool):
            return self._one([value, {"equals": value}, {"not": value}])
        words = ["equals", "not", "in", "not_in"]
        if value not in ("READER", "WRITER", "ADMIN"):
            words += ["lt", "lte", "gt", "gte"]
            words += ["contains", "startswith", "endswith"] if isinstance(value, str) else []
        word = self._one(words)
        operand = self._random.sample(present, k=min(2, len(present))) if word.endswith("in") else value
        return {"not": {word: operand}} if self._chance(0.15) else {word: operand}

    def order(self, model: str) -> list[Any]:
        """An order that leaves nothing open."""
        facts = _MODELS[model]
        orders: list[Any] = [{self._one([*facts.fields]): self._way()} for _ in range(self._random.randint(0, 2))]
        if self._chance(0.3):
            field = self._one([*facts.relations])
            related, many = facts.relations[field]
            orders.insert(0, {field: {"_count" if many else self._one([*_MODELS[related].fields]): self._way()}})
        return [*orders, {"id": self._way()}]

    def _way(self) -> str:
        return str(self._one(["asc", "desc"]))

    def _page(self, model: str, *, is_count: bool = False) -> dict[str, Any]:
        page: dict[str, Any] = {}
        if self._chance(0.4):
            page["take"] = self._one([0, 1, 2, 5, -1, -2])
        if self._chance(0.3):
            page["skip"] = self._one([0, 1, 2])
        if self._chance(0.25):
            page["cursor"] = self._one(_MODELS[model].keys)
        if self._chance(0.2) and not is_count:
            page["distinct"] = self._random.sample([*_MODELS[model].fields], k=1)
        return page

    def include(self, model: str, depth: int) -> dict[str, Any]:
        """Relations to read, each with arguments of its own."""
        return {
            field: self._included(related, depth - 1, many=many)
            for field, (related, many) in _MODELS[model].relations.items()
            if depth > 0 and self._chance(0.4)
        }

    def _included(self, model: str, depth: int, *, many: bool) -> Any:
        include = self.include(model, depth)
        arguments: dict[str, Any] = {"include": include} if include else {}
        if many:
            arguments |= {**self._page(model), "order_by": self.order(model)}
            arguments |= {"where": self.where(model, depth)} if self._chance(0.4) else {}
        return arguments or True

    def write(self) -> Case:
        """A call that writes through relations and reads back what is there."""
        model = self._one([*_MODELS])
        key = self._one(_MODELS[model].keys)
        method = self._one(["create", "update", "update", "update", "upsert", "update_many", "delete"])
        if method == "create":
            return call(f"{model}.create", data=self.create(model, _DEPTH))
        if method == "update":
            return call(f"{model}.update", where=key, data=self.update(model, _DEPTH))
        if method == "upsert":
            data = {"create": self.create(model, 1), "update": self.update(model, 2)}
            return call(f"{model}.upsert", where=key, data=data)
        if method == "update_many":
            return call(f"{model}.update_many", where=self.where(model, 2), data=self._scalars(model))
        return call(f"{model}.delete", where=key)

    def create(self, model: str, depth: int) -> dict[str, Any]:
        """A new record with what it needs, and maybe more."""
        facts = _MODELS[model]
        name, values = facts.required
        data = {**(self._scalars(model) if self._chance(0.3) else {}), name: self._one(values)}
        if model == "profile":
            data["user"] = self._new_link("user", 1, many=False)
        return data | self._links(model, depth, self._new_link)

    def update(self, model: str, depth: int) -> dict[str, Any]:
        """Changes of a record and of what it is related to."""
        return (self._scalars(model) if self._chance(0.5) else {}) | self._links(model, depth, self._link)

    def _scalars(self, model: str) -> dict[str, Any]:
        fields = _MODELS[model].fields
        data = {name: self._one(fields[name]) for name in self._random.sample([*fields], k=1)}
        if "views" in data and self._chance(0.5):
            data["views"] = {self._one(["increment", "decrement", "multiply", "set"]): 2}
        if model == "user" and self._chance(0.2):
            data["settings"] = Json({"at": self._random.randint(0, 9)})
        return data

    def _links(self, model: str, depth: int, link: Callable[..., Any]) -> dict[str, Any]:
        return {
            field: link(related, depth - 1, many=many)
            for field, (related, many) in _MODELS[model].relations.items()
            if depth > 0 and self._chance(0.35) and (model, field) != ("profile", "user")
        }

    def _new_link(self, model: str, depth: int, *, many: bool) -> dict[str, Any]:
        operations: Mapping[str, Callable[[], Any]] = {
            "create": lambda: self.create(model, depth) if model != "profile" else {"bio": "n"},
            "connect": lambda: self._one(_MODELS[model].keys),
            "connect_or_create": lambda: {
                "where": self._one(_MODELS[model].keys),
                "create": self.create(model, 0) if model != "profile" else {"bio": "n"},
            },
        }
        word = self._one([*operations])
        return {word: self._some(operations[word], 2) if many and self._chance(0.7) else operations[word]()}

    def _link(self, model: str, depth: int, *, many: bool) -> dict[str, Any]:
        if self._chance(0.4):
            return self._new_link(model, depth, many=many)
        return self._link_to_many(model, depth) if many else self._link_to_one(model, depth)

    def _link_to_many(self, model: str, depth: int) -> dict[str, Any]:
        def key() -> Any:
            return self._one(_MODELS[model].keys)

        operations: Mapping[str, Callable[[], Any]] = {
            "disconnect": key,
            "set": key,
            "delete": key,
            "update": lambda: {"where": key(), "data": self.update(model, depth)},
            "upsert": lambda: {"where": key(), "create": self.create(model, 0), "update": self.update(model, depth)},
            "updateMany": lambda: {"where": self.where(model, 1), "data": self._scalars(model)},
            "deleteMany": lambda: self.where(model, 1),
        }
        word = self._one([*operations])
        return {word: self._some(operations[word], 2)}

    def _link_to_one(self, model: str, depth: int) -> dict[str, Any]:
        operations: Mapping[str, Callable[[], Any]] = {
            "disconnect": lambda: True,
            "delete": lambda: True,
            "update": lambda: self.update(model, depth),
            "upsert": lambda: {
                "create": self.create(model, 0) if model != "profile" else {"bio": "n"},
                "update": self.update(model, depth),
            },
        }
        word = self._one([*operations])
        return {word: operations[word]()}


def _reads(seed: int) -> list[Case]:
    generator = _Generator(seed)
    return [generator.read() for _ in range(_READS)]


def _writes(seed: int) -> list[Case]:
    generator = _Generator(seed)
    return [generator.write() for _ in range(_WRITES)]


GROUPS: Final[Mapping[str, Sequence[Case]]] = {
    **{f"random reads of seed {seed}": _reads(seed) for seed in range(6)},
    **{f"random writes of seed {seed}": _writes(seed) for seed in range(100, 108)},
}
