"""How the demo decides that what was read back is what was stored."""

from __future__ import annotations

from typing import Any

import pytest

from demo import difference, same_json, scripts_of


def test_equal_conversations_have_no_difference() -> None:
    assert difference(["a", "b"], ["a", "b"]) is None


def test_the_first_message_that_differs_is_named() -> None:
    assert difference(["a", "x", "y"], ["a", "b", "c"]) == "message 2"


def test_a_missing_message_is_a_difference() -> None:
    assert difference(["a"], ["a", "b"]) == "2 messages went in, 1 came out: the conversation"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": [1, {"b": None}], "c": "é"}, {"c": "é", "a": [1.0, {"b": None}]}),
        (0.0, -0.0),
        (10**30, 10**30),
        (1e300, 10**300),
        (0.1, 0.1),
        (True, True),
        ([], []),
    ],
)
def test_the_same_json_is_the_same(left: Any, right: Any) -> None:
    assert same_json(left, right)
    assert same_json(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (10**300, 10**300 + 1),
        (1.5, 10**400),
        (0.3, 0.1 + 0.2),
        (False, 0),
        (None, False),
        ({"a": [True]}, {"a": [1]}),
        ({"a": 1}, {"a": 1, "b": None}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        ({}, []),
        ("1", 1),
        ("é", "e\u0301"),
    ],
)
def test_different_json_is_different(left: Any, right: Any) -> None:
    assert not same_json(left, right)
    assert not same_json(right, left)


def test_the_writing_systems_of_a_text_come_with_the_most_used_first() -> None:
    assert scripts_of("Привет, мир! नम hey 1234 🙂") == ["Cyrillic", "Latin", "Devanagari"]


def test_a_text_without_letters_has_no_writing_system() -> None:
    assert scripts_of("1 + 1 = 2 👨‍👩‍👧‍👦") == []
