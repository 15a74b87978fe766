"""Compares a folder of migrations with what a database says was applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prisma_engine.admin.session import read_url
from prisma_engine.migrate.folder import Folder, read_folder
from prisma_engine.migrate.history import History, Record
from prisma_engine.migrate.session import session
from prisma_engine.postgres.url import Settings

__all__ = ["Status", "diagnose", "status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The names of migrations by what is the matter with them; `is_managed` tells whether Prisma's table is there.

    Shape: `found` are those of the folder; `missing` are applied and not in the folder; `edited` are applied and their
           scripts have changed since. A deployment lets both be, as Prisma's does.
    """

    is_managed: bool
    found: Sequence[str]
    unapplied: Sequence[str]
    missing: Sequence[str]
    failed: Sequence[str]
    edited: Sequence[str]

    @property
    def is_up_to_date(self) -> bool:
        """Whether a deployment would find nothing to do and nothing in its way."""
        return self.is_managed and not (self.unapplied or self.failed)


async def status(url: str, folder: str | Path) -> Status:
    """Compare the migrations of a folder with the database, and change nothing.

    Errors: UserFacingError; the package lists the codes.
    """
    return await diagnose(read_url(url), read_folder(Path(folder)))


async def diagnose(settings: Settings, folder: Folder) -> Status:
    """Compare the migrations with the database. Errors: as `status`."""
    async with session(settings) as connection:
        folder.check_provider()
        history = History(connection, settings.schema)
        is_managed = await history.is_there()
        records = await history.records() if is_managed else []
    return _compare(folder, records, is_managed=is_managed)


def _compare(folder: Folder, records: Sequence[Record], *, is_managed: bool) -> Status:
    found = folder.names
    present = set(found)
    standing = {record.name: record for record in records if not record.is_rolled_back}
    known = [migration for migration in folder.migrations if migration.name in standing]
    return Status(
        is_managed=is_managed,
        found=found,
        unapplied=[name for name in found if name not in standing],
        missing=[name for name in standing if name not in present],
        failed=[record.name for record in records if record.has_failed],
        edited=[migration.name for migration in known if migration.was_edited(standing[migration.name].checksum)],
    )
