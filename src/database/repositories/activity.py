"""Sessions with the figures of their messages: in pages by creation or by last activity, and deleted by the latter.

The last activity is the time of the last message, or of the creation where there is none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Final, Literal

from prisma import Prisma
from prisma.models import Message, Session

from database.repositories.base import all_or_none
from database.repositories.exact import fields_of
from prisma_engine.namespace import execute, query, table_of

__all__ = ["LATEST", "SessionOrder", "SessionSummary", "count_quiet", "delete_quiet", "page_of"]

SessionOrder = Literal["creation", "activity"]
"""What puts sessions in an order."""

_ANY_ID: Final = "00000000-0000-0000-0000-000000000000"  # the column may be a uuid
_EARLIEST: Final = (datetime.min.replace(tzinfo=timezone.utc), _ANY_ID)
LATEST: Final = (datetime.max.replace(tzinfo=timezone.utc), _ANY_ID)
"""A place in the list that no session comes before."""

_BY_CREATION: Final = """
page AS (
    SELECT *
    FROM {session} s
    WHERE (s.{session[createdAt]}, s.{session[id]}) < ($1, $2)
    ORDER BY s.{session[createdAt]} DESC, s.{session[id]} DESC
    LIMIT {limit}
)
"""
_BY_ACTIVITY: Final = """
talked AS (
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
    LIMIT {limit}
), silent AS (
    SELECT s.{session[id]} AS "id", s.{session[createdAt]} AS "time"
    FROM {session} s
    WHERE (s.{session[createdAt]}, s.{session[id]}) < ($1, $2)
    AND s.{session[createdAt]} >= (
        SELECT CASE WHEN count(*) = {limit} THEN min("time") ELSE '-infinity' END FROM talked
    )
    AND NOT EXISTS (SELECT FROM {message} m WHERE m.{message[sessionId]} = s.{session[id]})
    ORDER BY s.{session[createdAt]} DESC, s.{session[id]} DESC
    LIMIT {limit}
), listed AS (
    SELECT * FROM (TABLE talked UNION ALL TABLE silent) both_kinds ORDER BY "time" DESC, "id" DESC LIMIT {limit}
), page AS (
    SELECT s.* FROM listed JOIN {session} s ON s.{session[id]} = listed."id"
)
"""
# Which message is the last of its session is asked of one index for each message of the other, from the newest down;
# a subquery with a LIMIT stays that, whatever PostgreSQL thinks of joins. Sessions without messages are looked for only
# between the page's last session and its first.

_SUMMARIES: Final = """
WITH {page}
SELECT {columns}, figures.*
FROM page s
CROSS JOIN LATERAL (
    SELECT count(*) AS "messageCount", max(m.{message[createdAt]}) AS "lastMessageAt"
    FROM {message} m
    WHERE m.{message[sessionId]} = s.{session[id]}
) figures
ORDER BY {time} DESC, s.{session[id]} DESC
"""
# How many sessions a page has is text: with a parameter there, PostgreSQL would plan each page anew.
_COLUMNS: Final = ", ".join(f"s.{{session[{field}]}}" for field in fields_of(Session))
_CREATION: Final = "s.{session[createdAt]}"
_ORDERS: Final[Mapping[SessionOrder, Mapping[str, str]]] = {
    "creation": {"page": _BY_CREATION, "time": _CREATION},
    "activity": {"page": _BY_ACTIVITY, "time": f'coalesce(figures."lastMessageAt", {_CREATION})'},
}

_IS_QUIET: Final = """
CASE WHEN EXISTS (SELECT FROM {message} m WHERE m.{message[sessionId]} = s.{session[id]})
    THEN NOT EXISTS (
        SELECT FROM {message} m WHERE m.{message[sessionId]} = s.{session[id]} AND m.{message[createdAt]} >= $1
    )
    ELSE s.{session[createdAt]} < $1
END
"""
_QUIET: Final[Mapping[str, str]] = {"quiet": _IS_QUIET}
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


class SessionSummary(Session):
    """A session as `list_sessions` shows it: with the number of its messages, and the time of the last one, if any."""

    messageCount: int  # noqa: N815  # named as the client's fields are
    lastMessageAt: datetime | None  # noqa: N815  # named as the client's fields are


async def page_of(client: Prisma, order: SessionOrder, place: tuple[datetime, str], limit: int) -> list[SessionSummary]:
    """The next so many sessions after a place in an order: a time, and an id."""
    sql = await _named(client, _SUMMARIES, {"columns": _COLUMNS, **_ORDERS[order]}, limit=limit)
    return await query(client, sql, *place, model=SessionSummary)


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


async def _named(client: Prisma, sql: str, parts: Mapping[str, str] = _QUIET, **constants: int) -> str:
    tables = {"message": await table_of(client, Message), "session": await table_of(client, Session)}
    return sql.format(**{name: part.format(**constants, **tables) for name, part in parts.items()}, **tables)
