"""A start with this engine: the generated client, connected, and one query answered."""

from __future__ import annotations

import asyncio
import sys

from prisma import Prisma


async def start(url: str, session: str) -> None:
    """Say when the query is answered."""
    client = Prisma(datasource={"url": url}, use_dotenv=False)
    await client.connect()
    found = await client.session.find_unique(where={"id": session})
    assert found is not None
    print("answered", flush=True)
    await client.disconnect()


if __name__ == "__main__":
    asyncio.run(start(*sys.argv[1:]))
