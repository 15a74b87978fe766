"""The rows of a `create_many` as requests for one row each, written once for each shape of row.

Most rows hold plain values, in the same fields as the row before. They share a text, and only the values of their
placeholders are converted, field by field. Any other row is written out as every request is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from .inputs import InputType
from .values import NOT_A_PARAM

__all__ = ["RowRun", "RowWriter"]

RowRun = tuple[str, list[Sequence[object]]]
"""Rows that follow each other and have one request text: the text, and each row's parameters."""

_Row = Mapping[str, Any]
_Converter = Callable[[object], object]

_IN_THE_TEXT: Final = (str, bool, type(None), Enum)
"""Types of the values that a text may be remembered by, because equal ones are written alike."""

_MANY_VALUES: Final = (Mapping, list, tuple, set)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What rows of the same fields, with values of the same types, have in common."""

    placeholders: tuple[tuple[str, _Converter], ...]
    in_the_text: tuple[str, ...]  # the fields whose values are written out, such as those of enums


class RowWriter:
    """Writes the rows of one call.

    `build` makes the request of one row, its text and its parameters; `fields` are those that a row may have.
    """

    def __init__(
        self,
        build: Callable[[_Row], tuple[str, list[object]]],
        fields: InputType,
        converters: Mapping[str, _Converter],
    ) -> None:
        self._build = build
        self._fields = fields
        self._converters = converters
        self._shapes: dict[Hashable, _Shape | None] = {}
        self._texts: dict[Hashable, str] = {}

    def runs(self, rows: Sequence[_Row]) -> list[RowRun]:
        """Write these rows, in their order. Errors: as `RequestBuilder.build`."""
        runs: list[RowRun] = []
        for kind, group in groupby(rows, _kind):
            for text, params in self._group(kind, list(group)):
                if runs and runs[-1][0] == text:
                    runs[-1][1].extend(params)
                else:
                    runs.append((text, params))
        return runs

    def _group(self, kind: Hashable, rows: list[_Row]) -> Iterator[RowRun]:
        if kind not in self._shapes:
            self._shapes[kind] = self._shape(rows[0])
        shape = self._shapes[kind]
        params = None if shape is None else _params(shape, rows)
        if shape is None or params is None:
            for row in rows:
                text, values = self._build(row)
                yield text, [values]
        elif not shape.in_the_text:
            yield self._text(kind, rows[0]), params
        else:
            start = 0
            for written, alike in groupby(rows, itemgetter(*shape.in_the_text)):
                end = start + len(list(alike))
                yield self._text((kind, written), rows[start]), params[start:end]
                start = end

    def _text(self, key: Hashable, row: _Row) -> str:
        if key not in self._texts:
            self._texts[key] = self._build(row)[0]
        return self._texts[key]

    def _shape(self, row: _Row) -> _Shape | None:
        """How to write rows like this one, None where they must be written one by one."""
        if not isinstance(row, dict):
            return None
        placeholders = []
        in_the_text = []
        for name, value in row.items():
            edge = self._fields.get(name)
            if edge is None or isinstance(value, _MANY_VALUES):
                return None
            if value is not None and edge.one:
                placeholders.append((name, self._converters[edge.form]))
            elif isinstance(value, _IN_THE_TEXT):
                in_the_text.append(name)
            else:
                return None
        return _Shape(tuple(placeholders), tuple(in_the_text))


def _kind(row: _Row) -> Hashable:
    """What must be equal for rows to have one shape."""
    return (tuple(row), *map(type, row.values())) if isinstance(row, dict) else None


def _params(shape: _Shape, rows: Sequence[_Row]) -> list[Sequence[object]] | None:
    """Convert the values of all rows, unless there is one that has to be a literal."""
    columns = [list(map(convert, map(itemgetter(name), rows))) for name, convert in shape.placeholders]
    if any(value is NOT_A_PARAM for column in columns for value in column):
        return None
    return list(zip(*columns, strict=True)) if columns else [()] * len(rows)
