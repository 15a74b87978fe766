"""Rows that are written at once, beside the same rows one by one: the same is stored, or the same refused."""

from __future__ import annotations

import math
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from fix_property import Stage

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")) | st.sampled_from(
    ["", "\x01", "a\x01b", "NULL", "{}", '"', "\\", "E'\\x01'", "é\x01", ","]
)
FIELDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": TEXTS,
    "whole": st.integers(-(2**31), 2**31 - 1),
    "big": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(),
    "truth": st.booleans(),
    "moment": st.datetimes(timezones=st.none() | st.timezones()),
    "colour": st.sampled_from(["RED", "GREEN", "sky_blue"]),
    "ownerId": st.none(),
}
ODD: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": st.sampled_from(["\x00", "\ud800", 5, True]),
    "whole": st.sampled_from([2**31, 0.5, "5", True]),
    "big": st.sampled_from([2**63, "7", True]),
    "real": st.sampled_from([5, True, "1.5"]),
    "truth": st.sampled_from([1, "true"]),
    "moment": st.sampled_from(["2024-01-02T03:04:05.678Z", "yesterday", 5]),
    "colour": st.sampled_from(["BLUE", 5]),
}


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with values for the same fields, or some of them with fewer or nulls, and perhaps one with an odd value."""
    names: list[str] = draw(st.lists(st.sampled_from(list(FIELDS)), min_size=1, unique=True))
    full = {name: FIELDS[name] for name in names}
    gaps = st.fixed_dictionaries({}, optional={name: values | st.none() for name, values in full.items()})
    some = st.fixed_dictionaries(full)
    each: st.SearchStrategy[dict[str, Any]] = some | gaps if draw(st.booleans()) else some
    rows = draw(st.lists(each, min_size=1, max_size=6))
    odd = [name for name in names if name in ODD]
    if draw(st.booleans()) and odd:
        name: str = draw(st.sampled_from(odd))
        draw(st.sampled_from(rows))[name] = draw(ODD[name])
    return rows


def shown(record: Any) -> dict[str, Any]:
    """A record's values, comparable, without its number: sequences go on after a failure."""
    values = {**vars(record), "id": None}
    return {
        name: "nan" if isinstance(value, float) and math.isnan(value) else repr(value) for name, value in values.items()
    }


@settings(max_examples=150)
@given(rows=tables())
def test_rows_at_once_are_stored_as_the_same_rows_one_by_one(types_stage: Stage, rows: list[dict[str, Any]]) -> None:
    table = types_stage.client.scalar

    async def stored(write: Any) -> Any:
        await table.delete_many()
        try:
            await write()
        except types_stage.package.errors.PrismaError as error:
            return type(error), getattr(error, "code", None)
        except TypeError as error:
            return type(error), None
        return [shown(record) for record in await table.find_many(order={"id": "asc"})]

    async def one_by_one() -> None:
        async with types_stage.client.tx() as tx:
            for row in rows:
                await tx.scalar.create_many(data=[row])

    async def example() -> None:
        alone, at_once = await stored(one_by_one), await stored(lambda: table.create_many(data=rows))
        assert at_once == alone

    types_stage.run(example())
