"""Rows as the schema engine's modules beside it hold them."""

from __future__ import annotations

import struct

from prisma_engine.schema_engine.rows import packed

_NULL, _BOOLEAN, _NUMBER, _TEXT, _ARRAY = range(5)


def _read(rows: list[list[object]]) -> object:
    """What the engine would read: the value of cell 0."""
    cells, texts = packed(rows)

    def value(number: int) -> object:
        kind, second, third, _ = struct.unpack_from("<4i", cells, number * 16)
        if kind == _ARRAY:
            return [value(third + index) for index in range(second)]
        if kind == _TEXT:
            return texts[third : third + second].decode()
        if kind == _NUMBER:
            return struct.unpack_from("<d", cells, number * 16 + 8)[0]
        return None if kind == _NULL else bool(second)

    return value(0)


def test_cells_of_every_kind_are_read_as_they_were_written() -> None:
    rows: list[list[object]] = [
        [1, "text", None, True, ["a", None, "größer 😀"]],
        [-2.5, "", "text", False, []],
    ]

    assert _read(rows) == rows


def test_no_rows_and_rows_without_columns_are_arrays_too() -> None:
    assert _read([]) == []
    assert _read([[], []]) == [[], []]


def test_a_text_that_comes_again_is_stored_once() -> None:
    _, texts = packed([["public", "a"], ["public", "b"], ["public", "a"]])

    assert texts == b"publicab"
