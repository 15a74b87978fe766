"""What the generators give: the documented form, never the same value twice, and order where it is promised."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator

import pytest

from prisma_engine.errors import PlanError
from prisma_engine.interpreter.generators import GENERATORS
from prisma_engine.uuid7 import UuidSequence, uuid7

MAKERS: list[tuple[str, tuple[object, ...], str]] = [
    ("uuid", (4,), r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("uuid", (7,), r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("cuid", (1,), r"c[0-9a-z]{24}"),
    ("cuid", (2,), r"[a-z][0-9a-z]{23}"),
    ("ulid", (), r"[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    ("nanoid", (), r"[0-9A-Za-z_-]{21}"),
    ("nanoid", (5,), r"[0-9A-Za-z_-]{5}"),
]


@pytest.mark.parametrize(("name", "args", "form"), MAKERS)
def test_id_has_its_documented_form(name: str, args: tuple[object, ...], form: str) -> None:
    made = [str(GENERATORS[name](*args)) for _ in range(100)]

    assert [one for one in made if re.fullmatch(form, one) is None] == []


@pytest.mark.parametrize(("name", "args"), [(name, args) for name, args, _ in MAKERS if args != (5,)])
def test_id_never_comes_twice(name: str, args: tuple[object, ...]) -> None:
    assert len({GENERATORS[name](*args) for _ in range(5_000)}) == 5_000


@pytest.mark.parametrize(
    ("name", "args"),
    [("uuid", (5,)), ("uuid", ("7",)), ("cuid", (3,)), ("nanoid", (1,)), ("nanoid", (256,)), ("nanoid", ("5",))],
)
def test_unknown_argument_is_refused(name: str, args: tuple[object, ...]) -> None:
    with pytest.raises(PlanError):
        GENERATORS[name](*args)


def milliseconds_of(text: str) -> int:
    return uuid.UUID(text).int >> 80


def test_uuid7_carries_the_time() -> None:
    assert milliseconds_of(UuidSequence(lambda: 1_700_000_000_123)()) == 1_700_000_000_123


def test_uuid7_always_rises() -> None:
    made = [*(uuid7() for _ in range(20_000)), *uuid7.take(20_000), uuid7()]

    assert made == sorted(set(made))


def ticking(*moments: int) -> Callable[[], int]:
    times: Iterator[int] = iter(moments)
    return lambda: next(times)


def test_uuid7_rises_while_the_clock_steps_back() -> None:
    sequence = UuidSequence(ticking(1_000, 999, 5, 1_000, 1_001))

    made = [sequence() for _ in range(5)]

    assert made == sorted(made)
    assert [milliseconds_of(one) for one in made] == [1_000, 1_000, 1_000, 1_000, 1_001]


def test_uuid7_rises_when_more_are_made_than_a_millisecond_holds() -> None:
    sequence = UuidSequence(lambda: 1_000)

    made = [sequence() for _ in range(10_000)]

    assert made == sorted(made)
    assert milliseconds_of(made[-1]) > 1_000


def test_uuid7_is_unique_among_threads() -> None:
    made: list[list[str]] = [[] for _ in range(4)]
    start = threading.Barrier(len(made))

    def make(into: list[str]) -> None:
        start.wait()
        into.extend(uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=make, args=(into,)) for into in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one for part in made for one in part}) == 8_000
    assert all(part == sorted(part) for part in made)


@pytest.mark.parametrize(
    ("left", "right", "pairs"),
    [
        ("p1", [77, 5], [["p1", 77], ["p1", 5]]),
        (["a", "b"], [1, 2], [["a", 1], ["a", 2], ["b", 1], ["b", 2]]),
        (["a"], [], []),
        (1, 2, [[1, 2]]),
    ],
)
def test_product_pairs_the_left_with_the_right(left: object, right: object, pairs: object) -> None:
    assert GENERATORS["product"](left, right) == pairs
