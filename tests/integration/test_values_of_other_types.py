"""Values that are not of their field's type are refused by the client's errors, as Prisma 5.17 refused them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Final

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

Call = Callable[[Any, str, Any], Awaitable[Any]]

NO_INTEGERS: Final = (1.5, 2.0, Decimal("1.5"), Decimal(2), "1.5", True)
UNION: Final[tuple[Call, ...]] = (
    lambda types, field, value: types.scalar.create(data={field: value}),
    lambda types, field, value: types.scalar.create_many(data=[{field: value}]),
    lambda types, field, value: types.scalar.update_many(where={}, data={field: {"increment": value}}),
    lambda types, field, value: types.scalar.find_first(where={field: {"gt": value}}),
    lambda types, field, value: types.scalar.find_first(where={field: {"in": [value, 1]}}),
    lambda types, field, value: types.scalar.create(data={f"{field}s": [value]}),
)
"""Calls where several types are allowed in the value's place."""


@pytest.mark.parametrize("value", NO_INTEGERS, ids=repr)
async def test_what_is_no_integer_is_refused_alike_for_int_and_bigint(
    types: Any, types_client: Any, value: Any
) -> None:
    for field in ("whole",) if isinstance(value, str) else ("whole", "big"):  # texts that are no number are P2007 there
        for call in UNION:
            with pytest.raises(types_client.errors.DataError, match="Unable to match input value") as raised:
                await call(types, field, value)
            assert (type(raised.value), raised.value.code) == (types_client.errors.DataError, "P2009")
        with pytest.raises(types_client.errors.FieldNotFoundError, match=rf"`findFirstScalar\.where\.{field}`"):
            await types.scalar.find_first(where={field: value})
    with pytest.raises(types_client.errors.FieldNotFoundError, match=r"`findManyScalar\.take`"):
        await types.scalar.find_many(take=value)


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte"])
async def test_json_is_compared_with_texts_and_numbers_only(types: Any, types_client: Any, operator: str) -> None:
    json = types_client.Json
    record = await types.scalar.create(data={"document": json(5)})
    for value in (json("a"), '"a"', json(4), json(5.5), 4):
        await types.scalar.find_many(where={"id": record.id, "document": {operator: value}})
    for value in (json({"a": 1}), {"a": 1}, json([1]), json(None), json(data=True), "true", "null", "[1]"):
        with pytest.raises(types_client.errors.InputError, match="compared with a text or a number") as raised:
            await types.scalar.find_many(where={"document": {operator: value}})
        assert raised.value.code == "P2019"
    with pytest.raises(types_client.errors.DataError, match="this is not JSON") as refused:
        await types.scalar.find_many(where={"document": {operator: "a"}})
    assert refused.value.code == "P2007"


@pytest.mark.parametrize("field", ["jsonb", "jsonText"])
async def test_json_that_could_not_be_read_again_is_not_stored(types: Any, types_client: Any, field: str) -> None:
    for text in (r'"\ud800"', r'"\uDC00\uD800"', r'{"\uDC00": 1}', r'["\ud83d", "\ude00"]'):
        with pytest.raises(types_client.errors.DataError, match="could not be read again") as raised:
            await types.native.create(data={field: text})
        assert raised.value.code == "P2007"
    for text, value in ((r'"\ud83d\ude00"', "\U0001f600"), (r'"\\ud800"', r"\ud800"), (r'"\u00e9"', "é")):
        record = await types.native.create(data={field: text})
        assert getattr(await types.native.find_unique(where={"id": record.id}), field) == value
