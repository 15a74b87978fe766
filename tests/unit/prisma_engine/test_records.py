"""The operators on records, one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest

from prisma_engine.errors import UserFacingError
from prisma_engine.interpreter import records
from prisma_engine.interpreter.records import Link, Operations, Page
from prisma_engine.ports import Record


def link(*on: tuple[str, str], to_one: bool = False) -> Link:
    return Link(
        parent_key=records.key_of([parent for parent, _ in on]),
        child_key=records.key_of([child for _, child in on]),
        field="kids",
        to_one=to_one,
    )


BY_ID = link(("id", "parent"))


def numbered(*ids: object) -> list[Record]:
    return [{"id": one} for one in ids]


@pytest.mark.parametrize(("value", "expected"), [([], None), ([7], 7), (None, None), ("text", "text")])
def test_unique_takes_the_only_element(value: object, expected: object) -> None:
    assert records.unique(value) == expected


def test_unique_refuses_several_elements() -> None:
    with pytest.raises(UserFacingError, match="Expected zero or one element, got 3"):
        records.unique([1, 2, 3])


@pytest.mark.parametrize("value", [None, []])
def test_required_refuses_nothing(value: object) -> None:
    with pytest.raises(UserFacingError, match="Required value is empty"):
        records.required(value)


def test_reverse_leaves_the_original_list_alone() -> None:
    original = [1, 2]

    assert records.reverse(original) == [2, 1]
    assert original == [1, 2]


def test_reverse_keeps_what_is_no_list() -> None:
    assert records.reverse("ab") == "ab"


def test_concat_counts_what_is_no_list_as_one_element() -> None:
    assert records.concat([[1], None, 2, []]) == [1, None, 2]


@pytest.mark.parametrize(
    ("value", "expected"),
    [([{"a": 1}, {"b": 2}, None], [1, None, None]), ({"a": 1}, 1), ({}, None), (None, None)],
)
def test_map_field_takes_a_column(value: object, expected: object) -> None:
    assert records.map_field("a", value) == expected


def test_children_join_every_parent_with_their_key_in_their_order() -> None:
    parents: list[Record] = [{"id": 1}, {"id": 2}, {"id": 1}]
    children: list[Record] = [{"parent": 1, "n": "x"}, {"parent": 3, "n": "y"}, {"parent": 1, "n": "z"}]

    records.attach(parents, children, BY_ID)

    assert [[kid["n"] for kid in parent["kids"]] for parent in parents] == [["x", "z"], [], ["x", "z"]]  # type: ignore[attr-defined]  # a list now


def test_last_child_of_a_unique_relation_wins() -> None:
    parents: list[Record] = [{"id": 1}, {"id": 2}]

    records.attach(parents, [{"parent": 1, "n": 1}, {"parent": 1, "n": 2}], link(("id", "parent"), to_one=True))

    assert [parent["kids"] for parent in parents] == [{"parent": 1, "n": 2}, None]


def test_single_parent_and_single_child_need_no_lists() -> None:
    parent: Record = {"id": 1}

    records.attach(parent, {"parent": 1}, BY_ID)

    assert parent["kids"] == [{"parent": 1}]


def test_no_child_and_missing_parents_are_skipped() -> None:
    parents: list[Any] = [None, {"id": 1}]

    records.attach(parents, None, BY_ID)

    assert parents == [None, {"id": 1, "kids": []}]


def test_composite_keys_match_as_a_whole() -> None:
    parents: list[Record] = [{"a": 1, "b": 2}, {"a": 2, "b": 1}]

    records.attach(parents, [{"x": 2, "y": 1}], link(("a", "x"), ("b", "y")))

    assert [parent["kids"] for parent in parents] == [[], [{"x": 2, "y": 1}]]


@pytest.mark.parametrize("key", [[1, [2]], b"\x00\x01", Decimal("1.50"), "uuid"])
def test_keys_of_every_kind_can_be_compared(key: object) -> None:
    parents: list[Record] = [{"id": key}]

    records.attach(parents, [{"parent": key}], BY_ID)

    assert parents[0]["kids"] == [{"parent": key}]


@pytest.mark.parametrize(
    ("source", "known", "expected"),
    [
        (numbered(1, 2, 3), numbered(2), numbered(1, 3)),
        (numbered(1), None, numbered(1)),
        (None, numbered(1), [None]),
        (None, None, []),
        ({"id": 1, "x": 2}, {"id": 1}, []),
    ],
)
def test_diff_keeps_what_is_not_known(source: object, known: object, expected: object) -> None:
    assert records.diff(source, known, ["id"]) == expected


def test_distinct_keeps_the_first_record_of_a_key() -> None:
    rows: list[Record] = [{"a": 1, "n": 1}, {"a": 1, "n": 2}, {"a": 2, "n": 3}]

    assert records.distinct(rows, ["a"]) == [rows[0], rows[2]]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (Page(), [1, 2, 3, 4]),
        (Page(skip=1, take=2), [2, 3]),
        (Page(take=0), []),
        (Page(skip=9), []),
        (Page(cursor={"id": 3}), [3, 4]),
        (Page(cursor={"id": 2}, skip=1, take=1), [3]),
        (Page(cursor={"id": 9}, take=1), []),
    ],
)
def test_page_of_a_list(page: Page, expected: list[int]) -> None:
    assert records.paginate(numbered(1, 2, 3, 4), page) == numbered(*expected)


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        (5, "5"),
        (Decimal("1.50"), "1.5"),
        (b"\x01", "AQ=="),
        (datetime(2024, 1, 1, tzinfo=timezone.utc), "2024-01-01T02:00:00.000+02:00"),
        ("3fa85f64-5717-4562-b3fc-2c963f66afa6", "3FA85F64-5717-4562-B3FC-2C963F66AFA6"),
        ("text", "text"),
        (None, None),
    ],
)
def test_cursor_matches_a_record_in_every_form_of_its_value(stored: object, wanted: object) -> None:
    assert records.paginate(numbered("other", stored), Page(cursor={"id": wanted})) == numbered(stored)


@pytest.mark.parametrize(("stored", "wanted"), [(5, "five"), (None, 5), ("Text", "text"), (b"\x01", "?")])
def test_cursor_of_another_value_matches_nothing(stored: object, wanted: object) -> None:
    assert records.paginate(numbered(stored), Page(cursor={"id": wanted})) == []


def test_cursor_compares_all_of_its_columns() -> None:
    rows: list[Record] = [{"a": 1, "b": 1}, {"a": 1, "b": 2}]

    assert records.paginate(rows, Page(cursor={"a": 1, "b": 2})) == [rows[1]]


def children(*pairs: tuple[str, int]) -> list[Record]:
    return [{"parent": parent, "n": number} for parent, number in pairs]


FAMILY: list[tuple[str, int]] = [("x", 1), ("y", 1), ("x", 1), ("x", 2), ("y", 3), ("x", 3)]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (Operations(page=Page(take=1), linking=["parent"]), [("x", 1), ("y", 1)]),
        (Operations(page=Page(skip=2), linking=["parent"]), [("x", 2), ("x", 3)]),
        (Operations(page=Page(take=1, cursor={"n": 3}), linking=["parent"]), [("x", 3), ("y", 3)]),
        (Operations(distinct=["n"], linking=["parent"]), [("x", 1), ("y", 1), ("x", 2), ("y", 3), ("x", 3)]),
        (Operations(distinct=["n"]), [("x", 1), ("x", 2), ("y", 3)]),
        (Operations(distinct=["n"], page=Page(skip=1), reverse=True), [("y", 3), ("x", 2)]),
        (Operations(reverse=True), FAMILY[::-1]),
    ],
)
def test_operations_on_a_list(operations: Operations, expected: list[tuple[str, int]]) -> None:
    assert records.process(children(*FAMILY), operations) == children(*expected)


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        (None, True),
        (Page(take=1), True),
        (Page(take=0), False),
        (Page(skip=1), False),
        (Page(cursor={"id": 1}), True),
        (Page(cursor={"id": 2}), False),
    ],
)
def test_operations_on_a_single_record(page: Page | None, kept: bool) -> None:  # noqa: FBT001 - pytest passes by name
    assert records.process({"id": 1}, Operations(page=page)) == ({"id": 1} if kept else None)


def test_operations_on_nothing_give_nothing() -> None:
    assert records.process(None, Operations(page=Page(take=1), nested={"a": Operations()})) is None


def test_operations_reach_nested_lists_and_json_text() -> None:
    nested: Mapping[str, Operations] = {"kids": Operations(reverse=True)}

    assert records.process('[{"kids": [1, 2]}, {"kids": null}]', Operations(nested=nested)) == [
        {"kids": [2, 1]},
        {"kids": None},
    ]
    assert records.process({"kids": "[3, 4]"}, Operations(nested=nested)) == {"kids": [4, 3]}
