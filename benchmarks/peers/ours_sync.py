"""This project without async: the repositories of `database.sync`."""

from __future__ import annotations

from typing import Any

from typing_extensions import Self

from database.sync import DatabaseService
from peers.serving import SyncPeer, main_blocking


class OursSync(SyncPeer):
    """Calls the repositories."""

    def __init__(self, db: DatabaseService) -> None:
        self._db = db

    @classmethod
    def open(cls, url: str, connections: int) -> Self:
        db = DatabaseService(url=f"{url}?connection_limit={connections}")
        db.connect()
        return cls(db)

    def close(self) -> None:
        self._db.disconnect()

    def create_message(self, session_id: str, role: Any, content: str) -> Any:
        return self._db.messages.create_message(content=content, role=role, session_id=session_id)

    def session_by_id(self, session_id: str) -> Any:
        return self._db.sessions.get_session_by_id(session_id)

    def messages(self, session_id: str) -> Any:
        return self._db.messages.get_messages_by_session_id(session_id)


if __name__ == "__main__":
    main_blocking(OursSync)
