"""Pages of messages and sessions: each row once, whoever writes meanwhile, and no more rows read than asked for."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from prisma.models import Message

from database import DatabaseService, MessageNotFoundError, NewMessage, SessionNotFoundError, SessionSummary
from fix_hostile import Watch
from steps import PROJECT

NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
NOWHERE = str(uuid4())
MOST = 2**31 - 1


async def talk(db: DatabaseService, count: int, *, apart: timedelta = timedelta(0)) -> list[Message]:
    """The messages of a new session, at one time or so far apart."""
    session = await db.sessions.create_session()
    return await db.messages.create_messages(
        session.id,
        [{"content": str(number), "role": "user", "createdAt": NOON + number * apart} for number in range(count)],
    )


async def forward(db: DatabaseService, session_id: str, limit: int) -> list[Message]:
    """All messages of a session, by pages from the first to the last."""
    walked: list[Message] = []
    while page := await db.messages.get_messages_by_session_id(
        session_id, limit=limit, after=walked[-1] if walked else None
    ):
        assert len(page) <= limit
        walked += page
    return walked


async def backward(db: DatabaseService, session_id: str, limit: int) -> list[Message]:
    """All messages of a session, by pages from the last to the first."""
    walked = await db.messages.get_last_messages(session_id, limit)
    while page := await db.messages.get_messages_by_session_id(session_id, limit=limit, before=walked[0]):
        assert len(page) <= limit
        walked = page + walked
    return walked


async def listed(db: DatabaseService, limit: int) -> list[SessionSummary]:
    """All sessions, by pages."""
    walked: list[SessionSummary] = []
    while page := await db.sessions.list_sessions(limit=limit, after=walked[-1] if walked else None):
        assert len(page) <= limit
        walked += page
    return walked


@asynccontextmanager
async def meanwhile(change: Callable[[], Awaitable[Any]]) -> AsyncIterator[None]:
    """Go on changing the database until the end of the block, at least ten times."""
    changed = 0
    is_over = False

    async def go_on() -> None:
        nonlocal changed
        while not is_over or changed < 10:
            await change()
            changed += 1

    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        is_over = True
        await task


@pytest.mark.parametrize("walk", [forward, backward])
async def test_a_walk_through_messages_of_one_time_returns_each_once(
    db: DatabaseService, walk: Callable[[DatabaseService, str, int], Awaitable[list[Message]]]
) -> None:
    messages = await talk(db, 5_000)
    assert await walk(db, messages[0].sessionId, 100) == messages


@pytest.mark.parametrize("walk", [forward, backward])
async def test_pages_of_messages_neither_skip_nor_repeat_while_others_write(
    db: DatabaseService, walk: Callable[[DatabaseService, str, int], Awaitable[list[Message]]]
) -> None:
    random = Random(7)
    messages = await talk(db, 300, apart=timedelta(microseconds=100))  # ten of each millisecond
    session_id = messages[0].sessionId

    async def change() -> None:
        others: list[NewMessage] = [
            {"content": "other", "role": "user", "id": str(random.random()), "createdAt": beside.createdAt}
            for beside in random.choices(messages, k=2)
        ]
        await db.messages.create_messages(session_id, others)
        await db.messages.delete_message(others[0]["id"])

    async with meanwhile(change):
        walked = await walk(db, session_id, 7)

    assert [message for message in walked if message.content != "other"] == messages
    assert len({message.id for message in walked}) == len(walked)


async def test_a_page_follows_a_message_that_has_been_deleted_since(db: DatabaseService) -> None:
    messages = await talk(db, 9)
    session_id = messages[0].sessionId
    await db.messages.delete_message(messages[4].id)
    get = db.messages.get_messages_by_session_id
    assert await get(session_id, after=messages[4], limit=2) == messages[5:7]
    assert await get(session_id, before=messages[4], limit=2) == messages[2:4]
    with pytest.raises(MessageNotFoundError, match=messages[4].id):
        await get(session_id, after=messages[4].id)


async def test_a_page_is_named_by_its_bounds_and_its_limit(db: DatabaseService) -> None:
    messages = await talk(db, 9)
    session_id = messages[0].sessionId
    get = db.messages.get_messages_by_session_id
    assert await get(session_id, limit=3) == messages[:3]
    assert await get(session_id, limit=100) == messages
    assert await get(session_id, after=messages[5].id) == messages[6:]
    assert await get(session_id, before=messages[5].id) == messages[:5]
    assert await get(session_id, before=messages[5].id, limit=2) == messages[3:5]
    assert await get(session_id, after=messages[2], before=messages[7]) == messages[3:7]
    assert await get(session_id, after=messages[2], before=messages[7], limit=2) == messages[5:7]
    assert await get(session_id, after=messages[8]) == []
    assert await get(session_id, before=messages[0]) == []


async def test_a_page_of_one_session_cannot_follow_a_message_of_another(db: DatabaseService) -> None:
    messages = await talk(db, 2)
    [other] = await talk(db, 1)
    for place in (other, other.id, NOWHERE):
        for bound in ("before", "after"):
            bounds: dict[str, Any] = {bound: place}
            with pytest.raises(MessageNotFoundError, match=f"in the session '{messages[0].sessionId}'"):
                await db.messages.get_messages_by_session_id(messages[0].sessionId, **bounds)


async def test_the_last_messages_are_oldest_first(db: DatabaseService) -> None:
    messages = await talk(db, 9)
    session_id = messages[0].sessionId
    assert await db.messages.get_last_messages(session_id, 3) == messages[-3:]
    assert await db.messages.get_last_messages(session_id, 100) == messages
    assert await db.messages.get_last_messages(NOWHERE, 3) == []


def scanned(plan: Any, table: str) -> int:
    """How many rows of a table PostgreSQL has read, by the plan of what it ran."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) if plan.get("Relation Name") == table else 0
    return int(own * plan["Actual Loops"]) + sum(scanned(child, table) for child in plan.get("Plans", ()))


