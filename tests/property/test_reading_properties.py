"""Rows by the comprehension that is written for their columns, beside a loop over them: same rows, same error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final

from asyncpg.types import Type
from hypothesis import assume, given
from hypothesis import strategies as st

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.faults import translate
from prisma_engine.postgres.reading import as_lists, as_records
from prisma_engine.postgres.values import CANONICAL, Decoder

INSTANT, INSTANTS = (
    CANONICAL.decoder_for(Type(0, name, kind, "pg_catalog"))
    for name, kind in (("timestamp", "scalar"), ("timestamptz[]", "array"))
)
EPOCH: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = (datetime.min.replace(tzinfo=timezone.utc), datetime.max.replace(tzinfo=timezone.utc))
MICROSECOND: Final = timedelta(microseconds=1)

OF_PYTHON: Final = st.integers((FIRST - EPOCH) // MICROSECOND, (LAST - EPOCH) // MICROSECOND)
INFINITE: Final = st.sampled_from([2**63 - 1, -(2**63)])
OF_POSTGRESQL: Final = st.integers(-211_813_488_000_000_000, 9_223_371_331_199_999_999)
COUNTS: Final = st.one_of(st.none(), OF_PYTHON, OF_PYTHON, OF_PYTHON, INFINITE)

VALUES: Final[Sequence[tuple[Decoder | None, st.SearchStrategy[Any]]]] = [
    (None, st.none() | st.text() | st.integers()),
    (INSTANT, COUNTS),
    (INSTANT, COUNTS | OF_POSTGRESQL),
    (INSTANTS, st.none() | st.lists(COUNTS | st.lists(COUNTS))),
    (INSTANTS, st.lists(COUNTS | OF_POSTGRESQL)),
]
NAMES: Final = st.text(st.characters()) | st.sampled_from(["{", "}", "{0}", "'", '"', "\\", "value0", "\ud800"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[Decoder | None], list[list[Any]]]:
    """Columns by name and decoder, which may have one name, and rows as the driver delivers them."""
    columns = draw(st.lists(st.tuples(NAMES, st.sampled_from(VALUES)), max_size=5))
    rows = draw(st.lists(st.tuples(*(values for _, (_, values) in columns)).map(list), max_size=5))
    return [name for name, _ in columns], [decode for _, (decode, _) in columns], rows


def instant(count: int) -> datetime:
    return {2**63 - 1: LAST, -(2**63): FIRST}.get(count) or EPOCH + timedelta(microseconds=count)


def decoded(decode: Decoder | None, value: Any) -> Any:
    if isinstance(value, list):
        return [decoded(decode, item) for item in value]
    return value if decode is None or value is None else instant(value)


def outcome(work: Callable[[], list[Any]]) -> tuple[Any, ...]:
    try:
        rows = work()
    except OverflowError as error:
        return ("error", translate(error).code, translate(error).message, translate(error).meta)
    except UserFacingError as error:
        return ("error", error.code, error.message, error.meta)
    return ("rows", repr(rows), rows)


@given(table=tables())
def test_rows_are_those_of_a_loop_over_their_columns(
    table: tuple[list[str], list[Decoder | None], list[list[Any]]],
) -> None:
    names, decoders, rows = table

    def loop() -> list[list[Any]]:
        return [[decoded(decode, value) for decode, value in zip(decoders, row, strict=True)] for row in rows]

    records: Any = rows
    assert outcome(lambda: as_lists(tuple(decoders))(records)) == outcome(loop)
    assert outcome(lambda: as_records(tuple(names), tuple(decoders))(records)) == outcome(
        lambda: [dict(zip(names, row, strict=True)) for row in loop()]
    )


@given(table=tables(), others=st.lists(NAMES), data=st.data())
def test_rows_of_other_fields_have_these_and_those_that_lack_a_value_are_left_out(
    table: tuple[list[str], list[Decoder | None], list[list[Any]]], others: list[str], data: st.DataObject
) -> None:
    names, decoders, rows = table
    columns = dict(zip(names, range(len(names)), strict=True))
    fields = tuple(data.draw(st.permutations(list({*columns, *others}))))
    whole = frozenset(data.draw(st.sets(st.sampled_from(names)) if names else st.just(set())))
    assume(len(columns) == len(names))  # as those of a model

    def loop() -> list[dict[str, Any]]:
        kept = [row for row in rows if all(row[columns[name]] is not None for name in whole)]
        return [
            {name: decoded(decoders[columns[name]], row[columns[name]]) if name in columns else None for name in fields}
            for row in kept
        ]

    records: Any = rows
    assert outcome(lambda: as_records(tuple(names), tuple(decoders), fields, whole)(records)) == outcome(loop)
