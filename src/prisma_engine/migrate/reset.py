"""Begins anew: the database is erased, and the migrations are applied from the first on."""

from __future__ import annotations

from pathlib import Path

from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.migrate.dev import development
from prisma_engine.migrate.workspace import External, SchemaFiles, Workspace

__all__ = ["reset", "reset_workspace"]


async def reset(files: SchemaFiles, *, url: str, folder: str | Path, external: External | None = None) -> list[str]:
    """Erase the database's schemas, apply all migrations and return their names; the database may be missing.

    Errors: UserFacingError with Prisma's code; without one for a host that is not local, unless the environment's
            PRISMA_ALLOW_REMOTE_RESET names it.
    """
    await create_database_if_missing(read_url(url))
    return await reset_workspace(Workspace(files=files, url=url, folder=Path(folder), external=external or External()))


async def reset_workspace(workspace: Workspace) -> list[str]:
    """As `reset`, in a database that is there."""
    async with development(workspace) as steps:
        await steps.reset()
        return await steps.apply()
