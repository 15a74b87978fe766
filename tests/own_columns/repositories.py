"""Run on the schema `own_columns`: every method of the repositories stores and gives back what a project has added."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from prisma import Base64, Json, enums
from prisma.errors import ForeignKeyViolationError, TableNotFoundError

from database import DatabaseService, SessionSummary
from prisma_engine.namespace import table_of

MOOD: Any = vars(enums)["Mood"]  # only the client of this schema has it
SEEN = datetime(2024, 5, 6, 12, 0, 0, 123456, tzinfo=timezone.utc)
ROW: dict[str, Any] = {
    "title": "A naïve title",
    "language": "日本語",
    "mood": MOOD.ANGRY,
    "tags": ["a", "ü", ""],
    "settings": Json.keys(deep=[1.5, None]),
    "price": Decimal("1234567890.12345678901234567890"),
    "key": Base64.encode(b"\x00\xff"),
    "size": 2**60,
    "ratio": 0.1,
    "pinned": True,
    "seenAt": SEEN,
    "userId": "ada",
}
"""A session with a value in every column."""
GIVEN: dict[str, Any] = {**ROW, "mood": "ANGRY", "settings": {"deep": [1.5, None]}}
"""Its values as they are read."""


async def sessions(db: Any) -> None:
    await db.client.user.create(data={"id": "ada"})
    full: Any = await db.sessions.create_session(**ROW)
    assert {name: getattr(full, name) for name in ROW} == GIVEN
    plain: Any = await db.sessions.create_session(title="plain")
    assert (plain.language, plain.model, plain.mood, plain.tags) == ("en", None, "CALM", [])

    summaries: list[Any] = await db.sessions.list_sessions()
    assert [type(summary) for summary in summaries] == [SessionSummary] * 2
    assert [summary.id for summary in await db.sessions.list_sessions(after=summaries[0], limit=1)] == [full.id]
    assert {name: getattr(summaries[1], name) for name in ROW} == GIVEN
    assert (summaries[0].title, summaries[0].language, summaries[0].tags) == ("plain", "en", [])
    for read in (
        db.sessions.get_session_by_id,
        db.sessions.get_session_with_messages,
        db.sessions.get_session_with_character_file,
        db.sessions.get_complete_session,
    ):
        found: Any = await read(full.id)
        assert {name: getattr(found, name) for name in ROW} == GIVEN
    await refused(db.sessions.create_session(), "a session lacks title: it has title, maybe ")
    await refused(db.sessions.create_session(title="a", titel="b"), "a session has 'titel', which it cannot have")
    with pytest.raises(ForeignKeyViolationError):
        await db.sessions.create_session(title="a", userId="nobody")


async def messages(db: Any) -> None:
    session = await db.sessions.create_session(title="messages")
    one: Any = await db.messages.create_message(
        content="one", role="user", session_id=session.id, language="de", mood="ANGRY", moods=["CALM"]
    )
    assert (one.language, one.tokens, one.mood, one.moods, one.extra) == ("de", 0, "ANGRY", ["CALM"], {})
    new: list[Any] = [
        {"content": str(number), "role": "user", "language": "en", "extra": Json([number]), "moods": [MOOD.CALM]}
        for number in range(1_500)
    ]
    new[0] |= {"tokens": 7, "mood": "CALM"}
    stored: list[Any] = await db.messages.create_messages(session.id, new)
    assert [message.content for message in stored] == [message["content"] for message in new]
    assert (stored[0].tokens, stored[0].mood, stored[1].tokens, stored[1].mood) == (7, "CALM", 0, None)
    assert [message.extra for message in stored] == [[number] for number in range(1_500)]
    assert len({message.number for message in stored}) == 1_500
    assert await db.messages.get_messages_by_session_id(session.id) == [one, *stored]
    assert [message async for message in db.messages.iter_messages(session.id)] == [one, *stored]
    assert await db.messages.get_last_messages(session.id, 2) == stored[-2:]
    assert await db.messages.get_messages_by_session_id(session.id, before=stored[5], limit=2) == stored[3:5]
    assert await db.messages.search_messages("1499") == stored[-1:]
    assert await db.messages.get_message_by_id(stored[3].id) == stored[3]
    without: Any = [{"content": "a", "role": "user"}]
    await refused(db.messages.create_messages(session.id, without), "content, language and role")
    async with db.transaction() as tx:
        inside = await tx.messages.create_messages(session.id, new[:2])
        assert await tx.messages.get_last_messages(session.id, 2) == inside
    assert await db.messages.delete_message(one.id) == one
    assert await db.messages.delete_messages_by_session_id(session.id) == 1_502
    [summary] = await db.sessions.list_sessions(limit=1)
    assert (summary.id, summary.messageCount) == (session.id, 0)


async def branches(db: Any) -> None:
    source = await db.sessions.get_or_create_session(id="source", **ROW)
    assert await db.sessions.get_or_create_session(id="source", title="another") == source
    new: list[Any] = [
        {"id": name, "content": name, "role": "user", "language": "en", "mood": "ANGRY", "extra": Json([name])}
        for name in "ab"
    ]
    [first] = await db.messages.create_messages("source", new[:1], skip_existing=True)
    [second] = await db.messages.create_messages("source", new, skip_existing=True)
    assert await db.messages.get_messages_by_session_id("source") == [first, second]
    assert (await db.messages.replace_content("a", "A")).extra == ["a"]
    await db.character_files.create_character_file(content={}, session_id="source", version=9)

    copy = await db.sessions.copy_session("source", title="copy", up_to="a")
    complete = await db.sessions.get_complete_session(copy.id)
    assert {name: getattr(copy, name) for name in ROW} == {**GIVEN, "title": "copy"}
    [message] = complete.messages
    assert (message.content, message.mood, message.extra, message.createdAt) == ("A", "ANGRY", ["a"], first.createdAt)
    assert complete.characterFile.version == 9
    plain = await db.sessions.create_session(title="plain")
    assert (await db.sessions.copy_session(plain.id)).tags == []


async def character_files(db: Any) -> None:
    session = await db.sessions.create_session(title="characters")
    make = db.character_files.create_character_file
    first: Any = await make(content={"name": "Ada"}, session_id=session.id, author="me", version=3)
    second: Any = await make(content={"name": "Bob"}, session_id=session.id, version=4)
    assert (first.author, first.version, second.author, second.version) == ("me", 3, "me", 4)
    assert (first.id, second.content["name"]) == (second.id, "Bob")
    assert await db.character_files.get_character_file_by_session_id(session.id) == second
    assert await db.character_files.delete_character_file(first.id) == second
    await refused(make(session_id=session.id), "a character file lacks content")


async def retention(db: Any) -> None:
    old = datetime(2020, 1, 1, tzinfo=timezone.utc)
    for number in range(5):
        session = await db.sessions.create_session(title="old", createdAt=old + timedelta(seconds=number))
        await db.messages.create_message(content="a", role="user", session_id=session.id, language="en")
    end = old + timedelta(seconds=4)
    assert await db.sessions.delete_sessions_before(end, dry_run=True) == 4
    assert await db.sessions.delete_sessions_before(end, batch_size=3) == 4


async def missing_tables(db: Any) -> None:
    """An error has its code, whichever way it was met."""
    await db.client.execute_raw(f"ALTER TABLE {await table_of(db.client, SessionSummary)} RENAME TO gone")
    for call in (db.sessions.list_sessions(), db.sessions.delete_sessions_before(SEEN)):
        with pytest.raises(TableNotFoundError, match="does not exist in the current database"):
            await call


async def refused(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        await call


async def main() -> None:
    async with DatabaseService() as db:
        for check in (sessions, messages, branches, character_files, retention, missing_tables):
            await check(db)


asyncio.run(main())
