"""What the repositories share: a client that connects itself."""

from __future__ import annotations

from prisma import Prisma

from database.client import connected, shared_client

__all__ = ["Repository"]


class Repository:
    """Works on the given client, or on the shared one of the process."""

    def __init__(self, client: Prisma | None = None) -> None:
        self._client = client

    async def _connected(self) -> Prisma:
        return await connected(self._client or shared_client())
