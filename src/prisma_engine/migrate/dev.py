"""Migrations in development: what the schema says more than the migrations do becomes the next migration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.names import slug
from prisma_engine.migrate.workspace import External, SchemaFiles, Workspace
from prisma_engine.migrate.written import write_migration

if TYPE_CHECKING:
    from prisma_engine.schema_engine import SchemaEngine

__all__ = ["DataLoss", "DevResult", "Development", "dev", "development"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DevResult:
    """What `dev` did, as names of migrations: first `applied` those that were there, then `created`.

    Shape: `created` is None where the schema had not changed; `is_applied` tells whether it is applied, too;
           `warnings` are the changes that lose data.
    """

    applied: Sequence[str]
    created: str | None
    is_applied: bool
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLoss:
    """What the next migration would mean for the data that is there.

    Shape: `steps` counts its changes; `unexecutable` are those that the data forbid, `warnings` those that lose data.
    """

    steps: int
    warnings: Sequence[str]
    unexecutable: Sequence[str]


class Development:
    """The steps of `dev` one by one, in their order, for a program that asks somebody in between."""

    def __init__(self, workspace: Workspace, engine: SchemaEngine) -> None:
        self._workspace = workspace
        self._engine = engine

    async def reset_reason(self) -> str | None:
        """Why the database has to be reset first, None where it need not be."""
        action = (await self._call("devDiagnostic"))["action"]
        return str(action["reason"]) if action["tag"] == "reset" else None

    async def apply(self) -> list[str]:
        """Apply what the folder has and the database lacks, and return the names. Errors: P3018 and others."""
        applied = await self._call("applyMigrations")
        return list(applied["appliedMigrationNames"])

    async def data_loss(self) -> DataLoss:
        """What applying the schema's changes would do to the data."""
        found = await self._call("evaluateDataLoss", schema=self._workspace.schema())
        return DataLoss(
            steps=int(found["migrationSteps"]),
            warnings=[str(warning["message"]) for warning in found["warnings"] or ()],
            unexecutable=[f"Step {step['stepIndex']} {step['message']}" for step in found["unexecutableSteps"] or ()],
        )

    async def write(self, name: str, *, even_if_empty: bool = False) -> str | None:
        """Write the next migration and return its name; None where there is nothing to write."""
        created = await self._call(
            "createMigration", migrationName=name, draft=even_if_empty, schema=self._workspace.schema()
        )
        script, full_name = created["migrationScript"], created["generatedMigrationName"]
        if script is None:
            return None
        write_migration(self._workspace.folder, full_name, script, created["connectorType"])
        return str(full_name)

    async def reset(self) -> None:
        """Erase everything in the database's schemas."""
        await self._engine.call("reset", {"filter": self._workspace.external.params()})

    async def _call(self, method: str, **params: Any) -> Any:
        common = {"migrationsList": self._workspace.migrations(), "filters": self._workspace.external.params()}
        return await self._engine.call(method, {**common, **params})


@asynccontextmanager
async def development(workspace: Workspace) -> AsyncIterator[Development]:
    """The steps on a running engine, which leaves nothing behind."""
    async with workspace.engine() as engine:
        yield Development(workspace, engine)


async def dev(
    files: SchemaFiles,
    *,
    url: str,
    folder: str | Path,
    name: str = "",
    create_only: bool = False,
    accept_data_loss: bool = False,
    shadow_url: str | None = None,
    external: External | None = None,
) -> DevResult:
    """Apply the pending migrations, write the schema's changes as the next one, and apply that too.

    The database is created where it is missing. With `create_only` the new migration is written, even if it is empty,
    and not applied.
    Errors: UserFacingError with Prisma's code; without one where the database would have to be reset, where the data
            forbid a change, and where data would be lost and `accept_data_loss` does not allow that.
    """
    workspace = Workspace(
        files=files, url=url, folder=Path(folder), shadow_url=shadow_url, external=external or External()
    )
    await create_database_if_missing(read_url(url))
    async with development(workspace) as steps:
        _refuse(await steps.reset_reason())
        applied = await steps.apply()
        loss = await steps.data_loss()
        _check(loss, create_only=create_only, accept_data_loss=accept_data_loss)
        created = await steps.write(slug(name), even_if_empty=create_only) if loss.steps or create_only else None
        if not create_only:
            await steps.apply()
    return DevResult(
        applied=applied, created=created, is_applied=bool(created) and not create_only, warnings=loss.warnings
    )


def _refuse(reason: str | None) -> None:
    if reason:
        raise UserFacingError(None, f"{reason}\nThe database has to be reset first; all its data will be lost.")


def _check(loss: DataLoss, *, create_only: bool, accept_data_loss: bool) -> None:
    if loss.unexecutable and not create_only:
        raise UserFacingError(None, _listed("These changes cannot be executed:", loss.unexecutable))
    if loss.warnings and not (accept_data_loss or create_only):
        raise UserFacingError(None, _listed("These changes lose data, which accept_data_loss allows:", loss.warnings))


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  • {line}" for line in lines)])
