"""Values that hypothesis makes up: each is stored exactly and found by itself, or refused with nothing stored."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fix_property import Stage, same

SCALE: Final = 30
"""How many digits a Decimal column keeps after the point; before it there are 35."""

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
WHOLES: Final = st.integers(-(2**31), 2**31 - 1)
BIGS: Final = st.integers(-(2**63), 2**63 - 1)
REALS: Final = st.floats()
EXACTS: Final = st.integers(-(10**65) + 1, 10**65 - 1).map(lambda digits: Decimal(f"{digits}E-{SCALE}"))
LONG_EXACTS: Final = st.builds(
    lambda digits, scale: Decimal(f"{digits}E-{scale}"), st.integers(-(10**100) + 1, 10**100 - 1), st.integers(0, 100)
)
ZONES: Final = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS: Final = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  # the strategy adds the zone; a day of margin lets each be in UTC
    datetime(9999, 12, 30),  # noqa: DTZ001  # the same
    timezones=st.one_of(st.none(), ZONES),
)
DOCUMENTS: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
COLOURS: Final = st.sampled_from(["RED", "GREEN", "sky_blue"])

SCALARS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": TEXTS,
    "whole": WHOLES,
    "big": BIGS,
    "real": REALS,
    "exact": EXACTS,
    "truth": st.booleans(),
    "moment": MOMENTS,
    "document": DOCUMENTS,
    "raw": st.binary(),
    "colour": COLOURS,
}
LISTS: Final = {f"{field}s": st.lists(values, max_size=4) for field, values in SCALARS.items()}

UNSTORABLE: Final = st.builds(
    lambda before, bad, after: before + bad + after, TEXTS, st.sampled_from("\x00\ud800\udfff"), TEXTS
)
HOURS: Final = st.integers(1, 23).map(lambda hours: timedelta(hours=hours))
BEYOND_UTC: Final = HOURS.map(lambda east: datetime(1, 1, 1, tzinfo=timezone(east))) | HOURS.map(
    lambda west: datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-west))
)
REFUSED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": UNSTORABLE,
    "whole": st.integers(min_value=2**31) | st.integers(max_value=-(2**31) - 1),
    "big": st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1),
    "exact": st.integers(35, 10**9).map(lambda exponent: Decimal(f"1E+{exponent}"))
    | st.sampled_from([Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), "NaN", math.inf]),
    "moment": BEYOND_UTC,
    "document": UNSTORABLE.flatmap(lambda text: st.sampled_from([text, [text], {text: 1}, {"a": {"b": text}}])),
    "colour": st.text().filter(lambda text: text not in ("RED", "GREEN", "sky_blue")),
    "raw": st.text(min_size=1).filter(lambda text: len(text) % 4),  # Base64 comes in fours
}
REFUSED_LISTS: Final = {f"{field}s": st.tuples(SCALARS[field], values).map(list) for field, values in REFUSED.items()}


def written(stage: Stage, field: str, value: Any) -> Any:
    """The value as the client takes it."""
    if isinstance(value, list) and field.endswith("s"):
        return [written(stage, field.removesuffix("s"), item) for item in value]
    if isinstance(value, bytes):
        return stage.package.Base64.encode(value)
    return stage.package.Json(value) if field == "document" else value


def stored(field: str, value: Any) -> Any:
    """The value as a column keeps it, comparable with what is read."""
    if isinstance(value, list) and field.endswith("s"):
        return [stored(field.removesuffix("s"), item) for item in value]
    return _STORED[field](value) if field in _STORED else value


def _instant(value: datetime) -> datetime:
    aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc).replace(microsecond=aware.microsecond // 1000 * 1000)


_STORED: Final[dict[str, Any]] = {
    "moment": _instant,
    "real": lambda value: "nan" if math.isnan(value) else value.hex(),
}


def read(field: str, value: Any) -> Any:
    """What was read, comparable with what a column keeps."""
    if isinstance(value, list) and field.endswith("s"):
        return [read(field.removesuffix("s"), item) for item in value]
    return _READ[field](value) if field in _READ else value


_READ: Final[dict[str, Any]] = {"real": _STORED["real"], "raw": lambda value: value.decode()}


def differing(record: Any, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields that do not read as they were written, with both values."""
    pairs = {field: (read(field, getattr(record, field)), stored(field, value)) for field, value in values.items()}
    return {
        field: (got, wanted)
        for field, (got, wanted) in pairs.items()
        if not (same(got, wanted) if "document" in field else got == wanted)
    }


@settings(max_examples=200)
@given(values=st.fixed_dictionaries(SCALARS))
def test_a_value_of_every_type_is_stored_exactly_and_found_by_itself(
    types_stage: Stage, values: dict[str, Any]
) -> None:
    async def example() -> None:
        table = types_stage.client.scalar
        data = {field: written(types_stage, field, value) for field, value in values.items()}
        record = await table.create(data=data)
        assert differing(record, values) == {}
        wheres = [{field: {"equals": value}} for field, value in data.items()]
        for where in (data, {"AND": wheres}):
            found = await table.find_first(where={"id": record.id, **where})
            assert found is not None
            assert differing(found, values) == {}

    types_stage.run(example())


@settings(max_examples=200)
@given(values=st.fixed_dictionaries(LISTS))
def test_lists_of_every_type_are_stored_exactly_and_found_by_themselves(
    types_stage: Stage, values: dict[str, list[Any]]
) -> None:
    async def example() -> None:
        table = types_stage.client.scalar
        data = {field: written(types_stage, field, value) for field, value in values.items()}
        record = await table.create(data=data)
        assert differing(record, values) == {}
        wheres = [{field: {"equals": value}} for field, value in data.items()]
        found = await table.find_first(where={"id": record.id, "AND": wheres})
        assert found is not None
        assert differing(found, values) == {}

    types_stage.run(example())


@settings(max_examples=200)
@given(exact=LONG_EXACTS, exacts=st.lists(LONG_EXACTS, max_size=3))
def test_decimals_of_a_hundred_digits_stay_exact(types_stage: Stage, exact: Decimal, exacts: list[Decimal]) -> None:
    async def example() -> None:
        client = types_stage.client
        record = await client.native.create(data={"numeric": exact})
        assert record.numeric == exact
        assert await client.native.find_first(where={"id": record.id, "numeric": exact}) == record
        lists = await client.nativelist.create(data={"numeric": exacts})
        assert lists.numeric == exacts

    types_stage.run(example())


@pytest.mark.parametrize("field", [*REFUSED, *REFUSED_LISTS])
@settings(max_examples=50)
@given(data=st.data())
def test_what_cannot_be_stored_is_refused_and_stores_nothing(
    types_stage: Stage, field: str, data: st.DataObject
) -> None:
    value = data.draw({**REFUSED, **REFUSED_LISTS}[field])

    async def example() -> None:
        table = types_stage.client.scalar
        with pytest.raises(types_stage.package.errors.DataError):
            await table.create(data={"text": "kept", field: written(types_stage, field, value)})
        assert await table.count() == 0

    types_stage.run(example())
