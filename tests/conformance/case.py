"""One call of the client that both runtimes make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["Bytes", "Case", "Failure", "Json", "call", "differs", "resolved"]

WRITES: Final = frozenset(
    {"create", "create_many", "update", "update_many", "upsert", "delete", "delete_many"},
)


@dataclass(frozen=True, slots=True)
class Json:
    """Data for the Json wrapper of the client under test, which is generated after the cases are collected."""

    data: Any


@dataclass(frozen=True, slots=True)
class Bytes:
    """Data for the client's Base64 wrapper."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """The error of a call: its code, its class, and its message where Prisma's runtime itself words it."""

    code: str | None
    class_name: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A call such as `client.user.find_many(where=…)`.

    A call whose difference is deliberate has both outcomes, and how the row on it in `docs/divergences.md` begins.
    """

    model: str
    method: str
    arguments: Mapping[str, Any]
    divergence: str = ""
    ours: Any = None
    theirs: Any = None

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"{self.model}.{self.method}({arguments})"

    @property
    def writes(self) -> bool:
        """Whether the call may change the database."""
        return self.method in WRITES


def call(method: str, **arguments: Any) -> Case:
    """Describe `client.<model>.<method>(**arguments)`; `method` is written as `user.find_many`."""
    model, _, name = method.partition(".")
    return Case(model, name, arguments)


def differs(case: Case, *, divergence: str, ours: Any, theirs: Any) -> Case:
    """Expect different outcomes of a call; `divergence` is how the row on them in `docs/divergences.md` begins."""
    return Case(case.model, case.method, case.arguments, divergence, ours, theirs)


def resolved(value: Any, wrappers: Mapping[type, Callable[[Any], Any]]) -> Any:
    """Put the client's own wrappers in the place of `Json` and `Bytes`."""
    if isinstance(value, Mapping):
        return {key: resolved(item, wrappers) for key, item in value.items()}
    if isinstance(value, list):
        return [resolved(item, wrappers) for item in value]
    return wrappers[type(value)](value.data) if isinstance(value, (Json, Bytes)) else value
