"""Run on the module's schema with ids that are `@db.Uuid`: every method that compares or makes ids works with them."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import Final
from uuid import uuid4

from database import DatabaseService

LATER: Final = datetime.now(timezone.utc) + timedelta(days=1)


async def main() -> None:
    async with DatabaseService.get_instance() as db:
        session = await db.sessions.create_session(id=str(uuid4()))
        first, second = await db.messages.create_messages(
            session.id, [{"role": "user", "content": "two words"}, {"id": str(uuid4()), "role": "tool", "content": "b"}]
        )
        again = [{"id": second.id, "role": "tool", "content": "b"}]
        assert await db.messages.create_messages(session.id, again, skip_existing=True) == []  # type: ignore[arg-type]  # a literal
        await db.character_files.create_character_file(content={"name": "Ada"}, session_id=session.id)

        for order in ("creation", "activity"):
            [listed] = await db.sessions.list_sessions(order=order)
            assert (listed.id, listed.messageCount, listed.lastMessageAt) == (session.id, 2, second.createdAt)
            assert await db.sessions.list_sessions(order=order, after=listed) == []

        copy = await db.sessions.get_complete_session((await db.sessions.copy_session(session.id, up_to=first.id)).id)
        assert copy is not None
        assert copy.messages is not None
        assert copy.characterFile is not None
        assert [message.content for message in copy.messages] == ["two words"]

        await db.client.execute_raw(await db.messages.word_index_sql())
        for session_id in (session.id, None):
            found = await db.messages.search_messages("words", by="words", session_id=session_id)
            assert first in found
            assert first not in await db.messages.search_messages(
                "words", by="words", session_id=session_id, after=first
            )

        assert await db.messages.delete_messages_after(session.id, first.id) == 1
        assert await db.sessions.delete_sessions_before(LATER, by="activity", dry_run=True) == 2
        assert await db.sessions.delete_sessions_before(LATER, by="activity") == 2


asyncio.run(main())
