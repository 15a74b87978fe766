"""What the three repositories store, give back, delete and refuse."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest

from database import (
    CharacterFileNotFoundError,
    DatabaseService,
    InvalidCharacterFileError,
    InvalidContentError,
    InvalidRoleError,
    MessageNotFoundError,
    SessionNotFoundError,
)

NOWHERE = str(uuid4())


@pytest.fixture
def db(either: DatabaseService) -> DatabaseService:
    """The module, with and without async."""
    return either


CHARACTER = {"name": "Ada", "lore": ["a", "ü", "🧑‍🚀"], "deep": {"n": 1.5, "b": [True, None, {}]}, "big": 2**60}


async def test_a_new_session_has_an_id_and_its_times(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    assert str(UUID(session.id)) == session.id
    assert session.createdAt == session.updatedAt
    assert abs(datetime.now(timezone.utc) - session.createdAt) < timedelta(minutes=1)


async def test_a_session_is_found_by_its_id(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    assert await db.sessions.get_session_by_id(session.id) == session


async def test_what_does_not_exist_is_none(db: DatabaseService) -> None:
    assert await db.sessions.get_session_by_id(NOWHERE) is None
    assert await db.sessions.get_session_with_messages(NOWHERE) is None
    assert await db.sessions.get_session_with_character_file(NOWHERE) is None
    assert await db.sessions.get_complete_session(NOWHERE) is None
    assert await db.messages.get_message_by_id(NOWHERE) is None
    assert await db.character_files.get_character_file_by_id(NOWHERE) is None
    assert await db.character_files.get_character_file_by_session_id(NOWHERE) is None
    assert await db.messages.get_messages_by_session_id(NOWHERE) == []


async def test_a_complete_session_has_its_messages_oldest_first_and_its_character_file(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    first = await db.messages.create_message(content="Hello", role="user", session_id=session.id)
    second = await db.messages.create_message(content="Hi there", role="assistant", session_id=session.id)
    character_file = await db.character_files.create_character_file(content=CHARACTER, session_id=session.id)

    complete = await db.sessions.get_complete_session(session.id)

    assert complete is not None
    assert complete.messages == [first, second]
    assert complete.characterFile == character_file


async def test_each_read_of_a_session_brings_what_it_names_and_nothing_else(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    await db.messages.create_message(content="Hello", role="user", session_id=session.id)
    await db.character_files.create_character_file(content=CHARACTER, session_id=session.id)

    alone = await db.sessions.get_session_by_id(session.id)
    with_messages = await db.sessions.get_session_with_messages(session.id)
    with_file = await db.sessions.get_session_with_character_file(session.id)

    assert alone is not None
    assert with_messages is not None
    assert with_file is not None
    assert (alone.messages, alone.characterFile) == (None, None)
    assert (len(with_messages.messages or []), with_messages.characterFile) == (1, None)
    assert with_file.messages is None
    assert with_file.characterFile is not None


async def test_a_session_without_messages_has_an_empty_list(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    complete = await db.sessions.get_complete_session(session.id)
    assert complete is not None
    assert complete.messages == []
    assert complete.characterFile is None


async def test_deleting_a_session_deletes_its_messages_and_its_character_file(db: DatabaseService) -> None:
    session, other = await db.sessions.create_session(), await db.sessions.create_session()
    message = await db.messages.create_message(content="Hello", role="user", session_id=session.id)
    kept = await db.messages.create_message(content="Hello", role="user", session_id=other.id)
    file = await db.character_files.create_character_file(content=CHARACTER, session_id=session.id)

    deleted = await db.sessions.delete_session(session.id)

    assert deleted == session
    assert await db.sessions.get_session_by_id(session.id) is None
    assert await db.messages.get_message_by_id(message.id) is None
    assert await db.messages.get_message_by_id(kept.id) == kept
    assert await db.character_files.get_character_file_by_id(file.id) is None


async def test_deleting_what_does_not_exist_says_what_is_missing(db: DatabaseService) -> None:
    with pytest.raises(SessionNotFoundError, match=f"no session with the id '{NOWHERE}'"):
        await db.sessions.delete_session(NOWHERE)
    with pytest.raises(MessageNotFoundError, match=f"no message with the id '{NOWHERE}'"):
        await db.messages.delete_message(NOWHERE)
    with pytest.raises(CharacterFileNotFoundError, match=f"no character file with the id '{NOWHERE}'"):
        await db.character_files.delete_character_file(NOWHERE)
    assert await db.character_files.delete_character_file_by_session_id(NOWHERE) is None
    assert await db.messages.delete_messages_by_session_id(NOWHERE) == 0


@pytest.mark.parametrize(
    "content", ["", " ", "naïve — 日本語 عربى 🧑‍🚀\n\t```py\nx = '\\0'\n```", "x" * 1_000_000, "%_\\'\";--"]
)
async def test_content_comes_back_as_it_was(db: DatabaseService, content: str) -> None:
    session = await db.sessions.create_session()
    message = await db.messages.create_message(content=content, role="user", session_id=session.id)
    assert message.content == content
    assert await db.messages.get_message_by_id(message.id) == message


async def test_messages_written_one_after_the_other_keep_their_order_within_a_millisecond(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    moment = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
    contents = [str(number) for number in range(300)]
    for content in contents:
        await db.messages.create_message(content=content, role="user", session_id=session.id, createdAt=moment)

    messages = await db.messages.get_messages_by_session_id(session.id)

    assert [message.content for message in messages] == contents
    assert {message.createdAt for message in messages} == {moment}


async def test_the_time_of_a_message_is_now(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    message = await db.messages.create_message(content="Hello", role="user", session_id=session.id)
    assert timedelta(seconds=-1) < message.createdAt - session.createdAt < timedelta(minutes=1)


async def test_a_message_is_deleted_alone(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    first, second = [
        await db.messages.create_message(content=content, role="user", session_id=session.id) for content in "ab"
    ]
    assert await db.messages.delete_message(first.id) == first
    assert await db.messages.get_messages_by_session_id(session.id) == [second]


async def test_deleting_all_messages_says_how_many_there_were(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    for content in "abc":
        await db.messages.create_message(content=content, role="assistant", session_id=session.id)
    assert await db.messages.delete_messages_by_session_id(session.id) == 3
    assert await db.messages.get_messages_by_session_id(session.id) == []


async def test_a_message_for_a_session_that_does_not_exist_is_refused(db: DatabaseService) -> None:
    with pytest.raises(SessionNotFoundError, match=NOWHERE):
        await db.messages.create_message(content="Hello", role="user", session_id=NOWHERE)
    assert await db.client.message.count() == 0


@pytest.mark.parametrize("role", ["System", "User", "", "function", None, 1])
async def test_other_roles_are_refused(db: DatabaseService, role: Any) -> None:
    session = await db.sessions.create_session()
    with pytest.raises(InvalidRoleError, match="'user', 'assistant', 'system', 'developer' or 'tool', not "):
        await db.messages.create_message(content="Hello", role=role, session_id=session.id)
    assert await db.client.message.count() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [("a\0b", "NUL character at position 1"), ("ok \ud800", r"lone surrogate '\\ud800' at position 3"), (5, "not int")],
)
async def test_text_that_postgresql_cannot_store_is_refused(db: DatabaseService, content: Any, words: str) -> None:
    session = await db.sessions.create_session()
    with pytest.raises(InvalidContentError, match=words):
        await db.messages.create_message(content=content, role="user", session_id=session.id)
    assert await db.client.message.count() == 0


@pytest.mark.parametrize(
    "content", [CHARACTER, {}, [], [1, "a"], "text", "", 0, 1.5, True, None, "\\u0000 written out"]
)
async def test_any_json_is_a_character_file(db: DatabaseService, content: Any) -> None:
    session = await db.sessions.create_session()
    created = await db.character_files.create_character_file(content=content, session_id=session.id)
    found = await db.character_files.get_character_file_by_session_id(session.id)
    assert created.content == content
    assert found == created
    assert await db.character_files.get_character_file_by_id(created.id) == created


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": float("nan")}, "not JSON"),
        ({"a": {1, 2}}, "not JSON"),
        (object(), "not JSON"),
        ({"a": "x\0"}, "NUL character"),
        ({"\ud800": 1}, "lone surrogate"),
    ],
)
async def test_what_is_not_json_is_no_character_file(db: DatabaseService, content: Any, words: str) -> None:
    session = await db.sessions.create_session()
    with pytest.raises(InvalidCharacterFileError, match=words):
        await db.character_files.create_character_file(content=content, session_id=session.id)
    assert await db.client.characterfile.count() == 0


async def test_a_second_character_file_replaces_the_first(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    first = await db.character_files.create_character_file(content={"name": "Ada"}, session_id=session.id)
    second = await db.character_files.create_character_file(content={"name": "Bob"}, session_id=session.id)
    assert second.id == first.id
    assert second.content["name"] == "Bob"
    assert second.createdAt == first.createdAt
    assert second.updatedAt >= first.updatedAt
    assert await db.client.characterfile.count() == 1


async def test_callers_at_once_leave_one_character_file(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    files = await asyncio.gather(
        *(db.character_files.create_character_file(content={"n": n}, session_id=session.id) for n in range(20))
    )
    assert len({file.id for file in files}) == 1
    assert await db.client.characterfile.count() == 1


async def test_a_character_file_for_a_session_that_does_not_exist_is_refused(db: DatabaseService) -> None:
    with pytest.raises(SessionNotFoundError, match=NOWHERE):
        await db.character_files.create_character_file(content={}, session_id=NOWHERE)
    assert await db.client.characterfile.count() == 0


async def test_a_character_file_is_deleted_by_its_id_or_its_session(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    first = await db.character_files.create_character_file(content={}, session_id=session.id)
    assert await db.character_files.delete_character_file(first.id) == first
    second = await db.character_files.create_character_file(content={}, session_id=session.id)
    assert await db.character_files.delete_character_file_by_session_id(session.id) == second
    assert await db.client.characterfile.count() == 0
    assert await db.sessions.get_session_by_id(session.id) == session