async def rows_read(db: DatabaseService, table: str, statement: str, *arguments: object) -> int:
    """How many rows of a table a statement reads."""
    await db.client.execute_raw("ANALYZE")
    [row] = await db.client.query_raw(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *arguments)
    return scanned(row["QUERY PLAN"][0]["Plan"], table)


async def test_a_page_reads_no_more_messages_than_it_returns(unused_db: DatabaseService, statements: set[str]) -> None:
    messages = await talk(unused_db, 5_000, apart=timedelta(seconds=1))
    session_id, place = messages[0].sessionId, messages[2_500]
    time = place.createdAt

    async def read(call: Awaitable[list[Message]], *arguments: object) -> int:
        statements.clear()
        assert len(await call) == 100
        [statement] = statements
        return await rows_read(unused_db, "Message", statement, *arguments)

    get = unused_db.messages.get_messages_by_session_id
    after, before = get(session_id, limit=100, after=place), get(session_id, limit=100, before=place)
    assert await read(after, session_id, time, time, place.id, 100) <= 101
    assert await read(before, session_id, time, time, place.id, place.id, session_id, 100) <= 101
    assert await read(unused_db.messages.get_last_messages(session_id, 100), session_id, 100) == 100


async def test_a_stream_returns_every_message_in_order_and_holds_few(db: DatabaseService) -> None:
    messages = await talk(db, 20_000, apart=timedelta(milliseconds=1))
    session_id = messages[0].sessionId
    ids = [message.id for message in messages]
    del messages

    assert [message.id async for message in db.messages.iter_messages(session_id)] == ids

    tracemalloc.start()
    try:
        async for _ in db.messages.iter_messages(session_id):
            pass
        streaming = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        assert len(await db.messages.get_messages_by_session_id(session_id)) == len(ids)
        holding = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert streaming < holding / 5


async def test_a_stream_of_nothing_is_empty(db: DatabaseService) -> None:
    assert [message async for message in db.messages.iter_messages(NOWHERE)] == []


