"""Which statements the server plans once and for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest_asyncio

from database import DatabaseService

_TIMES: Final = 12  # the server plans the first five executions of a statement by their values in any case
_PLANS: Final = """
    SELECT (to_jsonb(p) ->> 'generic_plans')::int AS generic
    FROM pg_prepared_statements AS p WHERE statement LIKE $1 AND statement LIKE '%LIMIT%'
"""
_POSTS: Final = """
    INSERT INTO users (email, changed) SELECT n, now() FROM generate_series(1, 60) n;
    INSERT INTO "Post" (id, title, published, created, "authorId")
    SELECT n, n, n > 5, timestamp '2024-01-01' + n * interval '1 minute', 1 + n % 60 FROM generate_series(1, 9000) n;
    CREATE INDEX ON "Post" ("authorId", created);
    CREATE INDEX ON "Post" (created);
    CREATE INDEX ON "Post" (published);
    ANALYZE;
"""
"""Posts of which each author has 150, and which have been published but for the five oldest."""


async def generic_plans(client: Any, statement: str) -> int | None:
    """How often the server ran a statement by its generic plan; None before PostgreSQL 14, which does not say."""
    (row,) = await client.query_raw(_PLANS, statement)
    generic: int | None = row["generic"]
    return generic


@pytest_asyncio.fixture
async def one_connection(blog_url: str, blog_client: Any) -> AsyncIterator[Any]:
    """A client with one connection, whose prepared statements are all that there are."""
    async with blog_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=1"}, use_dotenv=False) as client:
        await client.execute_raw(_POSTS)
        yield client


async def test_a_record_found_by_its_key_is_planned_once(one_connection: Any) -> None:
    for _ in range(_TIMES):
        await one_connection.user.find_unique({"email": "1"})

    assert await generic_plans(one_connection, '%."email" = $1%') in (_TIMES - 5, None)


async def test_a_page_of_what_belongs_to_a_record_is_planned_once(one_connection: Any) -> None:
    for author in range(1, _TIMES + 1):
        page = await one_connection.post.find_many(where={"authorId": author}, order={"created": "asc"}, take=20)
        assert len(page) == 20

    assert await generic_plans(one_connection, '%."authorId" = $1%') in (_TIMES - 5, None)


async def test_a_page_of_all_there_is_is_planned_once(one_connection: Any) -> None:
    for _ in range(_TIMES):
        await one_connection.post.find_many(order={"created": "desc"}, take=20)

    assert await generic_plans(one_connection, "%WHERE 1=1 ORDER BY%") in (_TIMES, None)


async def test_a_page_by_a_value_that_may_be_rare_is_planned_by_the_value(one_connection: Any) -> None:
    for published in (*[True] * _TIMES, False):
        page = await one_connection.post.find_many(where={"published": published}, order={"created": "desc"}, take=5)
        assert [post.published for post in page] == [published] * 5

    assert await generic_plans(one_connection, '%."published" = $1%') in (0, None)


async def test_a_page_of_sessions_is_planned_once(migrated_url: str) -> None:
    async with DatabaseService(url=f"{migrated_url}&connection_limit=1") as db:
        await db.client.session.create_many(data=[{} for _ in range(200)])
        await db.client.execute_raw("ANALYZE")
        for _ in range(_TIMES):
            assert len(await db.sessions.list_sessions(limit=20)) == 20

        assert await generic_plans(db.client, "%messageCount%") in (_TIMES - 5, None)
