"""What a statement's records become: dictionaries or lists, made by one comprehension that is written for its columns.

A loop over the columns of each row would take twice as long, and a codec of Python's for each instant as long again.
Dataclasses make their methods in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from typing import Any, Final

import asyncpg

from prisma_engine.ports import Record
from prisma_engine.postgres.faults import translate
from prisma_engine.postgres.values import EPOCH, MICROSECOND, Decoder, read_instant

__all__ = ["as_lists", "as_part", "as_records"]

_Records = Sequence[asyncpg.Record]
_Decoders = tuple[Decoder | None, ...]
"""What the values of each column go through; None where they are right already."""

_KEPT: Final = 1000  # functions; programs have fewer sets of columns than statements

_DECODED: Final = "None if {0} is None else {1}({0})"
_INSTANT: Final = "None if {0} is None else EPOCH + {0} * MICROSECOND"
"""What `read_instant` does, but for infinity, at half of its time."""


@lru_cache(_KEPT)
def as_records(
    names: tuple[str, ...],
    decoders: _Decoders,
    fields: tuple[str, ...] | None = None,
    whole: frozenset[str] = frozenset(),
) -> Callable[[_Records], list[Record]]:
    """Make the function that reads rows by column name; of two columns of one name the later one wins.

    `fields` are what a row is to have instead, in this order, None where there is no such column. Rows without a value
    in one of the columns `whole` are left out.
    Errors: the function raises UserFacingError P2023 for a value that Python does not have.
    """

    def row(values: Sequence[str]) -> str:
        columns = list(zip(names, values, strict=True))
        items = columns if fields is None else [(field, dict(columns).get(field, "None")) for field in fields]
        return _dictionary(items)

    return _reader(row, decoders, [f"value{number} is not None" for number, name in enumerate(names) if name in whole])


@lru_cache(_KEPT)
def as_part(number: int, names: tuple[str, ...], first: int, decoders: _Decoders) -> Callable[[_Records], list[Record]]:
    """Make the function that reads the rows whose first column is a number, by column name, from a column on.

    Errors: as `as_records`.
    """

    def row(values: Sequence[str]) -> str:
        return _dictionary(zip(names, values[first : first + len(names)], strict=True))

    return _reader(row, decoders, [f"value0 == {number}"])


@lru_cache(_KEPT)
def as_lists(decoders: _Decoders) -> Callable[[_Records], list[list[object]]]:
    """Make the function that reads rows in the order of their columns. Errors: as `as_records`."""
    return _reader(lambda values: f"[{', '.join(values)}]", decoders, [])


def _dictionary(items: Iterable[tuple[str, str]]) -> str:
    return f"{{{', '.join(f'{name!r}: {value}' for name, value in items)}}}"


def _reader(
    row: Callable[[Sequence[str]], str], decoders: _Decoders, conditions: Sequence[str]
) -> Callable[[_Records], list[Any]]:
    quick = _comprehension(row, decoders, conditions, _INSTANT)
    make_careful = cache(partial(_comprehension, row, decoders, conditions, _DECODED))

    def read(records: _Records) -> list[Any]:
        try:
            return quick(records)
        except OverflowError:  # an infinite instant, or one that Python does not have
            careful = make_careful()
        try:
            return careful(records)
        except OverflowError as error:
            raise translate(error) from error

    return read


def _comprehension(
    row: Callable[[Sequence[str]], str], decoders: _Decoders, conditions: Sequence[str], instant: str
) -> Callable[[_Records], list[Any]]:
    forms = ["{0}" if decode is None else instant if decode is read_instant else _DECODED for decode in decoders]
    values = [form.format(f"value{number}", f"decode{number}") for number, form in enumerate(forms)]
    targets = ", ".join(f"value{number}" for number in range(len(decoders)))
    kept = "".join(f" if {condition}" for condition in conditions)
    text = f"lambda records: [{row(values)} for [{targets}] in records{kept}]"
    names = {f"decode{number}": decode for number, decode in enumerate(decoders)}
    made: Callable[[_Records], list[Any]] = eval(text, {"EPOCH": EPOCH, "MICROSECOND": MICROSECOND, **names})  # noqa: S307  # of names, as literals
    return made
