"""What chat programs ask of a store: ids of their own, histories saved again, edits, branches, one order."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Any, get_args
from uuid import UUID

import pytest
from prisma.errors import UniqueViolationError

from database import (
    DatabaseService,
    IdTakenError,
    InvalidContentError,
    MessageNotFoundError,
    NewMessage,
    Role,
    SessionNotFoundError,
    storable_text,
)

NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)


def talk(*names: str, **more: Any) -> list[NewMessage]:
    """Messages of the user, whose ids are their contents."""
    return [{"id": name, "content": name, "role": "user", **more} for name in names]  # type: ignore[typeddict-item]


async def contents(db: DatabaseService, session_id: str) -> list[str]:
    """What the messages of a session say."""
    return [message.content for message in await db.messages.get_messages_by_session_id(session_id)]


# Ids


async def test_a_row_may_have_an_id_of_the_callers(db: DatabaseService) -> None:
    session = await db.sessions.create_session(id="telegram:42", createdAt=NOON)
    message = await db.messages.create_message(id="first", content="Hello", role="user", session_id="telegram:42")
    assert (session.id, session.createdAt, message.id) == ("telegram:42", NOON, "first")


async def test_an_id_that_is_taken_has_an_error_of_its_own(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    await db.messages.create_messages("one", talk("a"))
    with pytest.raises(IdTakenError, match="There is a session with the id 'one' already") as caught:
        await db.sessions.create_session(id="one")
    assert isinstance(caught.value, UniqueViolationError)
    assert caught.value.code == "P2002"
    with pytest.raises(IdTakenError, match="There is a message with the id 'a' already"):
        await db.messages.create_message(id="a", content="b", role="user", session_id="one")
    with pytest.raises(IdTakenError, match="The id of one of the messages is taken"):
        await db.messages.create_messages("one", talk("b", "a"))
    assert await contents(db, "one") == ["a"]


async def test_of_callers_at_once_who_want_a_session_one_creates_it(db: DatabaseService) -> None:
    sessions = await asyncio.gather(*(db.sessions.get_or_create_session(id="chat") for _ in range(20)))
    assert len({(session.id, session.createdAt) for session in sessions}) == 1
    assert await db.sessions.get_or_create_session(id="chat", createdAt=NOON) == sessions[0]
    assert await db.client.session.count() == 1
    with pytest.raises(TypeError, match="a session lacks id"):
        await db.sessions.get_or_create_session()


# Histories


async def test_a_history_that_is_saved_again_stores_what_is_new_and_says_what(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    create = db.messages.create_messages
    assert len(await create("one", talk("a", "b"), skip_existing=True)) == 2
    [new] = await create("one", talk("a", "b", "c", "c"), skip_existing=True)
    assert (new.id, await db.messages.get_message_by_id("c")) == ("c", new)
    assert await create("one", talk("a", "b", "c"), skip_existing=True) == []
    assert await contents(db, "one") == ["a", "b", "c"]
    async with db.transaction() as tx:
        assert len(await tx.messages.create_messages("one", talk("c", "d"), skip_existing=True)) == 1
        assert await tx.messages.create_messages("one", talk("d"), skip_existing=True) == []


async def test_of_callers_at_once_who_save_a_history_each_message_is_new_to_one(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    history = talk(*map(str, range(200)))
    saved = await asyncio.gather(
        *(db.messages.create_messages("one", history[: 40 * number], skip_existing=True) for number in range(6))
    )
    assert sorted(message.id for new in saved for message in new) == sorted(message["id"] for message in history)
    assert await db.client.message.count() == 200


async def test_a_message_of_another_session_is_no_message_that_is_there(db: DatabaseService) -> None:
    for session_id in ("one", "two"):
        await db.sessions.create_session(id=session_id)
    await db.messages.create_messages("one", talk("a"))
    with pytest.raises(IdTakenError, match="The message with the id 'a' is in another session"):
        await db.messages.create_messages("two", talk("b", "a"), skip_existing=True)
    with pytest.raises(SessionNotFoundError):
        await db.messages.create_messages("nowhere", talk("b"), skip_existing=True)
    assert await db.client.message.count() == 1


# Order


@pytest.mark.parametrize("time", [{}, {"createdAt": NOON}], ids=["now", "one time"])
async def test_messages_with_ids_of_their_own_keep_the_order_in_which_they_came(
    db: DatabaseService, time: dict[str, Any]
) -> None:
    await db.sessions.create_session(id="one")
    names = ["z", "a", "M", "b", "_", "0", "é", "B"]
    await db.messages.create_messages("one", talk(*names, **time))
    assert await contents(db, "one") == names


async def test_messages_that_come_one_by_one_keep_their_order_whatever_their_ids(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    for number in range(60):
        own: Any = {} if number % 3 else {"id": str(99 - number)}
        await db.messages.create_message(content=str(number), role="user", session_id="one", **own)
    assert await contents(db, "one") == [str(number) for number in range(60)]


async def test_a_message_that_is_made_later_does_not_overtake_the_next_ones(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    times = [NOON, NOON, NOON, NOON + timedelta(milliseconds=1), NOON + timedelta(milliseconds=1), NOON - timedelta(1)]
    new = [talk(name, createdAt=time)[0] for name, time in zip("fedcba", times, strict=True)]
    stored = await db.messages.create_messages("one", new)
    assert [(message.createdAt - NOON) // timedelta(milliseconds=1) for message in stored[:5]] == [0, 1, 2, 3, 4]
    assert await contents(db, "one") == ["a", "f", "e", "d", "c", "b"]


# Roles and text


@pytest.mark.parametrize("role", get_args(Role))
async def test_a_message_may_be_of_each_role(db: DatabaseService, role: Role) -> None:
    session = await db.sessions.create_session()
    message = await db.messages.create_message(content="Be kind.", role=role, session_id=session.id)
    assert message.role == role
    assert await db.messages.get_messages_by_session_id(session.id) == [message]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("plain \N{GRINNING FACE} ü", "plain \N{GRINNING FACE} ü"),
        ("a\0b", "a\ufffdb"),
        ("\ud83d", "\ufffd"),
        ("\ude00\ud83dx", "\ufffd\ufffdx"),
        ("cut \ud83d" + "\ude00 here", "cut \N{GRINNING FACE} here"),
        ("", ""),
    ],
    ids=ascii,
)
async def test_any_text_can_be_made_one_that_is_stored(db: DatabaseService, text: str, stored: str) -> None:
    session = await db.sessions.create_session()
    message = await db.messages.create_message(content=storable_text(text), role="user", session_id=session.id)
    assert message.content == stored


# Edits and branches


async def test_the_content_of_a_message_is_replaced_and_nothing_else_of_it(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    first, second = await db.messages.create_messages("one", talk("a", "b"))
    replaced = await db.messages.replace_content("a", "A")
    assert replaced == first.model_copy(update={"content": "A"})
    assert await db.messages.get_messages_by_session_id("one") == [replaced, second]
    with pytest.raises(MessageNotFoundError, match="'c'"):
        await db.messages.replace_content("c", "C")
    with pytest.raises(InvalidContentError, match="NUL"):
        await db.messages.replace_content("a", "\0")


async def test_what_follows_a_message_is_deleted_and_nothing_else(db: DatabaseService) -> None:
    for session_id in ("one", "two"):
        await db.sessions.create_session(id=session_id)
    await db.messages.create_messages("two", talk("other"))
    messages = await db.messages.create_messages("one", talk("d", "c", "b", "a", createdAt=NOON))
    assert await db.messages.delete_messages_after("one", messages[1]) == 2
    assert await contents(db, "one") == ["d", "c"]
    await db.messages.delete_message("c")
    assert await db.messages.delete_messages_after("one", messages[1]) == 0
    assert await db.messages.delete_messages_after("one", "d") == 0
    for place in ("a", "other"):
        with pytest.raises(MessageNotFoundError, match="in the session 'one'"):
            await db.messages.delete_messages_after("one", place)
    assert await contents(db, "two") == ["other"]


async def test_a_copy_of_a_session_is_a_session_of_its_own(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    messages = await db.messages.create_messages("one", talk(*map(str, range(4_500)), createdAt=NOON))
    file = await db.character_files.create_character_file(content={"n": [1.5, None]}, session_id="one")

    copy = await db.sessions.copy_session("one", id="two")
    part = await db.sessions.copy_session("one", up_to=messages[600])

    for session, count in ((copy, 4_500), (part, 601)):
        complete = await db.sessions.get_complete_session(session.id)
        assert complete is not None
        assert complete.messages is not None
        assert complete.characterFile is not None
        assert [(one.content, one.createdAt, one.role) for one in complete.messages] == [
            (one.content, one.createdAt, one.role) for one in messages[:count]
        ]
        ids = [UUID(one.id) for one in complete.messages]
        assert {one.version for one in ids} == {7}
        assert [str(one) for one in sorted(ids)] == [one.id for one in complete.messages]
        assert (complete.characterFile.content, complete.characterFile.id == file.id) == (file.content, False)
        assert complete.characterFile.createdAt == complete.characterFile.updatedAt >= file.updatedAt
    assert copy.id == "two"
    await db.sessions.delete_session("one")
    assert len(await contents(db, "two")) == 4_500


async def test_a_copy_is_all_or_none(db: DatabaseService) -> None:
    await db.sessions.create_session(id="one")
    await db.messages.create_messages("one", talk("a"))
    with pytest.raises(SessionNotFoundError, match="nowhere"):
        await db.sessions.copy_session("nowhere")
    with pytest.raises(MessageNotFoundError, match="'b' in the session 'one'"):
        await db.sessions.copy_session("one", up_to="b")
    with pytest.raises(IdTakenError, match="There is a session with the id 'one' already"):
        await db.sessions.copy_session("one", id="one")
    async with db.transaction() as tx:
        await tx.sessions.copy_session("one", id="two", up_to="a")
    assert (await db.client.session.count(), await db.client.message.count()) == (2, 2)
