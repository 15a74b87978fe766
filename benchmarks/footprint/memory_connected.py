"""What a process has resident that has connected and asked nothing yet."""

from __future__ import annotations

from database import DatabaseService
from footprint.program import main
from footprint.resident import resident


async def connect(*, url: str) -> dict[str, int]:
    """Connect, look, disconnect."""
    db = DatabaseService(url=url)
    await db.connect()
    found = resident()
    await db.disconnect()
    return found


if __name__ == "__main__":
    main(connect)
