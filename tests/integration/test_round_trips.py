"""How often each method asks the server and waits: no more often than code by hand would, counted on the wire."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timezone
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from database import CharacterFileRepository, DatabaseService, MessageRepository, SessionRepository
from harness.proxy import Proxy

pytestmark = pytest.mark.direct("a statement is prepared whenever a transaction gets another connection")

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Wire:
    """A database behind the counting proxy, with a session that has messages and a character file."""

    def __init__(self, db: DatabaseService, proxy: Proxy) -> None:
        self.db = db
        self._proxy = proxy

    async def prepare(self) -> None:
        """Make what a call works on."""
        self.session = (await self.db.sessions.create_session()).id
        self.messages = [
            (await self.db.messages.create_message(session_id=self.session, role="user", content=f"words {n}")).id
            for n in range(3)
        ]
        created = await self.db.character_files.create_character_file(content={}, session_id=self.session)
        self.character_file = created.id

    async def count_first(self, call: Callable[[Wire], Awaitable[Any]]) -> int:
        """The round trips of a call that is the first one of its kind."""
        before = self._proxy.round_trips
        await call(self)
        return self._proxy.round_trips - before

    async def count(self, call: Callable[[Wire], Awaitable[Any]]) -> int:
        """The round trips of a call, each of whose statements is prepared by earlier ones."""
        for _ in range(3):
            await self.prepare()
            trips = await self.count_first(call)
        return trips


@pytest.fixture
async def wire(migrated_url: str) -> AsyncIterator[Wire]:
    parts = urlsplit(migrated_url)
    proxy = Proxy(parts.hostname or "", parts.port or 5432)
    host = f"{parts.username}:{parts.password}@127.0.0.1:{await proxy.start()}"
    url = parts._replace(netloc=host, query=f"{parts.query}&connection_limit=1".lstrip("&")).geturl()
    async with DatabaseService(url) as db:
        yield Wire(db, proxy)
    proxy.stop()


async def _all(items: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in items]


CALLS: Final[dict[str, tuple[int, Callable[[Wire], Awaitable[Any]]]]] = {
    "create_session": (1, lambda w: w.db.sessions.create_session()),
    "get_or_create_session": (1, lambda w: w.db.sessions.get_or_create_session(id=w.session)),
    "copy_session": (5, lambda w: w.db.sessions.copy_session(w.session)),
    "get_session_by_id": (1, lambda w: w.db.sessions.get_session_by_id(w.session)),
    "get_session_with_messages": (1, lambda w: w.db.sessions.get_session_with_messages(w.session)),
    "get_session_with_character_file": (1, lambda w: w.db.sessions.get_session_with_character_file(w.session)),
    "get_complete_session": (1, lambda w: w.db.sessions.get_complete_session(w.session)),
    "list_sessions": (1, lambda w: w.db.sessions.list_sessions()),
    "delete_session": (1, lambda w: w.db.sessions.delete_session(w.session)),
    "delete_sessions_before": (1, lambda w: w.db.sessions.delete_sessions_before(LONG_AGO)),
    "create_message": (1, lambda w: w.db.messages.create_message(session_id=w.session, role="user", content="x")),
    "create_messages": (1, lambda w: w.db.messages.create_messages(w.session, [{"role": "user", "content": "x"}] * 3)),
    "get_message_by_id": (1, lambda w: w.db.messages.get_message_by_id(w.messages[0])),
    "get_messages_by_session_id": (1, lambda w: w.db.messages.get_messages_by_session_id(w.session)),
    "get_last_messages": (1, lambda w: w.db.messages.get_last_messages(w.session, 2)),
    "iter_messages": (3, lambda w: _all(w.db.messages.iter_messages(w.session))),
    "search_messages": (1, lambda w: w.db.messages.search_messages("words")),
    "word_index_sql": (1, lambda w: w.db.messages.word_index_sql()),
    "replace_content": (1, lambda w: w.db.messages.replace_content(w.messages[0], "y")),
    "delete_messages_after": (2, lambda w: w.db.messages.delete_messages_after(w.session, w.messages[0])),
    "delete_message": (1, lambda w: w.db.messages.delete_message(w.messages[0])),
    "delete_messages_by_session_id": (1, lambda w: w.db.messages.delete_messages_by_session_id(w.session)),
    "create_character_file": (1, lambda w: w.db.character_files.create_character_file(content=1, session_id=w.session)),
    "get_character_file_by_id": (1, lambda w: w.db.character_files.get_character_file_by_id(w.character_file)),
    "get_character_file_by_session_id": (1, lambda w: w.db.character_files.get_character_file_by_session_id(w.session)),
    "delete_character_file": (1, lambda w: w.db.character_files.delete_character_file(w.character_file)),
    "delete_character_file_by_session_id": (
        1,
        lambda w: w.db.character_files.delete_character_file_by_session_id(w.session),
    ),
}
"""Each method: the round trips that it needs by hand, and a call of it.

By hand, a copy is BEGIN, three times INSERT … SELECT, and COMMIT; a stream is a cursor in a transaction; and what
follows a message is deleted when it is known that there is such a message.
"""


def test_every_method_is_counted() -> None:
    methods = {
        name
        for repository in (SessionRepository, MessageRepository, CharacterFileRepository)
        for name, _ in inspect.getmembers(repository, inspect.isfunction)
        if not name.startswith("_")
    }
    assert methods == CALLS.keys()


@pytest.mark.parametrize("method", CALLS)
async def test_no_method_needs_more_round_trips_than_code_by_hand(wire: Wire, method: str) -> None:
    by_hand, call = CALLS[method]
    assert await wire.count(call) <= by_hand


async def test_the_first_call_with_a_list_of_instants_does_not_ask_what_that_type_is(wire: Wire) -> None:
    await wire.prepare()
    a_trip_each = ["which types the columns have", "prepare the statement", "run it"]
    assert await wire.count_first(CALLS["create_messages"][1]) == len(a_trip_each)
