"""What the compiler's imports do to Python values; no wasm here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prisma_engine.compiler.imports import host_functions
from prisma_engine.wasm.guest import Guest, GuestError
from prisma_engine.wasm.values import JsError

UNDEFINED = None


class RecordingGuest(Guest):
    """A guest whose memory is a bytearray; it keeps what functions return through the memory."""

    def __init__(self, memory: bytes = b"") -> None:
        self.content = bytearray(memory)
        self.returned: dict[int, object] = {}
        self.panics: list[str] = []

    def read_text(self, address: int, length: int, /) -> str:
        return self.content[address : address + length].decode()

    def return_text(self, address: int, text: str | None, /) -> None:
        self.returned[address] = text

    def return_number(self, address: int, number: float | None, /) -> None:
        self.returned[address] = number

    def write(self, address: int, data: bytes, /) -> None:
        self.content[address : address + len(data)] = data

    def panic(self, message: str, /) -> None:
        self.panics.append(message)


def imported(purpose: str, guest: RecordingGuest | None = None) -> Callable[..., Any]:
    """The one function that is imported for this purpose; where there are several, its full name."""
    functions = host_functions(guest or RecordingGuest())
    (name,) = (name for name in functions if name in {purpose, f"__wbg_{purpose}_{name[-16:]}"})
    return functions[name]


@pytest.mark.parametrize(
    ("purpose", "value", "expected"),
    [
        ("__wbindgen_is_undefined", UNDEFINED, 1),
        ("__wbindgen_is_undefined", 0, 0),
        ("__wbindgen_is_undefined", False, 0),
        ("__wbindgen_is_string", "", 1),
        ("__wbindgen_is_string", 1, 0),
        ("__wbindgen_is_object", {}, 1),
        ("__wbindgen_is_object", [], 1),
        ("__wbindgen_is_object", JsError("x"), 1),
        ("__wbindgen_is_object", None, 0),
        ("__wbindgen_is_object", "text", 0),
        ("__wbindgen_is_object", 1.5, 0),
        ("__wbindgen_is_object", True, 0),
        ("__wbindgen_boolean_get", True, 1),
        ("__wbindgen_boolean_get", False, 0),
        ("__wbindgen_boolean_get", 1, 0xFFFFFF),
        ("__wbindgen_boolean_get", None, 0xFFFFFF),
        ("isSafeInteger", 2**53 - 1, 1),
        ("isSafeInteger", 2**53, 0),
        ("isSafeInteger", -(2**53), 0),
        ("isSafeInteger", 3.0, 1),
        ("isSafeInteger", 3.5, 0),
        ("isSafeInteger", float("inf"), 0),
        ("isSafeInteger", float("nan"), 0),
        ("isSafeInteger", True, 0),
        ("isSafeInteger", "3", 0),
        ("instanceof_Uint8Array", b"", 1),
        ("instanceof_Uint8Array", [], 0),
        ("instanceof_ArrayBuffer", b"", 0),
    ],
)
def test_questions_about_a_value_are_answered_as_javascript_does(purpose: str, value: object, expected: int) -> None:
    assert imported(purpose)(value) == expected


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [(None, None, True), (None, 0, False), (None, "", False), ("a", "a", True), ("a", "b", False), (1, 1.0, True)],
)
def test_null_is_loosely_equal_only_to_itself(left: object, right: object, *, equal: bool) -> None:
    assert imported("__wbindgen_jsval_loose_eq")(left, right) is equal


def test_a_missing_property_is_undefined_and_not_in_the_object() -> None:
    assert imported("get_with_ref_key")({"a": 1}, "b") is UNDEFINED
    assert imported("__wbindgen_in")("b", {"a": 1}) is False


def test_a_property_that_is_null_is_in_the_object() -> None:
    assert imported("get_with_ref_key")({"a": None}, "a") is None
    assert imported("__wbindgen_in")("a", {"a": None}) is True


@pytest.mark.parametrize(("index", "expected"), [(0, "x"), (1, "y"), (2, UNDEFINED), (-1, UNDEFINED)])
def test_indexes_beyond_an_array_are_undefined(index: int, expected: object) -> None:
    assert imported("__wbg_get_7bed016f185add81")(["x", "y"], index) == expected


def test_entries_are_pairs_in_order_of_insertion() -> None:
    assert imported("entries")({"b": 1, "a": 2}) == [["b", 1], ["a", 2]]


def test_lengths_count_items() -> None:
    assert imported("__wbg_length_cdd215e10d9dd507")(["x", "y"]) == 2
    assert imported("__wbg_length_69bca3cb64fc8748")(b"abc") == 3


def test_numbers_are_doubles_where_the_compiler_asks_for_one() -> None:
    number = imported("Number")(3)
    assert (number, type(number)) == (3.0, float)


@pytest.mark.parametrize(
    ("value", "expected"), [(5, 5), (2.5, 2.5), (0, 0), (True, None), ("5", None), (None, None), ({}, None)]
)
def test_only_numbers_are_returned_as_numbers(value: object, expected: object) -> None:
    guest = RecordingGuest()
    assert imported("__wbindgen_number_get", guest)(8, value) is None
    assert guest.returned == {8: expected}


@pytest.mark.parametrize(("value", "expected"), [("text", "text"), ("", ""), (5, None), (None, None)])
def test_only_strings_are_returned_as_strings(value: object, expected: object) -> None:
    guest = RecordingGuest()
    assert imported("__wbindgen_string_get", guest)(8, value) is None
    assert guest.returned == {8: expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "null"), (True, "true"), (1.0, "1"), (1.5, "1.5"), (7, "7"), ("a", "a"), (JsError("bad"), "Error: bad")],
)
def test_values_become_text_as_in_javascript(value: object, expected: str) -> None:
    guest = RecordingGuest()
    imported("String", guest)(8, value)
    assert guest.returned == {8: expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [('a"b', '"a\\"b"'), ({"a": [1]}, '{"a": [1]}'), (JsError("bad"), "Error: bad"), (None, "null")],
)
def test_descriptions_for_messages_quote_strings_and_show_structure(value: object, expected: str) -> None:
    guest = RecordingGuest()
    imported("__wbindgen_debug_string", guest)(8, value)
    assert guest.returned == {8: expected}


def test_texts_are_read_from_the_memory() -> None:
    guest = RecordingGuest(b"..gr\xc3\xbcn")
    assert imported("__wbindgen_cast_2241b6af4c4b2941", guest)(2, 5) == "grün"
    error = imported("Error", guest)(2, 5)
    assert isinstance(error, JsError)
    assert error.message == "grün"


def test_a_thrown_exception_carries_its_message() -> None:
    with pytest.raises(GuestError, match="unknown variant"):
        imported("__wbindgen_throw", RecordingGuest(b"unknown variant"))(0, 15)


def test_the_text_of_a_panic_is_kept_for_the_trap_that_follows() -> None:
    guest = RecordingGuest(b"unreachable")
    assert imported("set_message", guest)(0, 11) is None
    assert guest.panics == ["unreachable"]


def test_bytes_are_copied_into_the_memory() -> None:
    guest = RecordingGuest(b".....")
    data = imported("__wbg_new_5a79be3ab53b8aa5", guest)(bytearray(b"abc"))
    imported("prototypesetcall", guest)(1, 3, data)
    assert guest.content == b".abc."


def test_the_clock_gives_whole_milliseconds_and_moves_forward() -> None:
    now, milliseconds = imported("new_0"), imported("getTime")
    first, second = milliseconds(now()), milliseconds(now())
    assert first.is_integer()
    assert 0 < first <= second
