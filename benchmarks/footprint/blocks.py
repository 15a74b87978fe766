"""How long the event loop is blocked at most while this project does what takes long."""

from __future__ import annotations

import asyncio
import gc
import uuid
from typing import Any, Final

from database import DatabaseService
from footprint.gaps import Watcher
from footprint.program import main
from footprint.shapes import some_shapes
from harness.workloads import LONG, TEXT

_CONNECTIONS: Final = 10
_CHILDREN: Final = 200
_NEW_SHAPES: Final = 100
_OCCUPY: Final = "SELECT pg_backend_pid() AS pid, pg_sleep(0.2)::text"


async def watch(*, url: str, session: str) -> dict[str, Any]:
    """The longest gap of each piece of work. Units: milliseconds."""
    watcher = Watcher()
    db = DatabaseService(url=f"{url}?connection_limit={_CONNECTIONS}")
    async with watcher.watching("connect"):
        await db.connect()
    async with watcher.watching("new_shapes"):
        for query in some_shapes(str(uuid.uuid4()), first=0, count=_NEW_SHAPES):
            await db.client.message.find_many(**query)
    async with watcher.watching("nested_create"):
        children: Any = [{"content": TEXT, "role": "user"} for _ in range(_CHILDREN)]
        fresh = await db.client.session.create(data={"messages": {"create": children}})
    async with watcher.watching("read_10000"):
        found = await db.messages.get_messages_by_session_id(session)
    assert len(found) == LONG
    for count in (1_000, 10_000):
        rows: Any = [{"content": TEXT, "role": "user", "sessionId": fresh.id} for _ in range(count)]
        async with watcher.watching(f"create_{count}"):
            await db.client.message.create_many(data=rows)
    await _open_all(db)
    async with watcher.watching("close"):
        await db.disconnect()
    async with watcher.watching("a full collection"):  # any program that imports the client has these
        gc.collect()
    return watcher.found


async def _open_all(db: DatabaseService) -> None:
    rows = await asyncio.gather(*(db.client.query_raw(_OCCUPY) for _ in range(_CONNECTIONS)))
    assert len({row[0]["pid"] for row in rows}) == _CONNECTIONS


if __name__ == "__main__":
    main(watch)
