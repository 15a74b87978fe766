"""The schema engine's imports: all of them, and what they do to values of JavaScript's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import wasmtime

from prisma_engine.schema_engine.imports import host_functions
from prisma_engine.schema_engine.rows import load_modules
from prisma_engine.upstream import path
from prisma_engine.wasm.artifact import Source, load, new_engine
from prisma_engine.wasm.guest import Guest
from prisma_engine.wasm.promises import Jobs
from prisma_engine.wasm.value_functions import VALUE_FUNCTIONS
from prisma_engine.wasm.values import ITERATOR, UNDEFINED, BigInt, Date, JsError, Map, describe


def imported(purpose: str) -> Callable[..., Any]:
    """The one function that is imported for this purpose; where there are several, its full name."""
    (name,) = (name for name in VALUE_FUNCTIONS if name in {purpose, f"__wbg_{purpose}_{name[-16:]}"})
    return VALUE_FUNCTIONS[name]


async def test_the_table_has_each_import_of_the_module_and_no_other() -> None:
    engine = new_engine()
    module = load(engine, Source.of_prisma("schema_engine_bg.wasm"))
    guest = Guest(engine)

    functions = host_functions(guest, Jobs())
    guest.close()

    assert path("schema_engine_bg.wasm").is_file()
    assert {item.module for item in module.imports} == {"./schema_engine_bg.js"}
    assert set(functions) == {str(item.name) for item in module.imports}


def test_the_modules_of_rows_ask_for_functions_that_are_imported_as_well() -> None:
    modules = load_modules(new_engine())
    exported = {item.name for item in modules.rows.exports if isinstance(item.type, wasmtime.FuncType)}
    asked = {str(item.name) for item in modules.rows.imports} - {"get"}

    assert asked == exported - {"__wbg_get_with_ref_key_1dc361bd10053bfe"}


@pytest.mark.parametrize(
    ("purpose", "arguments", "expected"),
    [
        ("isArray", ([],), True),
        ("isArray", ({},), False),
        ("__wbindgen_is_object", (None,), False),
        ("__wbindgen_is_object", (UNDEFINED,), False),
        ("__wbindgen_is_object", ({},), True),
        ("__wbindgen_is_object", (JsError("x"),), True),
        ("__wbindgen_is_object", (len,), False),
        ("__wbindgen_is_function", (len,), True),
        ("__wbindgen_is_function", ({},), False),
        ("__wbindgen_is_undefined", (None,), False),
        ("__wbindgen_is_undefined", (UNDEFINED,), True),
        ("__wbindgen_is_bigint", (1,), False),
        ("__wbindgen_is_bigint", (BigInt(1),), True),
        ("__wbindgen_jsval_eq", (1, True), False),
        ("__wbindgen_jsval_eq", (1, 1.0), True),
        ("__wbindgen_jsval_eq", (None, UNDEFINED), False),
        ("__wbindgen_jsval_eq", ([], []), False),
        ("__wbindgen_jsval_loose_eq", (None, UNDEFINED), True),
        ("__wbindgen_jsval_loose_eq", (0, None), False),
        ("__wbindgen_jsval_loose_eq", ("1", 1), True),
        ("__wbindgen_jsval_loose_eq", (BigInt(1), 1), True),
        ("__wbindgen_in", ("a", {"a": None}), True),
        ("__wbindgen_in", ("b", {"a": 1}), False),
        ("isSafeInteger", (2**53 - 1,), True),
        ("isSafeInteger", (2**53,), False),
        ("isSafeInteger", (1.5,), False),
        ("isSafeInteger", (True,), False),
        ("__wbindgen_boolean_get", (True,), 1),
        ("__wbindgen_boolean_get", (1,), 0xFFFFFF),
        ("valueOf", (False,), False),
        ("Number", ("12",), 12.0),
        ("Number", ("",), 0.0),
        ("Number", (BigInt(5),), 5.0),
        ("entries", ({"a": 1},), [["a", 1]]),
        ("__wbg_get_7bed016f185add81", (["a"], 0), "a"),
        ("__wbg_get_7bed016f185add81", (["a"], 1), UNDEFINED),
        ("__wbg_get_efcb449f58ec27c2", ({"a": 1}, "a"), 1),
        ("__wbg_get_efcb449f58ec27c2", ({"a": 1}, ITERATOR), UNDEFINED),
        ("__wbg_get_efcb449f58ec27c2", (JsError("words"), "message"), "words"),
        ("getTime", (Date(5.0),), 5.0),
        ("__wbindgen_cast_d6cd19b81560fd6e", (3.0,), 3),
        ("__wbindgen_cast_d6cd19b81560fd6e", (math.inf,), math.inf),
        ("__wbindgen_cast_4625c577ab2ec9ee", (-1,), 2**64 - 1),
    ],
)
def test_values_are_asked_and_made_as_in_javascript(purpose: str, arguments: tuple[Any, ...], expected: object) -> None:
    answer = imported(purpose)(*arguments)

    assert answer == expected
    assert (answer is UNDEFINED) == (expected is UNDEFINED)


def test_what_no_object_has_is_read_from_null_with_an_error() -> None:
    with pytest.raises(JsError, match="Cannot read properties of null"):
        imported("__wbg_get_ece95cf6585650d9")(None, "a")


def test_arrays_grow_and_maps_and_iterators_are_what_they_are_in_javascript() -> None:
    array: list[object] = []
    imported("__wbg_set_c213c871859d6500")(array, 2, "c")
    mapped = imported("__wbg_set_907fb406c34a251d")(Map(), "key", 1)
    iterator = imported("__wbg_get_efcb449f58ec27c2")(mapped, ITERATOR)()
    first, second = (imported("__wbg_next_020810e0ae8ebcb0")(iterator) for _ in range(2))

    assert array == [UNDEFINED, UNDEFINED, "c"]
    assert imported("value")(first) == ["key", 1]
    assert (imported("done")(first), imported("done")(second)) == (False, True)


def test_a_part_of_bytes_shares_their_memory() -> None:
    data = imported("new_with_length")(4)
    imported("getRandomValues")({}, imported("subarray")(data, 0, 2))
    imported("subarray")(data, 2, 4)[:] = b"ab"

    assert data[2:] == b"ab"
    assert imported("__wbg_length_69bca3cb64fc8748")(data) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", '"a"'),
        ([1, None], "[1, null]"),
        ({"a": [True]}, 'Object({"a":[true]})'),
        (UNDEFINED, "undefined"),
        (JsError("no", name="TypeError"), "TypeError: no"),
        (1.5, "1.5"),
        (-math.inf, "-Infinity"),
    ],
)
def test_values_are_described_for_messages(value: object, text: str) -> None:
    assert describe(value) == text
