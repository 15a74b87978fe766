"""How PostgreSQL's values reach the schema engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from prisma_engine.postgres.connection import Described
from prisma_engine.schema_engine.rows import Cells

__all__ = ["result_set"]

_INT32, _INT64, _FLOAT, _DOUBLE, _BOOLEAN, _CHARACTER, _TEXT, _DATE_TIME, _TEXT_ARRAY = 0, 1, 2, 3, 5, 6, 7, 10, 71

Decoder = Callable[[Any], object]


def _same(value: object) -> object:
    return value


def _instant(value: datetime) -> str:
    return value.isoformat()


_TYPES: Final[Mapping[int, tuple[int, Decoder]]] = {
    16: (_BOOLEAN, _same),
    18: (_CHARACTER, _same),  # "char", in the catalog's code columns
    20: (_INT64, str),
    21: (_INT32, _same),
    23: (_INT32, _same),
    26: (_INT64, str),  # an oid goes beyond int4
    700: (_FLOAT, _same),
    701: (_DOUBLE, _same),
    1003: (_TEXT_ARRAY, _same),
    1009: (_TEXT_ARRAY, _same),
    1015: (_TEXT_ARRAY, _same),
    1184: (_DATE_TIME, _instant),
}
"""Type's oid -> Prisma's number of a column type, and what it takes for a value."""

_OTHER: Final[tuple[int, Decoder]] = (_TEXT, str)


def result_set(described: Described) -> dict[str, object]:
    """Prisma's form of a statement's rows."""
    types = [_TYPES.get(oid, _OTHER) for oid in described.types]
    decoders = [decode for _, decode in types]
    return {
        "columnNames": described.names,
        "columnTypes": [number for number, _ in types],
        "rows": Cells(
            [
                [None if value is None else decode(value) for decode, value in zip(decoders, row, strict=True)]
                for row in described.rows
            ]
        ),
    }
