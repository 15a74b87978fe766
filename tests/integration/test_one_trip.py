"""A record by its key with its relations: one statement, and the result of the plan's own statements."""

from __future__ import annotations

import logging
from typing import Any, Final

import pytest

from database import DatabaseService

INCLUDES: Final[list[dict[str, Any]]] = [
    {"posts": True},
    {"posts": {"order_by": {"title": "desc"}}, "profile": True},
    {"posts": {"where": {"views": {"gt": 1}}, "order_by": [{"views": "asc"}, {"id": "asc"}]}, "reports": True},
    {"posts": {"where": {"title": {"in": ["a", "c"]}}, "order_by": {"id": "asc"}}, "profile": True, "reports": True},
    {"posts": {"take": 1, "order_by": {"title": "asc"}}},
    {"posts": {"include": {"author": True}}, "profile": True},
    {"manager": True, "posts": True},
]


async def fill(client: Any) -> Any:
    """A user with a profile, posts and reports; and others, whose rows must not be seen."""
    for name in ("a", "b"):
        user = await client.user.create(
            {"email": name, "name": name, "role": "ADMIN", "tags": ["x", "y"], "profile": {"create": {"bio": name}}}
        )
        await client.post.create_many(
            [{"title": title, "views": views, "authorId": user.id} for views, title in enumerate("acb")]
        )
        await client.user.create_many([{"email": f"{name}{number}", "managerId": user.id} for number in range(3)])
    return await client.user.find_unique_or_raise({"email": "a"})


def told(record: Any) -> Any:
    """Everything about a record: values, their order, and which fields were set."""
    return record and (record.model_dump(), repr(record), sorted(record.model_fields_set))


def statements(caplog: pytest.LogCaptureFixture) -> int:
    return len([record for record in caplog.records if record.name == "prisma_engine.sql"])


@pytest.mark.parametrize("include", INCLUDES)
async def test_the_result_is_that_of_the_plans_own_statements(blog: Any, include: dict[str, Any]) -> None:
    user = await fill(blog)
    for method in ("find_unique", "find_unique_or_raise", "find_first"):
        find = getattr(blog.user, method)
        at_once = await find(where={"id": user.id}, include=include)
        async with blog.tx() as tx:  # where a plan runs step by step
            assert told(at_once) == told(await getattr(tx.user, method)(where={"id": user.id}, include=include))
    assert await blog.user.find_unique({"id": -1}, include=include) is None


@pytest.mark.parametrize("method", ["find_unique", "find_unique_or_raise", "find_first", "find_first_or_raise"])
async def test_it_is_one_statement(blog: Any, caplog: pytest.LogCaptureFixture, method: str) -> None:
    user = await fill(blog)
    include = {"posts": {"order_by": {"title": "asc"}}, "profile": True, "reports": True}
    with caplog.at_level(logging.DEBUG, "prisma_engine.sql"):
        found = await getattr(blog.user, method)(where={"id": user.id}, include=include)
    assert [post.title for post in found.posts] == ["a", "b", "c"]
    assert len(found.reports) == 3
    assert statements(caplog) == 1


@pytest.mark.parametrize("key", [{}, {"id": -1}, {"id": -1, "name": "a"}, {"NOT": {"id": -1}}], ids=str)
async def test_the_first_record_of_any_filter_is_that_of_the_plans_own_statements(
    blog: Any, blog_client: Any, key: dict[str, Any]
) -> None:
    """A filter may name the key or not, and more than that."""
    user = await fill(blog)
    where = {**key, **({"id": user.id} if key.get("id") == -1 else {})}
    include = {"posts": {"order_by": {"title": "asc"}}, "profile": True}
    for more in ({}, {"order": {"id": "desc"}}, {"skip": 1}):
        at_once = await blog.user.find_first(where=where, include=include, **more)
        async with blog.tx() as tx:
            every = await tx.user.find_many(where=where, include=include, **{"order": {"id": "asc"}, **more})
        assert told(at_once) == told(every[0] if every else None)
    for missing in ({"id": -1}, {"id": -1, "name": "nobody"}, {"name": "nobody"}):
        assert await blog.user.find_first(where=missing, include=include) is None
        with pytest.raises(blog_client.errors.RecordNotFoundError) as raised:
            await blog.user.find_first_or_raise(where=missing, include=include)
        assert raised.value.code == "P2025"


async def test_a_key_that_is_stored_in_another_form_is_followed_in_that_form(db: DatabaseService) -> None:
    session = await db.sessions.create_session(id="short")
    await db.messages.create_message(session_id="short", role="user", content="Hello")
    for table, column in (("Message", "sessionId"), ("CharacterFile", "sessionId"), ("Session", "id")):
        await db.client.execute_raw(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE char(12)')
    found = await db.sessions.get_complete_session("short")
    assert found is not None
    assert found.messages is not None
    assert (found.id.rstrip(), found.createdAt) == (session.id, session.createdAt)
    assert [message.content for message in found.messages] == ["Hello"]


async def test_a_table_that_has_changed_meanwhile_is_read_as_it_is(blog: Any) -> None:
    user = await fill(blog)
    for change in ("TYPE varchar(40)", "TYPE text"):
        before = await blog.user.find_unique({"id": user.id}, include={"posts": True, "profile": True})
        await blog.execute_raw(f'ALTER TABLE "Post" ALTER COLUMN title {change}')
        assert told(await blog.user.find_unique({"id": user.id}, include={"posts": True, "profile": True})) == told(
            before
        )


async def test_an_error_is_that_of_the_plans_own_statements(blog: Any, blog_client: Any) -> None:
    user = await fill(blog)
    await blog.user.find_unique({"id": user.id}, include={"profile": True})
    await blog.execute_raw('ALTER TABLE "Profile" RENAME TO "Gone"')
    with pytest.raises(blog_client.errors.TableNotFoundError, match="Profile"):
        await blog.user.find_unique({"id": user.id}, include={"profile": True})


def test_the_synchronous_client_gets_the_same(blog_sync: Any) -> None:
    user = blog_sync.user.create({"email": "a", "posts": {"create": [{"title": "b"}, {"title": "a"}]}})
    found = blog_sync.user.find_unique(
        {"email": "a"}, include={"posts": {"order_by": {"title": "asc"}}, "profile": True}
    )
    assert found.id == user.id
    assert [post.title for post in found.posts] == ["a", "b"]
    assert found.profile is None
