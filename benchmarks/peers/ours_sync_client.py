"""This project without async: a client that was generated with `interface = "sync"`."""

from __future__ import annotations

from typing import Any

from sync_client import Prisma
from typing_extensions import Self

from peers.serving import SyncPeer, main_blocking


class OursSyncClient(SyncPeer):
    """Calls the client, as a program without the repositories does."""

    def __init__(self, client: Prisma) -> None:
        self._client = client

    @classmethod
    def open(cls, url: str, connections: int) -> Self:
        client = Prisma(datasource={"url": f"{url}?connection_limit={connections}"}, use_dotenv=False)
        client.connect()
        return cls(client)

    def close(self) -> None:
        self._client.disconnect()

    def create_message(self, session_id: str, role: str, content: str) -> Any:
        return self._client.message.create(data={"sessionId": session_id, "role": role, "content": content})

    def session_by_id(self, session_id: str) -> Any:
        return self._client.session.find_unique(where={"id": session_id})

    def messages(self, session_id: str) -> Any:
        return self._client.message.find_many(
            where={"sessionId": session_id}, order=[{"createdAt": "asc"}, {"id": "asc"}]
        )


if __name__ == "__main__":
    main_blocking(OursSyncClient)
