"""Rows of a library's own SQL as objects of a model: what `find_many` makes of the same columns, and what is added."""

from __future__ import annotations

from typing import Any

import pytest

from prisma_engine.namespace import query, table_of

SQL = 'SELECT u.*, count(*) OVER () AS "together" FROM {users} u WHERE u.{users[name]} <> $1 ORDER BY u.{users[id]}'


@pytest.fixture
def counted(blog_client: Any) -> type:
    """A class below the client's own, which adds a field."""
    kind: type = type("Counted", (blog_client.models.User,), {"__annotations__": {"together": int}})
    return kind


async def test_they_are_what_find_many_makes_with_what_a_class_adds(blog: Any, blog_client: Any, counted: type) -> None:
    settings = blog_client.Json({"n": [1.5, None]})
    ada = await blog.user.create({"email": "a", "name": "Ada", "role": "ADMIN", "tags": ["x"]})
    await blog.user.create({"email": "b", "name": "Bob", "settings": settings, "managerId": ada.id})
    await blog.user.create({"email": "c", "name": "Cy"})
    sql = SQL.format(users=await table_of(blog, counted))
    expected = await blog.user.find_many(where={"name": {"not": "Cy"}}, order={"id": "asc"})

    async with blog.tx() as tx:
        for client in (blog, tx):
            found: list[Any] = await query(client, sql, "Cy", model=counted)
            assert [type(one) for one in found] == [counted, counted]
            assert [one.model_dump(exclude={"together"}) for one in found] == [one.model_dump() for one in expected]
            assert [one.together for one in found] == [2, 2]
    assert await query(blog, sql, "Cy", model=blog_client.models.User) == expected
    assert (await query(blog, sql, "Cy"))[0]["role"] == "administrator"


async def test_a_value_that_the_schema_requires_is_missed_as_by_find_many(blog: Any, blog_client: Any) -> None:
    await blog.user.create({"email": "a", "name": "Ada"})
    async with blog.tx() as tx:
        await tx.execute_raw("ALTER TABLE users ALTER score DROP NOT NULL")
        await tx.execute_raw("UPDATE users SET score = NULL")
        sql = SQL.format(users=await table_of(tx, blog_client.models.User))
        with pytest.raises(blog_client.errors.DataError, match='"score" of expected non-nullable type "Float"'):
            await query(tx, sql, "", model=blog_client.models.User)
