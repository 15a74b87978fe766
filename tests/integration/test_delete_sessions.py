"""Retention: old sessions go in small transactions, whatever else happens."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from prisma.errors import PrismaError

from database import DatabaseService
from fix_hostile import Watch

NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)

TRANSACTIONS = """
CREATE TABLE deleted (number serial, transaction text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deleted (transaction) VALUES (txid_current()::text);
    IF OLD.id = 'cannot go' THEN RAISE EXCEPTION 'stop'; END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER note AFTER DELETE ON "Session" FOR EACH ROW EXECUTE FUNCTION note();
"""
"""Notes the transaction of each deleted session, and stops at the session `cannot go`."""


async def sessions(db: DatabaseService, count: int, *, last_id: str = "last") -> None:
    """Make so many sessions, a second apart, the last of them at noon."""
    for number in range(count - 1):
        await db.client.session.create(data={"createdAt": NOON - timedelta(seconds=count - 1 - number)})
    await db.client.session.create(data={"id": last_id, "createdAt": NOON})


async def test_older_sessions_go_with_all_that_is_theirs_and_the_others_stay(db: DatabaseService) -> None:
    await sessions(db, 5)
    for summary in await db.sessions.list_sessions():
        await db.messages.create_message(content="Hello", role="user", session_id=summary.id)
        await db.character_files.create_character_file(content={}, session_id=summary.id)

    assert await db.sessions.delete_sessions_before(NOON) == 4

    assert [(summary.id, summary.messageCount) for summary in await db.sessions.list_sessions()] == [("last", 1)]
    assert (await db.client.message.count(), await db.client.characterfile.count()) == (1, 1)
    assert await db.sessions.delete_sessions_before(NOON) == 0


async def test_a_dry_run_counts_and_deletes_nothing(db: DatabaseService) -> None:
    await sessions(db, 5)
    assert await db.sessions.delete_sessions_before(NOON, dry_run=True) == 4
    assert await db.client.session.count() == 5


async def test_a_time_is_an_instant_to_the_millisecond_wherever_it_was_read(db: DatabaseService) -> None:
    await sessions(db, 1)
    in_tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    for kept in (in_tokyo, NOON + timedelta(microseconds=999)):
        assert await db.sessions.delete_sessions_before(kept, dry_run=True) == 0
        assert await db.sessions.delete_sessions_before(kept) == 0
    assert await db.sessions.delete_sessions_before(in_tokyo + timedelta(milliseconds=1)) == 1


async def test_each_batch_is_a_transaction_of_its_own(db: DatabaseService, watch: Watch) -> None:
    await sessions(db, 8)
    await watch.execute(TRANSACTIONS)
    assert await db.sessions.delete_sessions_before(NOON, batch_size=3) == 7
    rows = await db.client.query_raw("SELECT count(*) AS n FROM deleted GROUP BY transaction ORDER BY min(number)")
    assert [row["n"] for row in rows] == [3, 3, 1]


async def test_what_was_deleted_before_an_interruption_stays_deleted_and_the_next_call_goes_on(
    db: DatabaseService, watch: Watch
) -> None:
    await sessions(db, 8, last_id="cannot go")
    await watch.execute(TRANSACTIONS)
    with pytest.raises(PrismaError, match="stop"):
        await db.sessions.delete_sessions_before(NOON + timedelta(1), batch_size=3)
    assert await db.client.session.count() == 2
    await watch.execute('DROP TRIGGER note ON "Session"')
    assert await db.sessions.delete_sessions_before(NOON + timedelta(1), batch_size=3) == 2


async def test_calls_at_once_share_the_work(db: DatabaseService) -> None:
    await sessions(db, 101)
    counts = await asyncio.gather(*(db.sessions.delete_sessions_before(NOON, batch_size=5) for _ in range(3)))
    assert sum(counts) == 100
    assert await db.client.session.count() == 1


async def test_a_session_in_use_is_left_for_the_next_call(db: DatabaseService) -> None:
    await sessions(db, 5)
    async with db.transaction() as tx:
        await tx.messages.create_message(content="still here", role="user", session_id="last")
        assert await db.sessions.delete_sessions_before(NOON + timedelta(1)) == 4
    assert [summary.messageCount for summary in await db.sessions.list_sessions()] == [1]
    assert await db.sessions.delete_sessions_before(NOON + timedelta(1)) == 1


@pytest.mark.parametrize(
    ("time", "error", "words"),
    [
        (datetime(2024, 5, 6), ValueError, "time is 2024-05-06 00:00:00, in no time zone"),  # noqa: DTZ001  # the point
        (datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), ValueError, "after the year 9999"),
        (date(2024, 5, 6), TypeError, "time is a datetime, not date"),
        ("2024-05-06T12:00:00Z", TypeError, "time is a datetime, not str"),
    ],
)
async def test_what_is_no_instant_is_refused(
    db: DatabaseService, time: Any, error: type[Exception], words: str
) -> None:
    await sessions(db, 2)
    for dry_run in (True, False):
        with pytest.raises(error, match=words):
            await db.sessions.delete_sessions_before(time, dry_run=dry_run)
    assert await db.client.session.count() == 2
