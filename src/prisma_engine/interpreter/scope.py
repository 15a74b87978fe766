"""Names in a plan: resolved to positions while it is built, read from a run's state when it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from prisma_engine.errors import PlanError
from prisma_engine.interpreter.generators import GENERATORS
from prisma_engine.ports import Connection

__all__ = ["Getter", "Layout", "Placeholder", "Run", "Scope", "getter", "is_constant", "is_param"]

_PLACEHOLDER = re.compile(r"%([1-9]\d*)")


class Run:
    """The state of one execution of a plan."""

    __slots__ = ("_now", "connection", "params", "slots")

    def __init__(self, connection: Connection, params: Sequence[object], size: int) -> None:
        self.connection = connection
        self.params = params
        self.slots: list[object] = [None] * size
        self._now: datetime | None = None

    @property
    def now(self) -> datetime:
        """The instant that the whole run sees, in UTC and whole milliseconds."""
        if self._now is None:
            moment = datetime.now(timezone.utc)
            self._now = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return self._now


Getter = Callable[[Run], object]
"""Reads one value from the state of a run."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The getter of a value from outside; whoever reads many of them takes them by their index."""

    index: int

    def __call__(self, run: Run) -> object:
        """Read it."""
        return run.params[self.index]


@dataclass(slots=True)
class Layout:
    """How much room a plan needs: slots for its bindings, and placeholder values from outside."""

    slots: int = 0
    params: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that are visible at one place of a plan, each with its slot.

    With `by_key`, what the plan looks up one by one are records with a certain key; `asked` are the columns of which
    the call names the value, each with its placeholder. With `unmade`, the plan's result may be `Found`.
    """

    layout: Layout = field(default_factory=Layout)
    names: dict[str, int] = field(default_factory=dict)
    by_key: bool = False
    asked: Mapping[str, str] = field(default_factory=dict)
    unmade: bool = False

    def nested(self) -> Scope:
        """Open an inner scope, whose new names may hide the outer ones."""
        return replace(self, names=self.names.copy())

    def bind(self, name: str) -> int:
        """Give a name a slot of its own; from now on it means that slot here."""
        slot = self.names[name] = self.layout.slots
        self.layout.slots += 1
        return slot

    def find(self, name: str) -> Getter | None:
        """Tell how to read a name: a binding, or the placeholder that a caller fills; None when it is neither."""
        slot = self.names.get(name)
        if slot is not None:
            return lambda run: run.slots[slot]
        numbered = _PLACEHOLDER.fullmatch(name)
        return self._placeholder(int(numbered[1])) if numbered else None

    def _placeholder(self, number: int) -> Getter:
        self.layout.params = max(self.layout.params, number)
        return Placeholder(number - 1)


def is_constant(value: object) -> bool:
    """Whether an argument is the same in every run."""
    if isinstance(value, list):
        return all(map(is_constant, value))
    return not (isinstance(value, dict) and "prisma__type" in value)


def is_param(value: object) -> bool:
    """Whether an argument is a placeholder: the same name has the same value everywhere in a run."""
    return isinstance(value, dict) and value.get("prisma__type") == "param"


def getter(value: Any, scope: Scope) -> Getter:
    """Tell how to read an argument of a plan: a literal, a placeholder, a generator call, or a list of these.

    Errors: PlanError for a name that nothing binds and for an unknown form or generator.
    """
    if is_constant(value):
        return lambda _run: value
    if isinstance(value, list):
        items = [getter(item, scope) for item in value]
        return lambda run: [item(run) for item in items]
    return _form(value["prisma__type"])(value["prisma__value"], scope)


def _form(name: str) -> Callable[[Any, Scope], Getter]:
    if name not in _FORMS:
        raise PlanError(f"the plan has an argument of the unknown form {name!r}")
    return _FORMS[name]


def _param(spec: Any, scope: Scope) -> Getter:
    found = scope.find(spec["name"])
    if found is None:
        raise PlanError(f"Missing value for query variable {spec['name']}")
    return found


def _generator_call(spec: Any, scope: Scope) -> Getter:
    if spec["name"] == "now":
        return lambda run: run.now
    if spec["name"] not in GENERATORS:
        raise PlanError(f"the plan calls the unknown generator {spec['name']!r}")
    generate = GENERATORS[spec["name"]]
    if is_constant(spec["args"]):
        return lambda _run: generate(*spec["args"])
    args = [getter(arg, scope) for arg in spec["args"]]
    return lambda run: generate(*[arg(run) for arg in args])


_FORMS = {"param": _param, "generatorCall": _generator_call}
