"""`batch_()` and `tx()` as programs use them: what belongs together is stored together or not at all."""

from __future__ import annotations

import asyncio
import warnings
from datetime import timedelta
from typing import Any

import pytest


async def test_a_batch_mixes_models_methods_and_raw_statements_in_order(blog: Any) -> None:
    batch = blog.batch_()
    batch.user.create(data={"email": "a@", "age": 1, "posts": {"create": [{"title": "t"}]}}, include={"posts": True})
    batch.user.create_many(data=[{"email": "b@"}, {"email": "c@"}])
    batch.user.create_many(data=[{"email": "b@"}, {"email": "d@"}], skip_duplicates=True)
    batch.user.update(where={"email": "a@"}, data={"age": {"increment": 1}})
    batch.user.upsert(where={"email": "a@"}, data={"create": {"email": "-"}, "update": {"age": {"multiply": 10}}})
    batch.user.upsert(where={"email": "e@"}, data={"create": {"email": "e@"}, "update": {}})
    batch.user.update_many(where={"age": None}, data={"age": 5})
    batch.execute_raw("UPDATE users SET age = age + $1 WHERE email = $2", 1, "b@")
    batch.user.delete(where={"email": "c@"})
    batch.user.delete_many(where={"email": "d@"})
    batch.seat.create(data={"row": 1, "number": 1})
    assert await blog.user.count() == 0
    assert await batch.commit() is None
    users = await blog.user.find_many(order={"email": "asc"})
    assert [(user.email, user.age) for user in users] == [("a@", 20), ("b@", 6), ("e@", 5)]
    assert (await blog.post.count(), await blog.seat.count()) == (1, 1)


async def test_a_batch_stores_nothing_when_one_call_fails(blog: Any, blog_client: Any) -> None:
    failing: list[tuple[str, Any, type[Exception]]] = [
        ("unique", lambda b: b.user.create({"email": "a@"}), blog_client.errors.UniqueViolationError),
        ("missing", lambda b: b.user.delete(where={"id": 404}), blog_client.errors.RecordNotFoundError),
        ("missing", lambda b: b.user.update(where={"id": 404}, data={}), blog_client.errors.RecordNotFoundError),
        ("field", lambda b: b.user.create({"email": "b@", "bar": 1}), blog_client.errors.FieldNotFoundError),
        ("required", lambda b: b.user.create({}), blog_client.errors.MissingRequiredValueError),
        ("raw", lambda b: b.execute_raw("UPDATE nothing SET a = 1"), blog_client.errors.RawQueryError),
        ("relation", lambda b: b.user.create({"email": "b@"}, include={"x": True}), blog_client.errors.BuilderError),
    ]
    await blog.user.create({"email": "a@"})
    for _, add, error in failing:
        with pytest.raises(error):
            async with blog.batch_() as batch:
                batch.user.create({"email": "z@"})
                add(batch)
                batch.user.create({"email": "y@"})
        assert await blog.user.count() == 1


async def test_a_batch_whose_body_raises_sends_nothing(blog: Any) -> None:
    with pytest.raises(RuntimeError, match="mine"):
        async with blog.batch_() as batch:
            batch.user.create({"email": "a@"})
            raise RuntimeError("mine")
    assert await blog.user.count() == 0


async def test_a_batch_takes_what_it_is_given_at_that_moment(blog: Any, blog_client: Any) -> None:
    data: dict[str, Any] = {"email": "0@", "tags": ["0"], "settings": blog_client.Json({"n": [0]})}
    async with blog.batch_() as batch:
        for number in range(3):
            data["email"] = f"{number}@"
            data["tags"][0] = str(number)
            data["settings"].data["n"][0] = number
            batch.user.create(data=data)
    users = await blog.user.find_many(order={"id": "asc"})
    assert [(user.email, user.tags, user.settings) for user in users] == [
        (f"{number}@", [str(number)], {"n": [number]}) for number in range(3)
    ]


async def test_a_batch_may_be_empty_or_used_again(blog: Any) -> None:
    batch = blog.batch_()
    await batch.commit()
    batch.seat.create({"row": 1, "number": 1})
    await batch.commit()
    await batch.commit()
    batch.seat.create({"row": 1, "number": 2})
    await batch.commit()
    assert await blog.seat.count() == 2


async def test_batches_at_once_do_not_mix(blog: Any) -> None:
    async def store(row: int) -> None:
        async with blog.batch_() as batch:
            for number in range(20):
                batch.seat.create({"row": row, "number": number})
                await asyncio.sleep(0)

    await asyncio.gather(*(store(row) for row in range(8)))
    assert await blog.seat.count() == 160


async def test_a_batch_of_a_transaction_sees_and_shares_it(blog: Any, blog_client: Any) -> None:
    async with blog.tx() as tx:
        user = await tx.user.create({"email": "a@"})
        async with tx.batch_() as batch:
            batch.user.update(where={"id": user.id}, data={"age": 7})
            batch.post.create({"title": "t", "authorId": user.id})
        assert (await tx.user.find_unique(where={"id": user.id})).age == 7
        assert await blog.user.count() == 0
    assert await blog.post.count() == 1
    with pytest.raises(blog_client.errors.UniqueViolationError):
        async with blog.tx() as tx, tx.batch_() as batch:
            batch.user.delete_many()
            batch.seat.create({"row": 1, "number": 1})
            batch.seat.create({"row": 1, "number": 1})
    assert (await blog.user.count(), await blog.seat.count()) == (1, 0)


