"""Rows of raw queries, in the forms of Prisma Client Python."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from prisma._raw_query import DESERIALIZERS, deserialize_raw_results

from prisma_engine.ports import RawResult
from prisma_engine.postgres.values import TYPE_WORDS
from prisma_engine.response import DICT_FORMS, MODEL_FORMS, PRISMA_MODEL_FORMS, raw_result

UTC = timezone.utc


class OfTheProgram:
    """A model that the program has written."""


class OfTheClient:
    """A model that the client has generated."""

    __prisma_model__: ClassVar = "Model"


def converted(word: str, value: object, model: type | None = None) -> Any:
    """What becomes of one value under a type word."""
    return raw_result(RawResult(columns=["value"], types=[word], rows=[[value]]), model)["rows"][0][0]


def test_forms_are_for_words_that_the_database_gives() -> None:
    words = set(TYPE_WORDS.values())
    assert words.issuperset(DICT_FORMS)
    assert MODEL_FORMS.keys() <= DICT_FORMS.keys()
    assert PRISMA_MODEL_FORMS.keys() == MODEL_FORMS.keys()


@pytest.mark.parametrize(
    ("word", "value", "in_dict", "in_model", "in_prisma_model"),
    [
        ("int", 1, 1, 1, 1),
        ("decimal", Decimal("1.50"), 1.5, Decimal("1.50"), Decimal("1.50")),
        ("json", '{"a": 1}', {"a": 1}, '{"a": 1}', '{"a": 1}'),
        ("bytes", b"\xff", "/w==", "/w==", "/w=="),
        ("date", date(2022, 12, 25), "2022-12-25", "2022-12-25", "2022-12-25T00:00:00+00:00"),
        ("time", time(1, 2, 3), "01:02:03", "01:02:03", "1970-01-01T01:02:03+00:00"),
        ("time", time(1, 2, 3, 4000, timezone(timedelta(hours=2))), *["01:02:03.004"] * 2,
         "1969-12-31T23:02:03.004+00:00"),
        ("datetime", datetime(2022, 12, 25, 0, 0, 0, 1, UTC), *["2022-12-25T00:00:00.000001+00:00"] * 3),
        ("datetime", None, None, None, None),
    ],
)  # fmt: skip
def test_a_value_is_converted_for_whom_it_is(
    word: str, value: object, in_dict: object, in_model: object, in_prisma_model: object
) -> None:
    assert converted(word, value) == in_dict
    assert converted(word, value, OfTheProgram) == in_model
    assert converted(word, value, OfTheClient) == in_prisma_model
    assert converted(f"{word}-array", [value, None, [value]]) == [in_dict, None, [in_dict]]


def test_the_client_leaves_converted_numbers_alone() -> None:
    words = ["bigint", "decimal", "bigint-array", "decimal-array", "int"]
    result = raw_result(RawResult(words, words, [[1, Decimal(1), [[1]], [[Decimal(1)]], 2]]), None)
    assert "unknown" not in DESERIALIZERS
    assert result["types"] == ["unknown"] * 4 + ["int"]
    assert deserialize_raw_results(result) == [dict(zip(words, [1, 1.0, [[1]], [[1.0]], 2], strict=True))]
