"""Resident memory while more and more distinct shapes of queries come."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any, Final

from prisma import Prisma

from footprint.program import main
from footprint.resident import resident
from footprint.shapes import Query, some_shapes

_TASKS: Final = 8
_CONNECTIONS: Final = 4
_TOGETHER: Final = 500  # shapes that come in turn: fewer than the engine keeps


async def watch(*, url: str, shapes: int, times: int, every: int) -> dict[str, Any]:
    """Send every shape so many times and note what is resident after every so many of them. Units: bytes."""
    client = Prisma(datasource={"url": f"{url}?connection_limit={_CONNECTIONS}"}, use_dotenv=False)
    await client.connect()
    session = str(uuid.uuid4())  # that has no messages: only the shape counts
    samples = []
    for first in range(0, shapes, every):
        for group in range(first, first + every, _TOGETHER):
            await _send(client, some_shapes(session, first=group, count=_TOGETHER) * times)
        samples.append(resident()["now"])
    await client.disconnect()
    return {"resident": samples}


async def _send(client: Prisma, queries: Sequence[Query]) -> None:
    waiting = iter(queries)

    async def work() -> None:
        for query in waiting:
            await client.message.find_many(**query)

    await asyncio.gather(*(work() for _ in range(_TASKS)))


if __name__ == "__main__":
    main(watch)
