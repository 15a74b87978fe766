"""Finding messages by a part of their content."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import pytest

from database import DatabaseService, InvalidContentError


async def store(db: DatabaseService, *contents: str) -> str:
    """The id of a new session with these messages."""
    session = await db.sessions.create_session()
    await db.messages.create_messages(session.id, [{"content": content, "role": "user"} for content in contents])
    return session.id


async def found(db: DatabaseService, text: str, **arguments: Any) -> list[str]:
    """The contents of what a search finds."""
    return [message.content for message in await db.messages.search_messages(text, **arguments)]


async def test_upper_and_lower_case_are_the_same_and_the_newest_comes_first(db: DatabaseService) -> None:
    await store(db, "say Hello", "bye", "HELLO!")
    await store(db, "hello again")
    assert await found(db, "hElLo") == ["hello again", "HELLO!", "say Hello"]
    assert await found(db, "hello", limit=2) == ["hello again", "HELLO!"]


async def skip_without_letters(db: DatabaseService) -> None:
    """Skip the test of letters beyond ASCII where the server of TEST_DATABASE_URL does not know them."""
    [server] = await db.client.query_raw("SELECT lower('Ä') = 'ä' AS knows")
    if "TEST_DATABASE_URL" in os.environ and not server["knows"]:
        pytest.skip("the locale of TEST_DATABASE_URL knows only ASCII's letters")


async def test_case_is_that_of_every_script(db: DatabaseService) -> None:
    await skip_without_letters(db)
    contents = ["ärger", "Ärger", "привет, МИР"]  # an embedded server knows them, whatever the system has
    await store(db, *contents)
    assert await found(db, "ÄRGER") == ["Ärger", "ärger"]
    assert await found(db, "Привет, мир") == contents[2:]


async def test_a_search_may_stay_in_one_session(db: DatabaseService) -> None:
    first, _ = await store(db, "hello one"), await store(db, "hello two")
    assert await found(db, "hello", session_id=first) == ["hello one"]
    assert await found(db, "hello", session_id=str(uuid4())) == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "\\%", "\\\\", "100%_", "'", '"', "$1", "a\\b", "--", "日本"])
async def test_every_character_stands_for_itself(db: DatabaseService, text: str) -> None:
    await store(db, "", "abc", "100 per cent", f"<{text}>")
    assert await found(db, text) == [f"<{text}>"]


async def test_a_text_that_says_nothing_is_refused(db: DatabaseService) -> None:
    with pytest.raises(ValueError, match="search for is empty"):
        await db.messages.search_messages("")


@pytest.mark.parametrize(("text", "words"), [("a\0", "NUL character at position 1"), (None, "not NoneType")])
async def test_a_text_that_no_message_can_have_is_refused(db: DatabaseService, text: Any, words: str) -> None:
    with pytest.raises(InvalidContentError, match=f"The text to search for .*{words}"):
        await db.messages.search_messages(text)


async def test_a_session_is_named_by_a_str(db: DatabaseService) -> None:
    session_id: Any = {"not": "a"}
    with pytest.raises(TypeError, match="An id is a str, not dict"):
        await db.messages.search_messages("a", session_id=session_id)
