"""What a statement's records become: dictionaries or lists, made by one comprehension that is written for its columns.

A loop over the columns of each row would take twice as long, and a codec of Python's for each instant as long again.
Dataclasses make their methods in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg

from prisma_engine.ports import Record
from prisma_engine.postgres.faults import translate
from prisma_engine.postgres.values import EPOCH, MICROSECOND, Decoder, read_instant

__all__ = ["as_lists", "as_records"]

_Records = Sequence[asyncpg.Record]
_Decoders = tuple[Decoder | None, ...]
"""What the values of each column go through; None where they are right already."""

_KEPT: Final = 1000  # functions; programs have fewer sets of columns than statements

_DECODED: Final = "None if {0} is None else {1}({0})"
_INSTANT: Final = "None if {0} is None else EPOCH + {0} * MICROSECOND"
"""What `read_instant` does, but for infinity, at half of its time."""


@lru_cache(_KEPT)
def as_records(names: tuple[str, ...], decoders: _Decoders) -> Callable[[_Records], list[Record]]:
    """Make the function that reads rows by column name; of two columns of one name the later one wins.

    Errors: the function raises UserFacingError P2023 for a value that Python does not have.
    """
    literals = (repr(name).replace("{", "{{").replace("}", "}}") for name in names)
    return _reader("{{{}}}", [f"{literal}: {{}}" for literal in literals], decoders)


@lru_cache(_KEPT)
def as_lists(decoders: _Decoders) -> Callable[[_Records], list[list[object]]]:
    """Make the function that reads rows in the order of their columns. Errors: as `as_records`."""
    return _reader("[{}]", ["{}"] * len(decoders), decoders)


def _reader(row: str, items: Sequence[str], decoders: _Decoders) -> Callable[[_Records], list[Any]]:
    quick = _comprehension(row, items, decoders, _INSTANT)

    def read(records: _Records) -> list[Any]:
        try:
            return quick(records)
        except OverflowError:  # an infinite instant, or one that Python does not have
            careful = _comprehension(row, items, decoders, _DECODED)
        try:
            return careful(records)
        except OverflowError as error:
            raise translate(error) from error

    return read


def _comprehension(
    row: str, items: Sequence[str], decoders: _Decoders, instant: str
) -> Callable[[_Records], list[Any]]:
    forms = ["{0}" if decode is None else instant if decode is read_instant else _DECODED for decode in decoders]
    values = [
        item.format(form.format(f"value{number}", f"decode{number}"))
        for number, (item, form) in enumerate(zip(items, forms, strict=True))
    ]
    targets = ", ".join(f"value{number}" for number in range(len(values)))
    text = f"lambda records: [{row.format(', '.join(values))} for [{targets}] in records]"
    names = {f"decode{number}": decode for number, decode in enumerate(decoders)}
    made: Callable[[_Records], list[Any]] = eval(text, {"EPOCH": EPOCH, "MICROSECOND": MICROSECOND, **names})  # noqa: S307  # of names, as literals
    return made