async def test_sessions_are_listed_newest_first_with_their_messages_counted(db: DatabaseService) -> None:
    [first] = await talk(db, 1)
    several = await talk(db, 3, apart=timedelta(minutes=1))
    empty = await db.sessions.create_session()

    summaries = await db.sessions.list_sessions()

    assert [summary.id for summary in summaries] == [empty.id, several[0].sessionId, first.sessionId]
    assert [(summary.messageCount, summary.lastMessageAt) for summary in summaries] == [
        (0, None),
        (3, several[-1].createdAt),
        (1, first.createdAt),
    ]
    assert (summaries[0].createdAt, summaries[0].updatedAt) == (empty.createdAt, empty.updatedAt)


async def test_a_walk_through_sessions_of_one_time_returns_each_once(db: DatabaseService) -> None:
    await db.client.session.create_many(data=[{"createdAt": NOON} for _ in range(1_000)])
    ids = [summary.id for summary in await listed(db, 70)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 1_000


async def test_pages_of_sessions_neither_skip_nor_repeat_while_others_write(db: DatabaseService) -> None:
    random = Random(7)
    times = [NOON + timedelta(milliseconds=number // 10) for number in range(300)]
    stable = [(await db.client.session.create(data={"createdAt": time})).id for time in times]

    async def change() -> None:
        first, _ = [
            await db.client.session.create(data={"id": str(random.random()), "createdAt": time})
            for time in random.choices(times, k=2)
        ]
        await db.messages.create_message(content="other", role="user", session_id=random.choice(stable))
        await db.sessions.delete_session(first.id)

    async with meanwhile(change):
        ids = [summary.id for summary in await listed(db, 7)]

    assert sorted(set(ids) & set(stable)) == sorted(stable)
    assert len(set(ids)) == len(ids)


async def test_a_page_of_sessions_follows_a_session_or_an_id(db: DatabaseService) -> None:
    await db.client.session.create_many(data=[{"createdAt": NOON} for _ in range(5)])
    summaries = await db.sessions.list_sessions()
    session = await db.sessions.delete_session(summaries[1].id)
    for place in (session, summaries[1], summaries[2].id):
        assert (await db.sessions.list_sessions(after=place))[-2:] == summaries[-2:]
    assert await db.sessions.list_sessions(after=session, limit=2) == summaries[2:4]
    with pytest.raises(SessionNotFoundError, match=session.id):
        await db.sessions.list_sessions(after=session.id)


async def test_a_page_of_sessions_is_one_statement_that_reads_nothing_of_other_sessions(
    unused_db: DatabaseService, statements: set[str]
) -> None:
    ids = [str(number) for number in range(2_000)]
    times = [NOON + timedelta(seconds=number) for number in range(2_000)]
    await unused_db.client.session.create_many(
        data=[{"id": i, "createdAt": t} for i, t in zip(ids, times, strict=True)]
    )
    wide = "x" * 1_500  # so that no server would rather read the whole table
    await unused_db.client.message.create_many(
        data=[{"sessionId": i, "content": wide, "role": "user"} for i in ids * 2]
    )
    place = (await unused_db.sessions.list_sessions(limit=1_000))[-1]
    statements.clear()
    page = await unused_db.sessions.list_sessions(limit=50, after=place)
    assert [summary.id for summary in page] == ids[999:949:-1]
    [statement] = statements
    assert await rows_read(unused_db, "Session", statement, place.createdAt, place.id) <= 2 * 50
    assert await rows_read(unused_db, "Message", statement, place.createdAt, place.id) == 100


async def test_sessions_are_listed_and_deleted_in_the_schema_of_the_url(
    db: DatabaseService, watch: Watch, migrated_url: str
) -> None:
    await talk(db, 2)
    tables = "\n".join(path.read_text("utf-8") for path in sorted(PROJECT.glob("migrations/*/migration.sql")))
    await watch.execute(f'CREATE SCHEMA "größe 1"; SET search_path TO "größe 1"; {tables}')
    url = migrated_url.replace("schema=public", f"schema={quote('größe 1')}")
    async with DatabaseService(url=url) as elsewhere:
        [message] = await talk(elsewhere, 1)
        [summary] = await elsewhere.sessions.list_sessions()
        assert (summary.id, summary.messageCount) == (message.sessionId, 1)
        assert await elsewhere.sessions.delete_sessions_before(summary.createdAt + timedelta(seconds=1)) == 1
        assert await elsewhere.sessions.list_sessions() == []
    assert len(await db.sessions.list_sessions()) == 1


async def test_everything_works_inside_a_transaction_and_is_gone_when_it_is_rolled_back(db: DatabaseService) -> None:
    kept = await talk(db, 3)
    with pytest.raises(KeyError):
        async with db.transaction() as tx:
            session = await tx.sessions.create_session()
            created = await tx.messages.create_messages(
                session.id, [{"content": "Hello", "role": "user"} for _ in range(1_500)]
            )
            assert await tx.messages.get_last_messages(session.id, 2) == created[-2:]
            assert (
                await tx.messages.get_messages_by_session_id(session.id, limit=2, after=created[5].id) == created[6:8]
            )
            assert [message async for message in tx.messages.iter_messages(session.id)] == created
            assert await tx.messages.search_messages("hello", limit=1) == created[-1:]
            assert [summary.messageCount for summary in await tx.sessions.list_sessions()] == [1_500, 3]
            assert await tx.sessions.delete_sessions_before(session.createdAt + timedelta(1), batch_size=1) == 2
            assert await tx.sessions.list_sessions() == []
            raise KeyError
    assert [summary.id for summary in await db.sessions.list_sessions()] == [kept[0].sessionId]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (0, "is 0, but it must be 1 or more"),
        (-1, "is -1, but it must be 1 or more"),
        (MOST + 1, "is 2,147,483,648, but 2,147,483,647 is the most"),
        (2**63, "is 9,223,372,036,854,775,808, but 2,147,483,647 is the most"),
    ],
)
async def test_a_page_of_less_than_one_row_or_of_more_than_there_can_be_is_refused(
    db: DatabaseService, number: int, why: str
) -> None:
    for call in counted(db, number):
        with pytest.raises(ValueError, match=why):
            await call


async def test_a_page_may_be_of_as_many_rows_as_32_bits_hold(db: DatabaseService) -> None:
    messages = await talk(db, 3)
    for call in counted(db, MOST):
        await call
    await db.client.execute_raw(await db.messages.word_index_sql())
    assert await db.messages.search_messages("1", by="words", limit=MOST) == messages[1:2]


@pytest.mark.parametrize("number", [True, "5", 1.5, None])
async def test_a_page_of_no_whole_number_is_refused(db: DatabaseService, number: Any) -> None:
    for call in counted(db, number):
        with pytest.raises(TypeError, match=f"is an int, not {type(number).__name__}"):
            await call


def counted(db: DatabaseService, number: Any) -> list[Awaitable[Any]]:
    """Calls of all that takes a number of rows; where None is no number but means all, it is left out."""
    calls: list[Awaitable[Any]] = [
        db.messages.get_last_messages(NOWHERE, number),
        db.messages.search_messages("a", limit=number),
        db.sessions.list_sessions(limit=number),
        db.sessions.delete_sessions_before(NOON, batch_size=number),
    ]
    return calls if number is None else [*calls, db.messages.get_messages_by_session_id(NOWHERE, limit=number)]


@pytest.mark.parametrize("place", [5, {"id": "a"}, [], NOON], ids=str)
async def test_a_place_is_a_row_or_an_id(db: DatabaseService, place: Any) -> None:
    for call in (
        db.messages.get_messages_by_session_id(NOWHERE, before=place),
        db.messages.get_messages_by_session_id(NOWHERE, after=place),
        db.sessions.list_sessions(after=place),
    ):
        with pytest.raises(TypeError, match="An id is a str"):
            await call
