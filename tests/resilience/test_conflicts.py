"""Transactions that conflict: an error of its own class, nothing stored, and safe to run again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import Any

import pytest
import pytest_asyncio
from prisma.errors import DataError, RawQueryError

from database import DatabaseService, SessionNotFoundError
from database.transaction import Transaction
from prisma_engine import WriteConflictError

TASKS = 8
NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)


async def count(db: DatabaseService, session_id: str) -> int:
    """What the counter in a session's character file says."""
    stored = await db.character_files.get_character_file_by_session_id(session_id)
    assert stored is not None
    content: Any = stored.content
    return int(content["count"])


async def add_one(tx: Transaction, session_id: str) -> None:
    """Read the counter, then write it: what goes wrong without isolation."""
    stored = await tx.character_files.get_character_file_by_session_id(session_id)
    assert stored is not None
    content: Any = stored.content
    await tx.character_files.create_character_file(content={"count": content["count"] + 1}, session_id=session_id)


@pytest_asyncio.fixture
async def counter(db: DatabaseService) -> str:
    """A session whose character file is a counter."""
    session = await db.sessions.create_session()
    await db.character_files.create_character_file(content={"count": 0}, session_id=session.id)
    return session.id


async def test_a_transaction_stores_all_or_nothing(db: DatabaseService) -> None:
    async with db.transaction() as tx:
        session = await tx.sessions.create_session()
        await tx.messages.create_message(content="one", role="user", session_id=session.id)
        assert await db.sessions.get_session_by_id(session.id) is None  # not yet for others

    with pytest.raises(SessionNotFoundError):
        async with db.transaction() as tx:
            await tx.messages.create_message(content="two", role="user", session_id=session.id)
            await tx.messages.create_message(content="three", role="user", session_id="nowhere")

    stored = await db.messages.get_messages_by_session_id(session.id)
    assert [message.content for message in stored] == ["one"]


async def test_transactions_that_conflict_run_again_until_each_is_stored_once(
    db: DatabaseService, counter: str
) -> None:
    async def work() -> None:
        async for attempt in db.transaction(isolation="Serializable", retries=50):
            async with attempt as tx:
                await add_one(tx, counter)

    await asyncio.gather(*(work() for _ in range(TASKS)))

    assert await count(db, counter) == TASKS


async def test_a_deadlock_is_a_write_conflict(db: DatabaseService) -> None:
    first, second = [(await db.sessions.create_session()).id for _ in range(2)]
    holding = [asyncio.Event(), asyncio.Event()]

    async def lock(own: str, other: str, number: int) -> None:
        async with db.transaction() as tx:
            await tx.client.session.update(where={"id": own}, data={"updatedAt": NOON})
            holding[number].set()
            await holding[1 - number].wait()
            await tx.client.session.update(where={"id": other}, data={"updatedAt": NOON})

    outcomes = await asyncio.gather(lock(first, second, 0), lock(second, first, 1), return_exceptions=True)

    (error,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(error, WriteConflictError)
    assert isinstance(error, DataError)
    assert error.code == "P2034"


async def test_a_conflict_in_a_raw_query_is_a_write_conflict_too(db: DatabaseService) -> None:
    with pytest.raises(WriteConflictError) as caught:
        await db.client.execute_raw("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
    assert isinstance(caught.value, RawQueryError)


async def test_the_last_conflict_is_raised_and_nothing_of_it_is_stored(db: DatabaseService, counter: str) -> None:
    runs = 0
    with pytest.raises(WriteConflictError):
        async for attempt in db.transaction(retries=2):
            async with attempt as tx:
                runs += 1
                await add_one(tx, counter)
                await tx.client.execute_raw("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")

    assert (runs, await count(db, counter)) == (3, 0)


async def test_other_errors_are_not_run_again(db: DatabaseService, counter: str) -> None:
    runs = 0
    with pytest.raises(ZeroDivisionError):
        async for attempt in db.transaction(retries=5):
            async with attempt as tx:
                runs += 1
                await add_one(tx, counter)
                runs //= 0

    assert (runs, await count(db, counter)) == (1, 0)


@pytest.mark.parametrize("isolation", ["ReadCommitted", "RepeatableRead", "Serializable"])
async def test_the_isolation_level_is_the_transactions(db: DatabaseService, isolation: str) -> None:
    async with db.transaction(isolation=isolation) as tx:  # type: ignore[arg-type]  # one of its words
        rows = await tx.client.query_raw("SHOW transaction_isolation")
    assert rows[0]["transaction_isolation"].replace(" ", "") == isolation.lower()


async def test_an_unknown_isolation_level_opens_nothing(db: DatabaseService) -> None:
    with pytest.raises(ValueError, match="'Snapshot' is not one of ReadCommitted, RepeatableRead, Serializable"):
        db.transaction(isolation="Snapshot")  # type: ignore[arg-type]  # that it is wrong is the point
    assert (await db.health()).pool.busy == 0
