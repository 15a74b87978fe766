"""A start without an engine: the generated client is imported, asyncpg connects and answers the same query."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import prisma
import prisma.client
import prisma.models  # noqa: F401  # imported to be there


async def start(url: str, session: str) -> None:
    """Say when the query is answered."""
    connection = await asyncpg.connect(url)
    found = await connection.fetchrow('SELECT id, "createdAt", "updatedAt" FROM "Session" WHERE id = $1', session)
    assert found is not None
    print("answered", flush=True)
    await connection.close()


if __name__ == "__main__":
    asyncio.run(start(*sys.argv[1:]))
