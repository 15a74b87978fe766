"""One call of a generated client whose schema has as many models as its maker wanted."""

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


if __name__ == "__main__":
    main(OursSized)
