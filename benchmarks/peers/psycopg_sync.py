"""psycopg 3 without async: one connection, rows as Pydantic models."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.rows import class_row
from typing_extensions import Self

from peers import psycopg_sql as sql
from peers.models import Message, Session, new_id
from peers.serving import SyncPeer, main_blocking


class PsycopgSync(SyncPeer):
    """Uses the one connection for each operation; single statements need no transaction."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    @classmethod
    def open(cls, url: str, connections: int) -> Self:
        assert connections > 0
        return cls(psycopg.connect(url, autocommit=True))

    def close(self) -> None:
        self._connection.close()

    def create_message(self, session_id: str, role: str, content: str) -> Any:
        values = (new_id(), content, role, session_id)
        with self._connection.cursor(row_factory=class_row(Message)) as cursor:
            return cursor.execute(sql.CREATE_MESSAGE, values).fetchone()

    def session_by_id(self, session_id: str) -> Any:
        with self._connection.cursor(row_factory=class_row(Session)) as cursor:
            return cursor.execute(sql.SESSION_BY_ID, (session_id,)).fetchone()

    def messages(self, session_id: str) -> Any:
        with self._connection.cursor(row_factory=class_row(Message)) as cursor:
            return cursor.execute(sql.MESSAGES, (session_id,)).fetchall()


if __name__ == "__main__":
    main_blocking(PsycopgSync)
