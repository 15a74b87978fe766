"""Which statements the server plans once and for all."""

from __future__ import annotations

from typing import Any, Final

_TIMES: Final = 12  # the server plans the first five executions of a statement by their values in any case
_PLANS: Final = """
    SELECT (to_jsonb(p) ->> 'generic_plans')::int AS generic
    FROM pg_prepared_statements AS p WHERE statement LIKE $1 AND statement LIKE '%LIMIT%'
"""


async def generic_plans(client: Any, statement: str) -> int | None:
    """How often the server ran a statement by its generic plan; None before PostgreSQL 14, which does not say."""
    (row,) = await client.query_raw(_PLANS, statement)
    generic: int | None = row["generic"]
    return generic


async def test_a_record_found_by_its_key_is_planned_once(blog_url: str, blog_client: Any) -> None:
    async with blog_client.Prisma(datasource={"url": f"{blog_url}&connection_limit=1"}, use_dotenv=False) as client:
        await client.user.create({"email": "a@example.com"})
        for _ in range(_TIMES):
            await client.user.find_unique({"email": "a@example.com"})

        assert await generic_plans(client, '%."email" = $1%') in (_TIMES - 5, None)
