"""Where the tables of a client are, for raw SQL that names them."""

from __future__ import annotations

from typing import Any

__all__ = ["schema_of"]


async def schema_of(client: Any) -> str:
    """The PostgreSQL schema that the URL of a connected, asynchronous client names; `public` where it names none.

    Raw SQL that does not say it has the server's `search_path`. Between double quotes it is safe, as it has none.
    Errors: the client's ClientNotConnectedError.
    """
    schema: str = await client._engine.schema()  # noqa: SLF001  # where the client keeps it
    return schema
