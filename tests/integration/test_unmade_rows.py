"""Rows that a call should have made and that are not there: a trigger stored nothing, or another key was taken."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
async def swallowing(blog: Any) -> Any:
    """A client whose database stores no post without a title."""
    await blog.execute_raw(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.title = '' THEN RETURN NULL; END IF; RETURN NEW; END $$"
    )
    await blog.execute_raw('CREATE TRIGGER swallow BEFORE INSERT ON "Post" FOR EACH ROW EXECUTE FUNCTION swallow()')
    return blog


async def test_a_row_that_a_trigger_swallows_is_an_error_of_the_clients(swallowing: Any, blog_client: Any) -> None:
    nobody = {"title_authorId": {"title": "?", "authorId": 0}}
    for call in (
        swallowing.post.create({"title": ""}),
        swallowing.post.upsert(nobody, {"create": {"title": ""}, "update": {}}),
        swallowing.post.create({"title": "", "categories": {"create": [{"name": "a"}]}}),
    ):
        with pytest.raises(blog_client.errors.PrismaError):
            await call
    assert (await swallowing.post.count(), await swallowing.category.count()) == (0, 0)


async def test_rows_that_a_trigger_swallows_are_not_counted(swallowing: Any) -> None:
    assert await swallowing.post.create_many([{"title": ""}, {"title": "a"}, {"title": ""}]) == 1
    user = await swallowing.user.create(
        {"email": "a", "posts": {"create": [{"title": ""}, {"title": "b"}]}}, include={"posts": True}
    )
    assert [post.title for post in user.posts] == ["b"]


async def test_an_upsert_by_a_compound_key_whose_one_field_is_taken_fails_and_changes_nothing(
    blog: Any, blog_client: Any
) -> None:
    await blog.execute_raw('CREATE UNIQUE INDEX ON "Post" (title)')
    author = await blog.user.create({"email": "a", "posts": {"create": [{"title": "taken"}]}})
    with pytest.raises(blog_client.errors.PrismaError):
        await blog.post.upsert(
            {"title_authorId": {"title": "taken", "authorId": author.id + 1}},
            {"create": {"title": "taken"}, "update": {}},
        )
    assert await blog.post.count() == 1
