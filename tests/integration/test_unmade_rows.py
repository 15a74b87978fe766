"""Rows that a call should have made and that are not there: a trigger stored nothing, or another key was taken."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest


@pytest.fixture
async def swallowing(blog: Any) -> Any:
    """A client whose database stores no post without a title, and no membership of no kind."""
    await blog.execute_raw(
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF '' IN (to_jsonb(NEW) ->> 'title', to_jsonb(NEW) ->> 'kind') THEN RETURN NULL; END IF;"
        " RETURN NEW; END $$"
    )
    for table in ("Post", "Membership"):
        await blog.execute_raw(
            f'CREATE TRIGGER swallow BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION swallow()'
        )
    return blog


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda db: db.post.create({"title": ""}), "Record not found: a trigger has stored nothing in its place"),
        (
            lambda db: db.post.create({"title": "", "categories": {"create": [{"name": "a"}]}}),
            "No 'Post' record was found for a connect on many-to-many relation 'CategoryToPost'",
        ),
        (
            lambda db: db.post.upsert(
                {"title_authorId": {"title": "?", "authorId": 0}}, {"create": {"title": ""}, "update": {}}
            ),
            "No record was found for an upsert",
        ),
        (
            lambda db: db.membership.upsert(
                {"userId": 1}, {"create": {"userId": 1, "kind": ""}, "update": {"note": "a"}}
            ),
            "Record not found$",
        ),
    ],
)
async def test_a_row_that_a_trigger_swallows_is_a_record_that_is_not_found(
    swallowing: Any, blog_client: Any, call: Callable[[Any], Awaitable[Any]], words: str
) -> None:
    with pytest.raises(blog_client.errors.RecordNotFoundError, match=words) as raised:
        await call(swallowing)
    assert raised.value.code == "P2025"
    for model in (swallowing.post, swallowing.category, swallowing.membership):
        assert await model.count() == 0


async def test_rows_that_a_trigger_swallows_are_not_counted(swallowing: Any) -> None:
    assert await swallowing.post.create_many([{"title": ""}, {"title": "a"}, {"title": ""}]) == 1
    user = await swallowing.user.create(
        {"email": "a", "posts": {"create": [{"title": ""}, {"title": "b"}]}}, include={"posts": True}
    )
    assert [post.title for post in user.posts] == ["b"]


async def test_an_upsert_by_a_compound_key_whose_one_field_is_taken_finds_no_record(
    blog: Any, blog_client: Any
) -> None:
    stored = await blog.membership.create({"userId": 1, "kind": "a"})
    with pytest.raises(blog_client.errors.RecordNotFoundError, match=r"not found\. Record not found$") as raised:
        await blog.membership.upsert(
            {"userId_kind": {"userId": 1, "kind": "b"}},
            {"create": {"userId": 1, "kind": "b"}, "update": {"note": "late"}},
        )
    assert raised.value.code == "P2025"
    assert await blog.membership.find_many() == [stored]


async def test_an_upsert_that_creates_another_key_than_it_looks_for_names_the_field_that_is_taken(
    blog: Any, blog_client: Any
) -> None:
    stored = await blog.membership.create({"userId": 1, "kind": "a"})
    for key in ({"userId": 1, "kind": "b"}, {"userId": 2, "kind": "a"}):
        with pytest.raises(blog_client.errors.UniqueViolationError, match=r"fields: \(`userId`\)") as raised:
            await blog.membership.upsert({"userId_kind": key}, {"create": {"userId": 1, "kind": "c"}, "update": {}})
        assert raised.value.code == "P2002"
    assert await blog.membership.find_many() == [stored]
