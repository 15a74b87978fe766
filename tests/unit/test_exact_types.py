"""The check of results finds what programs would stumble over, wherever it stands."""

from __future__ import annotations

import asyncio
from collections import UserDict
from enum import Enum
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from exact_types import checked, strange_parts

SCALARS = frozenset({type(None), int, str})


class Rows(list[Any]):
    """A list of a class of its own."""


class Word(str, Enum):
    """Text of a class of its own."""

    A = "a"


class Record(BaseModel):
    """A model of the client."""

    __prisma_model__: ClassVar[str] = "Record"
    value: Any = None


@pytest.mark.parametrize(
    ("result", "place"),
    [
        (Rows(), "result is a test_exact_types.Rows"),
        ([{"a": Rows()}], "result[0]['a'] is a test_exact_types.Rows"),
        ({Word.A: 1}, "a key of result is a test_exact_types.Word"),
        ([Record(value=[True])], "result[0]['value'][0] is a builtins.bool"),
        ((1,), "result is a builtins.tuple"),
        (UserDict(), "result is a collections.UserDict"),
    ],
    ids=["list", "inner list", "key", "in a model", "tuple", "mapping"],
)
def test_a_class_that_only_looks_like_the_right_one_is_found(result: object, place: str) -> None:
    assert list(strange_parts(result, SCALARS)) == [place]


def test_lists_dictionaries_models_and_scalars_are_right_at_every_level() -> None:
    assert list(strange_parts([{"a": [None, 1], "b": Record(value={"c": "d"})}, []], SCALARS)) == []


def test_a_call_whose_result_is_not_right_fails() -> None:
    class Prisma:
        async def query_raw(self) -> object:
            return Rows()

        async def query_first(self) -> object:
            return {}

        def execute_raw(self) -> object:
            return True

    class UserActions:
        def count(self) -> object:
            return Word.A

    package: Any = ModuleType("package")
    vars(package).update(Prisma=Prisma, Base64=bytes, actions=SimpleNamespace(UserActions=UserActions))
    checked(checked(package))
    with pytest.raises(AssertionError, match=r"query_raw: .*Rows"):
        asyncio.run(Prisma().query_raw())
    assert asyncio.run(Prisma().query_first()) == {}
    assert Prisma().execute_raw() is True
    with pytest.raises(AssertionError, match=r"count: .*Word"):
        UserActions().count()
