"""What the schema engine works on: a schema, a database and a folder of migrations, and what it is to leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.folder import Migration, read_folder
from prisma_engine.schema import accepted

if TYPE_CHECKING:
    from prisma_engine.schema_engine import SchemaEngine

__all__ = ["LOCK", "External", "Params", "SchemaFiles", "Workspace", "migrations_list", "schema_params"]

LOCK: Final = "migration_lock.toml"

SchemaFiles = Sequence[tuple[str, str]]
"""The files of a schema in their order, each with its path and its text."""

Params = dict[str, Any]
"""What a method of the schema engine takes, and what it answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class External:
    """The tables and enums that somebody else manages, each as `schema.name`; the engine leaves them alone."""

    tables: Sequence[str] = ()
    enums: Sequence[str] = ()

    def params(self) -> Params:
        """In the engine's form."""
        return {"externalTables": list(self.tables), "externalEnums": list(self.enums)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A schema, its database and its migrations.

    Shape: `shadow_url` is a database that the engine may erase, None lets it create one and drop it again;
           `shadow_script` prepares that database before the migrations run in it.
    """

    files: SchemaFiles
    url: str | None
    folder: Path = Path()
    shadow_url: str | None = None
    shadow_script: str = ""
    external: External = field(default_factory=External)

    def engine(self) -> SchemaEngine:
        """The schema engine on it, not started yet: `async with` starts and stops it."""
        from prisma_engine.schema_engine import SchemaEngine  # wasmtime is not for a deployment

        return SchemaEngine(accepted(self.files), url=self.url, shadow_url=self.shadow_url)

    def schema(self) -> Params:
        """The schema in the engine's form."""
        return schema_params(self.files)

    def migrations(self) -> Params:
        """The folder of migrations, as it is now, in the engine's form."""
        return migrations_list(self.folder, self.shadow_script)


def schema_params(files: SchemaFiles) -> Params:
    """A schema in the engine's form."""
    return {"files": [{"path": path, "content": text} for path, text in accepted(files)]}


def migrations_list(folder: Path, shadow_script: str = "") -> Params:
    """A folder of migrations in the engine's form; one that is not there has none."""
    return {
        "baseDir": str(folder),
        "lockfile": {"path": LOCK, "content": _text(folder / LOCK)},
        "migrationDirectories": [_directory(migration) for migration in read_folder(folder).migrations],
        "shadowDbInitScript": shadow_script,
    }


def _directory(migration: Migration) -> Params:
    try:
        content = {"tag": "ok", "value": migration.script()}
    except UserFacingError as error:
        content = {"tag": "error", "value": error.message}
    return {"path": migration.name, "migrationFile": {"path": "migration.sql", "content": content}}


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return None
