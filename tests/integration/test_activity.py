"""Sessions by their last activity: listed in pages, and deleted when nothing has happened in them for long."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from database import DatabaseService, SessionNotFoundError, SessionSummary
from fix_hostile import Watch

NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


async def session(db: DatabaseService, name: str, created: int, *messages: int) -> None:
    """A session, created so many minutes after noon, with messages of such times."""
    await db.sessions.create_session(id=name, createdAt=NOON + created * MINUTE)
    await db.messages.create_messages(
        name, [{"content": "", "role": "user", "createdAt": NOON + time * MINUTE} for time in messages]
    )


async def listed(db: DatabaseService, limit: int = 50) -> list[SessionSummary]:
    """All sessions by activity, in pages."""
    walked: list[SessionSummary] = []
    while page := await db.sessions.list_sessions(limit=limit, after=walked[-1] if walked else None, order="activity"):
        assert len(page) <= limit
        walked += page
    return walked


async def order(db: DatabaseService, limit: int = 50) -> str:
    """The names of all sessions by activity."""
    return "".join(summary.id for summary in await listed(db, limit))


async def test_the_last_message_counts_and_the_creation_where_there_is_none(db: DatabaseService, watch: Watch) -> None:
    await session(db, "a", 0, 9, 5)
    await session(db, "b", 1)
    await session(db, "c", 2, 3, 4)
    await session(db, "d", 8)
    await session(db, "e", 20, -5)  # it came from elsewhere, with its times
    assert await order(db) == "adcbe"
    # another program writes, and deletes
    await watch.execute("""INSERT INTO "Message" VALUES ('new', '', 'user', '2024-05-06 13:00', 'b')""")
    assert await order(db) == "badce"
    await watch.execute("""DELETE FROM "Message" WHERE id = 'new' OR "createdAt" = '2024-05-06 12:09'""")
    assert await order(db) == "dacbe"


async def test_each_session_has_its_figures(db: DatabaseService) -> None:
    await session(db, "a", 0, 9, 9, 5)
    await session(db, "b", 1)
    by_activity = await listed(db)
    assert [(summary.messageCount, summary.lastMessageAt) for summary in by_activity] == [
        (3, NOON + 9 * MINUTE),
        (0, None),
    ]
    assert by_activity == (await db.sessions.list_sessions())[::-1]


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_pages_return_each_session_once_also_of_one_time(db: DatabaseService, limit: int) -> None:
    for number in range(20):
        times = [number % 4, number % 4] if number % 3 else []
        await session(db, f"{number:02}", number % 4, *times)
    walked = await listed(db, limit)
    assert len(walked) == 20
    assert [(one.createdAt, one.id) for one in walked] == sorted(
        ((one.createdAt, one.id) for one in walked), reverse=True
    )


async def test_a_page_follows_a_summary_a_session_or_an_id(db: DatabaseService) -> None:
    for number in range(4):
        await session(db, str(number), -number, number)
    read = await db.sessions.get_session_by_id("2")
    for place in (read, "2", (await listed(db))[1]):
        page = await db.sessions.list_sessions(after=place, order="activity")
        assert [summary.id for summary in page] == ["1", "0"]
    with pytest.raises(SessionNotFoundError, match="nobody"):
        await db.sessions.list_sessions(after="nobody", order="activity")


async def test_a_session_that_becomes_active_meanwhile_moves_to_the_front(db: DatabaseService) -> None:
    for number in range(6):
        await session(db, str(number), number)
    first = await db.sessions.list_sessions(limit=2, order="activity")
    await session(db, "new", 50)
    await db.messages.create_message(content="", role="user", session_id="4")
    rest = await db.sessions.list_sessions(after=first[-1], order="activity")
    assert [summary.id for summary in (*first, *rest)] == list("543210")
    assert (await listed(db))[0].id == "4"


async def test_a_page_reads_no_other_messages_than_those_of_its_sessions(
    unused_db: DatabaseService, statements: set[str]
) -> None:
    await unused_db.client.session.create_many(data=[{"id": str(n), "createdAt": NOON} for n in range(1_000)])
    times = [(str(n), NOON + (10 * n + m) * MINUTE) for n in range(1_000) for m in range(3)]
    await unused_db.client.message.create_many(
        data=[{"content": "", "role": "user", "sessionId": id_, "createdAt": time} for id_, time in times]
    )
    await unused_db.client.execute_raw("ANALYZE")
    statements.clear()
    page = await unused_db.sessions.list_sessions(limit=20, order="activity")
    assert [summary.id for summary in page] == [str(number) for number in range(999, 979, -1)]
    [statement] = [text for text in statements if "talked" in text]
    [row] = await unused_db.client.query_raw(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", NOON + timedelta(365), "")
    assert read(row["QUERY PLAN"][0]["Plan"]) <= 20 * (3 + 3 + 3)  # found, looked at, counted


def read(plan: Any) -> int:
    """How many messages PostgreSQL has read, by the plan of what it ran."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if plan.get("Relation Name") == "Message" else 0
    return int(own * plan["Actual Loops"]) + sum(read(child) for child in plan.get("Plans", ()))


async def test_sessions_without_activity_are_deleted_and_the_others_stay(db: DatabaseService) -> None:
    for number in range(7):
        await session(db, f"old {number}", number, number)
    await session(db, "silent", 3)
    await session(db, "still active", 0, 1, 30)
    await session(db, "new", 30)
    await session(db, "imported", 30, 1)
    before = NOON + 10 * MINUTE
    delete = db.sessions.delete_sessions_before
    assert await delete(before, by="activity", dry_run=True) == 9
    async with db.transaction() as tx:
        await tx.messages.create_message(content="still here", role="user", session_id="old 5")
        assert await delete(before, by="activity", batch_size=2) == 8
    assert sorted(summary.id for summary in await listed(db)) == ["new", "old 5", "still active"]
    assert await delete(before, by="activity") == 0


async def test_calls_at_once_share_the_work(db: DatabaseService) -> None:
    await db.client.session.create_many(data=[{"createdAt": NOON} for _ in range(60)])
    delete = db.sessions.delete_sessions_before
    counts = await asyncio.gather(*(delete(NOON + MINUTE, by="activity", batch_size=5) for _ in range(3)))
    assert sum(counts) == 60
    assert await db.client.session.count() == 0


async def test_an_order_that_there_is_not_is_refused(db: DatabaseService) -> None:
    word: Any = "name"
    with pytest.raises(ValueError, match="order is 'name', but it must be 'creation' or 'activity'"):
        await db.sessions.list_sessions(order=word)
    with pytest.raises(ValueError, match="by is 'name', but it must be 'creation' or 'activity'"):
        await db.sessions.delete_sessions_before(NOON, by=word)
