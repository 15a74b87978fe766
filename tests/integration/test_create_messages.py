"""Many messages at once: all or none, in their order, and returned as a read would return them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from prisma.errors import UniqueViolationError

from database import DatabaseService, InvalidContentError, InvalidRoleError, NewMessage, SessionNotFoundError

NOON = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
NOWHERE = str(uuid4())


def numbered(count: int) -> list[NewMessage]:
    """So many messages, whose contents are their positions."""
    return [{"content": str(number), "role": "assistant" if number % 2 else "user"} for number in range(count)]


async def test_ten_thousand_messages_are_stored_in_their_order_and_returned_as_they_are_read(
    db: DatabaseService,
) -> None:
    session = await db.sessions.create_session()
    created = await db.messages.create_messages(session.id, numbered(10_000))
    assert [message.content for message in created] == [str(number) for number in range(10_000)]
    assert created == await db.messages.get_messages_by_session_id(session.id)


async def test_messages_that_follow_come_after_those_that_were_there(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    first = await db.messages.create_message(content="first", role="user", session_id=session.id)
    middle = await db.messages.create_messages(session.id, numbered(5_000))
    last = await db.messages.create_message(content="last", role="user", session_id=session.id)
    assert await db.messages.get_messages_by_session_id(session.id) == [first, *middle, last]


async def test_imported_messages_keep_their_ids_and_their_times_to_the_millisecond(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    elsewhere = timezone(timedelta(hours=5, minutes=30))
    times = [NOON.replace(microsecond=123_999), (NOON + timedelta(seconds=1)).astimezone(elsewhere)]
    created = await db.messages.create_messages(
        session.id,
        [{"content": "old", "role": "user", "id": f"id {time}", "createdAt": time} for time in times],
    )
    assert [message.id for message in created] == [f"id {time}" for time in times]
    assert [message.createdAt for message in created] == [NOON.replace(microsecond=123_000), times[1]]
    assert created == await db.messages.get_messages_by_session_id(session.id)


async def test_imported_messages_of_one_time_keep_their_order(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    created = await db.messages.create_messages(
        session.id, [{**message, "createdAt": NOON} for message in numbered(3_000)]
    )
    assert created == await db.messages.get_messages_by_session_id(session.id)


async def test_one_message_that_cannot_be_stored_keeps_all_of_them_out(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    taken = await db.messages.create_message(content="taken", role="user", session_id=session.id)
    with pytest.raises(UniqueViolationError):
        await db.messages.create_messages(
            session.id, [*numbered(2_500), {"content": "again", "role": "user", "id": taken.id}]
        )
    assert await db.messages.get_messages_by_session_id(session.id) == [taken]


async def test_messages_for_a_session_that_does_not_exist_are_refused(db: DatabaseService) -> None:
    with pytest.raises(SessionNotFoundError, match=NOWHERE):
        await db.messages.create_messages(NOWHERE, numbered(2_500))
    assert await db.client.message.count() == 0


async def test_no_messages_are_none_whatever_the_session(db: DatabaseService) -> None:
    session = await db.sessions.create_session()
    assert await db.messages.create_messages(session.id, []) == []
    assert await db.messages.create_messages(NOWHERE, []) == []


@pytest.mark.parametrize(
    ("message", "error", "words"),
    [
        ({"content": "a", "role": "model"}, InvalidRoleError, r"role of messages\[2\] is 'user', .*, not 'model'"),
        ({"content": "a\0", "role": "user"}, InvalidContentError, r"messages\[2\] has a NUL character at position 1"),
        ({"content": 5, "role": "user"}, InvalidContentError, r"content of messages\[2\] is a str, not int"),
        ({"role": "user"}, TypeError, r"messages\[2\] lacks content: it has content and role, maybe "),
        ({"content": "a"}, TypeError, r"messages\[2\] lacks role: it has content and role, maybe "),
        (
            {"content": "a", "role": "user", "created_at": NOON},
            TypeError,
            r"messages\[2\] has 'created_at', which .* and nothing else",
        ),
        ({"content": "a", "role": "user", "id": 5}, TypeError, r"id of messages\[2\] is a str, not int"),
        ({"content": "a", "role": "user", "createdAt": "now"}, TypeError, r"of messages\[2\] is a datetime, not str"),
        ({"content": "a", "role": "user", "createdAt": datetime(2024, 5, 6)}, ValueError, "time zone"),  # noqa: DTZ001  # the point
        ("content", TypeError, r"messages\[2\] is a dict with content and role, not str"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_a_message_is_said_with_its_position_and_nothing_is_sent(
    db: DatabaseService, statements: set[str], message: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await db.messages.create_messages(NOWHERE, [*numbered(2), message])
    assert statements == set()
