"""Calls of a generated client whose schema has more models than the project's."""

from __future__ import annotations

import importlib
from typing import Any

from typing_extensions import Self

from peers.serving import Peer, main


class OursSized(Peer):
    """Uses the package `sized_client`, which the harness has put on the path."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    async def open(cls, url: str, connections: int) -> Self:
        package = importlib.import_module("sized_client")
        client = package.Prisma(datasource={"url": f"{url}?connection_limit={connections}"}, use_dotenv=False)
        await client.connect()
        return cls(client)

    async def close(self) -> None:
        await self._client.disconnect()

    async def session_by_id(self, session_id: str) -> Any:
        """Read one session."""
        return await self._client.session.find_unique(where={"id": session_id})

    async def create_loose(self, rows: list[dict[str, Any]]) -> Any:
        """Store rows of the model `Loose`."""
        return await self._client.loose.create_many(data=rows)


if __name__ == "__main__":
    main(OursSized)
