"""The sessions by their last activity: the time of the last message, or of their creation where there is none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Final

from prisma import Prisma
from prisma.models import Message, Session

from database.repositories.base import all_or_none
from prisma_engine.namespace import execute, query, table_of

__all__ = ["LATEST", "Active", "count_quiet", "delete_quiet", "page_of"]

_EARLIEST: Final = (datetime.min.replace(tzinfo=timezone.utc), "")
LATEST: Final = (datetime.max.replace(tzinfo=timezone.utc), "")
"""A place in the list that no session comes before."""

_PAGE: Final = """
WITH talked AS (
    SELECT DISTINCT ON (m.{message[createdAt]}, m.{message[sessionId]})
        m.{message[sessionId]} AS "id", m.{message[createdAt]} AS "time"
    FROM {message} m
    CROSS JOIN LATERAL (
        SELECT n.{message[createdAt]} AS "time"
        FROM {message} n
        WHERE n.{message[sessionId]} = m.{message[sessionId]}
        ORDER BY n.{message[createdAt]} DESC, n.{message[id]} DESC
        LIMIT 1
    ) newest
    WHERE (m.{message[createdAt]}, m.{message[sessionId]}) < ($1, $2) AND m.{message[createdAt]} = newest."time"
    ORDER BY m.{message[createdAt]} DESC, m.{message[sessionId]} DESC
    LIMIT $3
), silent AS (
    SELECT s.{session[id]} AS "id", s.{session[createdAt]} AS "time"
    FROM {session} s
    WHERE (s.{session[createdAt]}, s.{session[id]}) < ($1, $2)
    AND s.{session[createdAt]} >= (
        SELECT CASE WHEN count(*) = $3 THEN min("time") ELSE '-infinity' END FROM talked
    )
    AND NOT EXISTS (SELECT FROM {message} m WHERE m.{message[sessionId]} = s.{session[id]})
    ORDER BY s.{session[createdAt]} DESC, s.{session[id]} DESC
    LIMIT $3
), page AS (
    SELECT * FROM (TABLE talked UNION ALL TABLE silent) listed ORDER BY "time" DESC, "id" DESC LIMIT $3
)
SELECT page."id", figures.*
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) AS "count", max({message[createdAt]}) AS "last"
    FROM {message}
    WHERE {message[sessionId]} = page."id"
) figures
ORDER BY page."time" DESC, page."id" DESC
"""
# Which message is the last of its session is asked of one index for each message of the other, from the newest down;
# a subquery with a LIMIT stays that, whatever PostgreSQL thinks of joins. Sessions without messages are looked for only
# between the page's last session and its first.

_IS_QUIET: Final = """
CASE WHEN EXISTS (SELECT FROM {message} m WHERE m.{message[sessionId]} = s.{session[id]})
    THEN NOT EXISTS (
        SELECT FROM {message} m WHERE m.{message[sessionId]} = s.{session[id]} AND m.{message[createdAt]} >= $1
    )
    ELSE s.{session[createdAt]} < $1
END
"""
_COUNT_QUIET: Final = 'SELECT count(*) AS "count" FROM {session} s WHERE {quiet}'
_FIND_QUIET: Final = """
SELECT s.{session[id]} AS "id", s.{session[createdAt]} AS "time"
FROM {session} s
WHERE (s.{session[createdAt]}, s.{session[id]}) > ($2, $3) AND {quiet}
ORDER BY s.{session[createdAt]}, s.{session[id]}
LIMIT $4
"""
_LOCK: Final = """
SELECT {session[id]} AS "id" FROM {session} WHERE {session[id]} = ANY ($1) FOR UPDATE SKIP LOCKED
"""
_DELETE_QUIET: Final = "DELETE FROM {session} s WHERE s.{session[id]} = ANY ($2) AND {quiet}"


@dataclass(frozen=True, slots=True)
class Active:
    """A session in the order of activity, with the figures of its messages."""

    id: str
    count: int
    last: datetime | None


async def page_of(client: Prisma, place: tuple[datetime, str], limit: int) -> list[Active]:
    """The next so many sessions after a place: a time of activity, and an id."""
    rows = await query(client, await _named(client, _PAGE), *place, limit)
    return [Active(**row) for row in rows]


async def count_quiet(client: Prisma, before: datetime) -> int:
    """How many sessions have had no activity since a time."""
    [row] = await query(client, await _named(client, _COUNT_QUIET), before)
    return int(row["count"])


async def delete_quiet(client: Prisma, before: datetime, batch_size: int) -> int:
    """Delete the sessions that have had no activity since a time, batch after batch, and return how many there were."""
    deleted = 0
    async for ids in _quiet(client, before, batch_size):
        async with all_or_none(client) as tx:
            # Once a session is locked, nobody adds a message to it; whether somebody has done so is asked after that.
            locked = [row["id"] for row in await query(tx, await _named(tx, _LOCK), ids)]
            deleted += await execute(tx, await _named(tx, _DELETE_QUIET), before, locked)
    return deleted


async def _quiet(client: Prisma, before: datetime, batch_size: int) -> AsyncIterator[Sequence[str]]:
    place, sql = _EARLIEST, await _named(client, _FIND_QUIET)
    while rows := await query(client, sql, before, *place, batch_size):
        yield [row["id"] for row in rows]
        place = (rows[-1]["time"], rows[-1]["id"])


async def _named(client: Prisma, sql: str) -> str:
    tables = {"message": await table_of(client, Message), "session": await table_of(client, Session)}
    return sql.format(quiet=_IS_QUIET.format(**tables), **tables)
