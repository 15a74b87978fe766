"""How a log of the recorder becomes Python values; no wasm here."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from prisma_engine.compiler.recorder import CONSTANTS, replay

PROPERTY, TEXT, OBJECT, ITEM, ARRAY, DOUBLE, SIGNED, UNSIGNED = range(8)
NULL, TRUE, FALSE, FIRST = range(4)


def replayed(*records: tuple[int, ...], texts: str = "", before: tuple[object, ...] = CONSTANTS) -> list[Any]:
    """The values that these records create, stores among them as None."""
    log = b"".join(struct.pack("<4I", *record, *[0] * (4 - len(record))) for record in records)
    values: list[Any] = list(before)
    replay(values, log, texts.encode())
    return values[len(before) :]


def bits(layout: str, number: float) -> tuple[int, ...]:
    return struct.unpack("<2I", struct.pack(layout, number))


def test_texts_are_cut_from_their_bytes() -> None:
    assert replayed((TEXT, 0, 4), (TEXT, 4, 2), (TEXT, 6, 0), texts="größ") == ["grö", "ß", ""]


def test_objects_keep_the_order_of_their_properties() -> None:
    log = [
        (OBJECT,),
        (TEXT, 0, 1),
        (TEXT, 1, 1),
        (PROPERTY, FIRST, FIRST + 2, TRUE),
        (PROPERTY, FIRST, FIRST + 1, NULL),
    ]
    assert list(replayed(*log, texts="ab")[0].items()) == [("b", True), ("a", None)]


def test_a_later_store_replaces_an_earlier_one() -> None:
    log = [(OBJECT,), (TEXT, 0, 1), (PROPERTY, FIRST, FIRST + 1, TRUE), (PROPERTY, FIRST, FIRST + 1, FALSE)]
    assert replayed(*log, texts="a")[0] == {"a": False}


@pytest.mark.parametrize(
    ("index", "expected"),
    [(0, [False, True]), (1, [True, False]), (2, [True, True, False]), (4, [True, True, None, None, False])],
)
def test_storing_into_an_array_overwrites_appends_or_leaves_holes(index: int, expected: list[object]) -> None:
    log = [(ARRAY,), (ITEM, FIRST, 0, TRUE), (ITEM, FIRST, 1, TRUE), (ITEM, FIRST, index, FALSE)]
    assert replayed(*log)[0] == expected


def test_values_that_are_filled_after_they_were_stored_are_complete() -> None:
    log = [(ARRAY,), (OBJECT,), (ITEM, FIRST, 0, FIRST + 1), (TEXT, 0, 1), (PROPERTY, FIRST + 1, FIRST + 3, FIRST + 3)]
    assert replayed(*log, texts="a")[0] == [{"a": "a"}]


def test_texts_that_were_kept_come_before_the_log() -> None:
    log = [(OBJECT,), (PROPERTY, FIRST + 1, FIRST, TRUE)]
    assert replayed(*log, before=(*CONSTANTS, "kept"))[0] == {"kept": True}


@pytest.mark.parametrize(
    ("number", "expected"),
    [(3.0, 3), (-0.0, 0), (3.5, 3.5), (-(2.0**53) + 1, -(2**53) + 1), (2.0**53, 2.0**53), (1e300, 1e300)],
)
def test_whole_numbers_are_integers_as_far_as_a_double_is_exact(number: float, expected: float) -> None:
    (actual,) = replayed((DOUBLE, *bits("<d", number)))
    assert (actual, type(actual)) == (expected, type(expected))


@pytest.mark.parametrize("number", [float("inf"), float("-inf")])
def test_infinities_stay_what_they_are(number: float) -> None:
    assert replayed((DOUBLE, *bits("<d", number))) == [number]


@pytest.mark.parametrize(
    ("kind", "layout", "number"),
    [(SIGNED, "<q", -1), (SIGNED, "<q", -(2**63)), (UNSIGNED, "<Q", 2**64 - 1), (UNSIGNED, "<Q", 1)],
)
def test_big_integers_keep_all_64_bits(kind: int, layout: str, number: int) -> None:
    assert replayed((kind, *bits(layout, number))) == [number]
