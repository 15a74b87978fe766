"""The rows of a `create_many` as requests for one row each, written once for each shape of row.

Most rows hold plain values, in the same fields as the row before. They share a text, and only the values of their
placeholders are taken, field by field, as columns: values of the very type that a field takes stay as they are. Any
other row is written out as every request is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

from .inputs import InputType
from .values import NOT_A_PARAM

__all__ = ["RowRun", "RowWriter", "left_out"]

_Row = Mapping[str, Any]
_Converter = Callable[[object], object]
_Columns = list[list[object]]


@dataclass(slots=True)
class RowRun:
    """Rows that follow each other and have one request text: the text, and the columns of their parameters."""

    text: str
    rows: int
    columns: _Columns

    def extend(self, other: RowRun) -> None:
        """Append the rows of another run with the same text."""
        self.rows += other.rows
        for column, more in zip(self.columns, other.columns, strict=True):
            column.extend(more)


_IN_THE_TEXT: Final = (str, bool, type(None), Enum)
"""Types of the values that a text may be remembered by, because equal ones are written alike."""

_MANY_VALUES: Final = (Mapping, list, tuple, set)

_AS_IT_IS: Final[Mapping[str, type]] = {"String": str, "Int": int, "BigInt": int, "Float": float, "Boolean": bool}
"""The types, by a field's converter, whose values every converter returns unchanged."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What rows of the same fields, with values of the same types, have in common."""

    placeholders: tuple[tuple[str, _Converter | None], ...]  # none for values that are right already
    in_the_text: tuple[str, ...]  # the fields whose values are written out, such as those of enums


class RowWriter:
    """Writes the rows of one call.

    `build` makes the request of one row, its text and its parameters; `fields` are those that a row may have, and
    `missing` is what to add to a row that lacks it.
    """

    def __init__(
        self,
        build: Callable[[_Row], tuple[str, list[object]]],
        fields: InputType,
        missing: Mapping[str, object],
        converters: Mapping[str, _Converter],
    ) -> None:
        self._build = build
        self._fields = fields
        self._missing = missing
        self._nulls = {name for name, value in missing.items() if value is None}
        self._converters = converters
        self._shapes: dict[Hashable, _Shape | None] = {}
        self._texts: dict[Hashable, str] = {}

    def runs(self, rows: Sequence[_Row]) -> list[RowRun]:
        """Write these rows, in their order. Errors: as `RequestBuilder.build`."""
        runs: list[RowRun] = []
        for group in self._groups(self._completed(rows)):
            for run in self._group(group):
                if runs and runs[-1].text == run.text:
                    runs[-1].extend(run)
                else:
                    runs.append(run)
        return runs

    def _completed(self, rows: Sequence[_Row]) -> Sequence[_Row]:
        missing = self._missing
        if not missing or all(row.keys() >= missing.keys() for row in rows):
            return rows
        return [{**missing, **row} for row in rows]

    def _groups(self, rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
        """Cut the rows where their fields change, or the types of their values."""
        if self._are_alike(rows):
            yield rows
        else:
            yield from (list(group) for _, group in groupby(rows, _kind))

    def _are_alike(self, rows: Sequence[_Row]) -> bool:
        """Whether all rows have the same fields, with values of one type each, or null where that is possible."""
        if set(map(type, rows)) != {dict} or len(set(map(tuple, rows))) > 1:
            return False
        return all(
            len(types := set(map(type, map(itemgetter(name), rows)))) == 1
            or (len(types) == 2 and type(None) in types and name in self._nulls)
            for name in rows[0]
        )

    def _group(self, rows: Sequence[_Row]) -> Iterator[RowRun]:
        sample = _sample(rows)
        kind = _kind(sample)
        if kind not in self._shapes:
            self._shapes[kind] = self._shape(sample)
        shape = self._shapes[kind]
        columns = None if shape is None else _columns(shape, rows)
        if shape is None or columns is None:
            for row in rows:
                text, values = self._build(row)
                yield RowRun(text, 1, [[value] for value in values])
        elif not shape.in_the_text:
            yield RowRun(self._text(kind, sample), len(rows), columns)
        else:
            start = 0
            for written, alike in groupby(rows, itemgetter(*shape.in_the_text)):
                end = start + len(list(alike))
                texts = {name: rows[start][name] for name in shape.in_the_text}
                text = self._text((kind, written), {**sample, **texts})
                yield RowRun(text, end - start, [column[start:end] for column in columns])
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
            field = self._fields.get(name)
            if field is None or isinstance(value, _MANY_VALUES):
                return None
            if value is not None and field.takes_param:
                is_right = type(value) is _AS_IT_IS.get(field.converter)
                placeholders.append((name, None if is_right else self._converters[field.converter]))
            elif isinstance(value, _IN_THE_TEXT):
                in_the_text.append(name)
            else:
                return None
        return _Shape(tuple(placeholders), tuple(in_the_text))


def left_out(rows: Sequence[_Row], fields: InputType) -> dict[str, object]:
    """What the fields of these rows are where they are left out, if that is a constant or null."""
    if set(map(type, rows)) != {dict}:
        return {}
    names = [name for name in dict.fromkeys(chain.from_iterable(rows)) if name in fields]
    return {name: value for name in names for value in fields[name].left_out}


def _kind(row: _Row) -> Hashable:
    """What must be equal for rows to have one shape."""
    return (tuple(row), *map(type, row.values())) if isinstance(row, dict) else None


def _sample(rows: Sequence[_Row]) -> _Row:
    """A row that has a value wherever one of these has it; rows that are no dictionaries are not alike."""
    first = rows[0]
    if not isinstance(first, dict) or None not in first.values():
        return first
    return {name: next((row[name] for row in rows if row[name] is not None), None) for name in first}


def _columns(shape: _Shape, rows: Sequence[_Row]) -> _Columns | None:
    """The values of all rows by column, converted, unless there is one that has to be a literal."""
    columns: _Columns = []
    for name, convert in shape.placeholders:
        column = list(map(itemgetter(name), rows))
        if convert is not None:
            column = [None if value is None else convert(value) for value in column]
            if any(value is NOT_A_PARAM for value in column):
                return None
        columns.append(column)
    return columns
