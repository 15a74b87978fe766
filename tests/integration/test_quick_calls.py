"""Calls of a shape that was there before: they take a shorter way, and nobody can tell by what comes of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any, Final

import asyncpg
import pytest
from asyncpg.prepared_stmt import PreparedStatement

JOINED: Final = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=timezone.utc)
ADA: Final[Mapping[str, Any]] = {"email": "ada@example.com", "name": "Ada", "score": 1.5, "age": 36, "joined": JOINED}
LONG: Final = 1_200  # rows: more than are worked on at once

Call = Callable[[Any], Awaitable[Any]]

READS: Final[Mapping[str, Call]] = {
    "by key": lambda client: client.user.find_unique({"email": "ada@example.com"}),
    "by no key": lambda client: client.user.find_unique({"email": "nobody"}),
    "by two keys": lambda client: client.seat.find_unique({"row_number": {"row": 1, "number": 1}}),
    "the first": lambda client: client.user.find_first(where={"age": {"gt": 3}}, order={"email": "desc"}),
    "or raise": lambda client: client.user.find_unique_or_raise({"email": "ada@example.com"}),
    "many": lambda client: client.user.find_many(where={"score": 1.5}, order=[{"email": "asc"}, {"id": "asc"}], take=2),
    "the last": lambda client: client.user.find_many(take=-1, order={"id": "asc"}),
    "by a cursor": lambda client: client.user.find_many(cursor={"email": "ada@example.com"}, order={"id": "asc"}),
    "distinct": lambda client: client.user.find_many(distinct=["role"], order={"id": "asc"}),
    "with a relation": lambda client: client.user.find_unique({"email": "ada@example.com"}, include={"posts": True}),
    "of types": lambda client: client.types.find_many(order={"id": "asc"}),
    "how many": lambda client: client.user.count(where={"age": 36}),
}
FAILURES: Final[Mapping[str, Call]] = {
    "no record": lambda client: client.user.find_unique_or_raise({"email": "nobody"}),
    "a key that is taken": lambda client: client.user.create({"email": "ada@example.com"}),
    "a text with NUL": lambda client: client.user.find_unique({"email": "\0"}),
    "a large number": lambda client: client.user.find_first(where={"age": 2**40}),
    "no such type": lambda client: client.user.find_unique({"email": object()}),
    "no such field": lambda client: client.user.find_first(where={"nope": 1}),
    "a reference to nothing": lambda client: client.post.create({"title": "a", "authorId": -1}),
}


@pytest.fixture
async def filled(blog: Any) -> Any:
    """A client whose database has a few rows."""
    await blog.user.create(ADA)
    await blog.user.create({"email": "bob@example.com", "role": "ADMIN", "tags": ["a", "b"], "score": 1.5})
    await blog.seat.create({"row": 1, "number": 1})
    await blog.types.create({"exact": "1.50", "moment": JOINED, "real": -0.0, "big": 2**40})
    await blog.types.create({})
    return blog


@pytest.mark.parametrize("name", READS)
async def test_a_read_gives_the_same_however_often_it_was_there(filled: Any, name: str) -> None:
    results = [await READS[name](filled) for _ in range(4)]
    async with filled.tx() as tx:
        results.append(await READS[name](tx))  # the general way

    assert len(set(map(repr, results))) == 1
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("name", FAILURES)
async def test_a_failure_says_the_same_however_often_it_was_there(filled: Any, name: str) -> None:
    await filled.user.find_unique({"email": "ada@example.com"})
    errors = []
    for _ in range(4):
        with pytest.raises(Exception, match=r".") as caught:
            await FAILURES[name](filled)
        errors.append(caught.value)
    with pytest.raises(Exception, match=r".") as caught:
        async with filled.tx() as tx:
            await FAILURES[name](tx)
    errors.append(caught.value)

    assert len({(type(error), re.sub(r"\b0x\w+", "", str(error))) for error in errors}) == 1
    assert await filled.user.count() == len(("Ada", "Bob"))


async def test_every_write_stores_its_own_values(blog: Any) -> None:
    made = [await blog.user.create({"email": str(number), "age": number, "joined": JOINED}) for number in range(4)]
    for number in range(4):
        key = str(number)
        values = {"create": {"email": key, "name": key}, "update": {"name": key}}
        await blog.user.upsert(where={"email": key}, data=values)
        values = {"create": {"email": f"new {key}", "name": "new"}, "update": {"name": "new"}}
        await blog.user.upsert(where={"email": f"new {key}"}, data=values)
    gone = [await blog.user.delete({"email": str(number)}) for number in (0, 1)]
    left = await blog.user.find_many(order={"id": "asc"})

    assert [user.age for user in made] == [0, 1, 2, 3]
    assert len({user.id for user in made}) == len(made)
    assert all(user.joined == JOINED.replace(microsecond=123000) for user in made)
    assert [(user.email, user.name) for user in gone] == [("0", "0"), ("1", "1")]
    assert [(user.email, user.name) for user in left[:2]] == [("2", "2"), ("3", "3")]
    assert [(user.email, user.name) for user in left[2:]] == [(f"new {number}", "new") for number in range(4)]


async def test_records_are_changed_and_deleted_by_their_keys_and_those_that_are_not_there_are_none(blog: Any) -> None:
    for number in range(5):
        await blog.user.create({"email": str(number), "tags": [str(number)]})
    changed = [await blog.user.update(where={"email": str(n)}, data={"name": str(n), "age": n}) for n in range(7)]
    gone = [await blog.user.delete({"email": str(number)}) for number in range(3, 7)]
    left = await blog.user.find_many(order={"email": "asc"})

    assert [user and (user.email, user.name, user.age, user.tags) for user in changed] == [
        *((str(number), str(number), number, [str(number)]) for number in range(5)),
        None,
        None,
    ]
    assert [user and user.name for user in gone] == ["3", "4", None, None]
    assert [user.email for user in left] == ["0", "1", "2"]


async def test_a_long_result_is_whole(blog: Any) -> None:
    await blog.seat.create_many(data=[{"row": 1, "number": number} for number in range(LONG)])

    results = [await blog.seat.find_many(order={"number": "asc"}) for _ in range(3)]

    assert [[seat.number for seat in seats] for seats in results] == [list(range(LONG))] * 3


async def test_calls_wait_for_a_connection_in_their_order(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=1"}, use_dotenv=False)
    order = []

    async def create(number: int) -> None:
        await client.seat.create({"row": 1, "number": number})
        order.append(number)

    async with client:
        for number in range(3):
            await create(number)
        await asyncio.gather(*map(create, range(3, 30)))

        assert order == list(range(30))
        assert await client.seat.count() == len(order)


async def test_each_call_counts_with_its_statement_and_its_wait(blog: Any) -> None:
    async def numbers() -> list[int]:
        return [histogram.value.count for histogram in (await blog.get_metrics()).histograms]

    counts = []
    for _ in range(5):
        await blog.seat.find_unique({"row_number": {"row": 1, "number": 1}})
        counts.append(await numbers())

    steps = [[after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(counts)]
    assert steps == [[1, 1, 1]] * 4  # calls, waits, statements


async def test_the_driver_has_what_the_engine_takes_of_it(blog_url: str) -> None:
    connection = await asyncpg.connect(blog_url.partition("?")[0])
    try:
        statement: PreparedStatement[asyncpg.Record] = await connection.prepare("SELECT $1::int4 AS number")
        protocol, state = connection._protocol, statement._state  # type: ignore[attr-defined]  # noqa: SLF001

        rows, tag, is_whole = await protocol.bind_execute(state, [7], "", 0, True, None)  # noqa: FBT003
    finally:
        await connection.close()

    assert [dict(row) for row in rows] == [{"number": 7}]
    assert (tag, is_whole) == (b"SELECT 1", True)
