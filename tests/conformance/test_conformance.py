"""The same calls through Prisma's TypeScript runtime and through this engine give the same results, errors and data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pytest

from conformance.case import Case
from conformance.cases import aggregates, failures, filters, native_types, pages, random_calls, shop, writes
from conformance.pair import Pair
from steps import PROJECT

Record = Callable[[str, object], None]
Groups = Mapping[str, Sequence[Case]]

BLOG: Final[Groups] = {
    **filters.GROUPS,
    **pages.GROUPS,
    **aggregates.GROUPS,
    **writes.GROUPS,
    **failures.GROUPS,
    **random_calls.GROUPS,
}
SHOP: Final[Groups] = shop.GROUPS
NATIVE: Final[Groups] = native_types.GROUPS
JOINING: Final[Groups] = {
    name: group
    for name, group in BLOG.items()
    if name in ("orders", "distinct", "one record", "included relations", "creates", "upserts", "deletes")
    or name.startswith("random reads")
}
"""Calls that read relations, which the preview feature `relationJoins` does in another way."""


async def agree(pair: Pair, cases: Sequence[Case], record: Record) -> None:
    outcome = await pair.compare(cases)
    record("compared", outcome.compared)
    record("deliberate", outcome.deliberate)
    assert not outcome.differences, "\n".join(outcome.differences)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("cases", BLOG.values(), ids=BLOG.keys())
async def test_calls_on_the_blog_schema_agree(blog_pair: Pair, cases: Sequence[Case], record_property: Record) -> None:
    await agree(blog_pair, cases, record_property)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("cases", SHOP.values(), ids=SHOP.keys())
async def test_calls_on_the_shop_schema_agree(shop_pair: Pair, cases: Sequence[Case], record_property: Record) -> None:
    await agree(shop_pair, cases, record_property)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("cases", NATIVE.values(), ids=NATIVE.keys())
async def test_calls_on_native_types_agree(native_pair: Pair, cases: Sequence[Case], record_property: Record) -> None:
    await agree(native_pair, cases, record_property)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("cases", JOINING.values(), ids=JOINING.keys())
async def test_calls_that_join_relations_agree(
    joining_pair: Pair, cases: Sequence[Case], record_property: Record
) -> None:
    await agree(joining_pair, cases, record_property)


def test_every_deliberate_difference_is_documented() -> None:
    documented = (PROJECT / "docs/divergences.md").read_text(encoding="utf-8")
    cases = [case for groups in (BLOG, SHOP, NATIVE) for group in groups.values() for case in group if case.divergence]
    assert [case.divergence for case in cases if f"\n| {case.divergence}" not in documented] == []
