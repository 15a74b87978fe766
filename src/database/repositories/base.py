"""What the repositories share: a client that connects itself."""

from __future__ import annotations

from prisma import Prisma

from database.client import connected, shared_client

__all__ = ["Repository"]


class Repository:
    """Works on the given client, or on the shared one of the process.

    Errors: TypeError for an id that is not a str.
    """

    def __init__(self, client: Prisma | None = None) -> None:
        self._client = client

    async def _connected(self, *ids: object) -> Prisma:
        for value in ids:  # a dict would be a filter, and any row might fit it
            if not isinstance(value, str):
                raise TypeError(f"An id is a str, not {type(value).__name__}.")
        return await connected(self._client or shared_client())
