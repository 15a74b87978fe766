"""asyncpg's pool without models: rows stay records, and many of them go in by executemany."""

from __future__ import annotations

from typing import Any

from peers import sql
from peers.hand_written import HandWritten
from peers.models import new_id
from peers.serving import main


class PoolRecords(HandWritten):
    """The hand-written code, as short as asyncpg lets it be."""

    async def messages(self, session_id: str) -> Any:
        return await self._pool.fetch(sql.MESSAGES, session_id)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        rows = [(new_id(), content, "user", session_id) for content in contents]
        await self._pool.executemany(sql.INSERT_MESSAGE, rows)
        return len(rows)


if __name__ == "__main__":
    main(PoolRecords)