async def test_a_batch_needs_a_connection(blog_client: Any, blog_url: str) -> None:
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    batch = client.batch_()
    batch.seat.create({"row": 1, "number": 1})
    with pytest.raises(blog_client.errors.ClientNotConnectedError):
        await batch.commit()


async def test_every_method_works_inside_a_transaction(blog: Any) -> None:
    async with blog.tx(max_wait=timedelta(seconds=5), timeout=timedelta(seconds=30)) as tx:
        assert (tx.is_transaction(), blog.is_transaction()) == (True, False)
        user = await tx.user.create({"email": "a@", "posts": {"create": [{"title": "t"}]}}, include={"posts": True})
        assert await tx.seat.create_many([{"row": 1, "number": number} for number in range(5)]) == 5
        assert (await tx.user.update(where={"id": user.id}, data={"age": 3})).age == 3
        assert (await tx.user.upsert(where={"id": 0}, data={"create": {"email": "b@"}, "update": {}})).email == "b@"
        assert await tx.seat.update_many(where={"number": {"gt": 2}}, data={"holder": "x"}) == 2
        assert await tx.seat.delete_many(where={"holder": "x"}) == 2
        assert (await tx.user.delete(where={"email": "b@"})).email == "b@"
        assert await tx.execute_raw("UPDATE users SET age = 9") == 1
        assert (await tx.user.query_first("SELECT * FROM users")).age == 9
        assert await tx.query_first("SELECT age FROM users") == {"age": 9}
        assert await tx.seat.group_by(["row"], count=True) == [{"row": 1, "_count": {"_all": 3}}]
        assert (await tx.user.find_first_or_raise(include={"posts": True})).posts[0].title == "t"
    assert (await blog.user.count(), await blog.seat.count()) == (1, 3)


async def test_models_take_part_in_a_transaction_by_its_client(blog: Any, blog_client: Any) -> None:
    with pytest.raises(RuntimeError):
        async with blog.tx() as tx:
            user = await blog_client.models.User.prisma(tx).create({"email": "a@"})
            assert await blog_client.models.User.prisma(tx).find_unique(where={"id": user.id}) == user
            assert await blog_client.models.User.prisma(blog).count() == 0
            raise RuntimeError
    assert await blog.user.count() == 0


async def test_a_transaction_inside_of_another_is_one_of_its_own_and_warns(blog: Any) -> None:
    with pytest.raises(RuntimeError):
        async with blog.tx() as outer:
            await outer.seat.create({"row": 1, "number": 1})
            with pytest.warns(UserWarning, match="already in a transaction"):
                async with outer.tx() as inner:
                    await inner.seat.create({"row": 2, "number": 2})
            raise RuntimeError
    assert [seat.row for seat in await blog.seat.find_many()] == [2]


async def test_milliseconds_as_numbers_still_work_with_a_warning(blog: Any) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        async with blog.tx(max_wait=2000, timeout=10_000) as tx:
            await tx.seat.create({"row": 1, "number": 1})
    assert [warning.category for warning in caught] == [DeprecationWarning, DeprecationWarning]
    assert await blog.seat.count() == 1


async def test_a_transaction_that_was_not_started_cannot_end(blog: Any, blog_client: Any) -> None:
    for end in ("commit", "rollback"):
        with pytest.raises(blog_client.errors.TransactionNotStartedError, match="has not been started yet"):
            await getattr(blog.tx(), end)()


async def test_an_error_that_the_body_handles_leaves_a_transaction_that_cannot_go_on(
    blog: Any, blog_client: Any
) -> None:
    await blog.seat.create({"row": 1, "number": 1})
    with pytest.raises(blog_client.errors.PrismaError):
        async with blog.tx() as tx:
            await tx.seat.create({"row": 2, "number": 2})
            with pytest.raises(blog_client.errors.UniqueViolationError):
                await tx.seat.create({"row": 1, "number": 1})
            await tx.seat.create({"row": 3, "number": 3})
    assert [seat.row for seat in await blog.seat.find_many()] == [1]


async def test_an_error_before_the_database_is_asked_does_not_end_a_transaction(blog: Any, blog_client: Any) -> None:
    async with blog.tx() as tx:
        with pytest.raises(blog_client.errors.FieldNotFoundError):
            await tx.seat.find_first(where={"bar": 1})
        with pytest.raises(blog_client.errors.RecordNotFoundError):
            await tx.seat.find_first_or_raise(where={"row": 404})
        assert await tx.seat.update(where={"row_number": {"row": 4, "number": 4}}, data={"holder": "x"}) is None
        await tx.seat.create({"row": 1, "number": 1})
    assert await blog.seat.count() == 1
