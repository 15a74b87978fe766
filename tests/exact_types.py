"""What results are made of: a check at every method of a generated client that gives one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import EnumMeta
from functools import partial, wraps
from types import ModuleType, NoneType
from typing import Any, Final

from pydantic import VERSION, BaseModel

__all__ = ["checked", "strange_parts"]

_RAW_METHODS: Final = ("query_raw", "query_first", "execute_raw")
_SCALARS: Final = frozenset({NoneType, bool, int, float, str, Decimal, datetime})
_MARK: Final = "_results_are_checked"


def checked(package: ModuleType) -> ModuleType:
    """Have every call of the package's clients fail whose result holds an object of a class that it should not hold.

    These methods are the only ones that results come out of, with or without async, in transactions and outside.
    """
    scalars = _SCALARS | {package.Base64} | _members(package)
    if not hasattr(package, _MARK):  # it may be imported more than once
        setattr(package, _MARK, True)
        for owner, name in _methods(package):
            setattr(owner, name, _checked(getattr(owner, name), partial(_check, scalars)))
    return package


def _members(package: ModuleType) -> frozenset[type]:
    """The enumerations whose members may be in models: pydantic before 2.11 leaves some in models with relations."""
    if tuple(map(int, VERSION.split(".")[:2])) >= (2, 11) or not hasattr(package, "enums"):
        return frozenset()
    return frozenset(kind for kind in vars(package.enums).values() if isinstance(kind, EnumMeta))


def strange_parts(result: Any, scalars: frozenset[type], place: str = "result") -> Iterator[str]:
    """Where in a result there is something else than lists, dictionaries, models and these scalars, and what it is."""
    kind = type(result)
    if kind is list:
        for index, item in enumerate(result):
            yield from strange_parts(item, scalars, f"{place}[{index}]")
    elif kind is dict:
        for key, item in result.items():
            yield from strange_parts(key, scalars, f"a key of {place}")
            yield from strange_parts(item, scalars, f"{place}[{key!r}]")
    elif hasattr(kind, "__prisma_model__"):
        yield from strange_parts(vars(result), scalars, place)
    elif not (kind in scalars or _is_a_programs_own(kind)):
        yield f"{place} is a {kind.__module__}.{kind.__qualname__}"


def _is_a_programs_own(kind: type) -> bool:
    """Whether a raw query was asked to make these models: pydantic answers for what is in them."""
    return issubclass(kind, BaseModel) and not kind.__module__.startswith("prisma_engine")


def _methods(package: ModuleType) -> Iterator[tuple[type, str]]:
    yield from ((package.Prisma, name) for name in _RAW_METHODS)
    for name, actions in vars(package.actions).items():
        if name.endswith("Actions"):
            yield from ((actions, method) for method in vars(actions) if not method.startswith("_"))


def _check(scalars: frozenset[type], call: str, result: object) -> None:
    found = list(strange_parts(result, scalars))
    assert not found, f"{call}: {found}"


def _checked(method: Callable[..., Any], check: Callable[[str, object], None]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def call(*args: Any, **kwargs: Any) -> Any:
            result = await method(*args, **kwargs)
            check(method.__qualname__, result)
            return result

    else:

        @wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            check(method.__qualname__, result)
            return result

    return call
