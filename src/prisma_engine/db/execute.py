"""Runs a script on a database."""

from __future__ import annotations

from prisma_engine.migrate.workspace import Workspace

__all__ = ["execute"]


async def execute(script: str, *, url: str) -> None:
    """Send the whole script to the database; what it returns is not for anybody.

    Errors: UserFacingError with Prisma's code and the server's report.
    """
    async with Workspace(files=(), url=url).engine() as engine:
        await engine.call("dbExecute", {"script": script, "datasourceType": {"tag": "url", "url": url}})
