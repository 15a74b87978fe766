"""The first use of each of many shapes: a plan is compiled, a statement prepared, and the query answered."""

from __future__ import annotations

import time
from statistics import median

from database import DatabaseService
from footprint.program import main
from footprint.shapes import some_shapes

_SHAPES = 200


async def use_each_once(*, url: str, session: str) -> float:
    """The median time of a query whose shape is new. Units: milliseconds."""
    db = DatabaseService(url=f"{url}?connection_limit=1")
    await db.connect()
    await db.sessions.get_session_by_id(session)
    times = []
    for query in some_shapes(session, first=0, count=_SHAPES):
        began = time.perf_counter()
        await db.client.message.find_many(**query)
        times.append(time.perf_counter() - began)
    await db.disconnect()
    return median(times) * 1_000


if __name__ == "__main__":
    main(use_each_once)
