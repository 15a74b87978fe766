"""What a process has resident after this project has done each kind of work once."""

from __future__ import annotations

from typing import Any

from database import DatabaseService
from footprint.program import main
from footprint.resident import resident
from harness.workloads import CHARACTER, TEXT


async def work_once(*, url: str, session: str) -> dict[str, Any]:
    """Create, read, replace and delete."""
    db = DatabaseService(url=url)
    await db.connect()
    created = await db.sessions.create_session()
    for role in ("user", "assistant"):
        await db.messages.create_message(content=TEXT, role=role, session_id=created.id)
    for _ in range(2):
        await db.character_files.create_character_file(content=CHARACTER, session_id=created.id)
    await db.sessions.get_session_by_id(session)
    await db.messages.get_messages_by_session_id(session)
    await db.sessions.get_complete_session(session)
    await db.sessions.delete_session(created.id)
    found = resident()
    await db.disconnect()
    return found


if __name__ == "__main__":
    main(work_once)
