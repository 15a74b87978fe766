"""Makes a schema what a database has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prisma_engine import schema
from prisma_engine.migrate.workspace import SchemaFiles, Workspace
from prisma_engine.migrate.written import replace

__all__ = ["Pulled", "View", "pull", "write_schema", "write_views"]

_ALL_THE_WAY: Final = -1


@dataclass(frozen=True, slots=True)
class View:
    """The SQL of a view, formatted."""

    schema: str
    name: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A schema with what the database has, and what could not be told in it.

    Shape: `views` is None unless the schema's generator has the preview feature `views`.
    """

    files: SchemaFiles
    warnings: str | None
    views: Sequence[View] | None


async def pull(
    files: SchemaFiles,
    *,
    url: str,
    folder: str | Path = ".",
    force: bool = False,
    schemas: Sequence[str] | None = None,
    composite_type_depth: int = _ALL_THE_WAY,
) -> Pulled:
    """Read the database, and return the schema with its models; nothing is written.

    What the schema says and the database does not know (comments, names, generators) is kept, unless `force` is set.
    A schema of several files gets new models into a file of `folder`. `schemas` names the database schemas to read,
    instead of those of the datasource.
    Errors: UserFacingError with Prisma's code, P4001 for a database without tables, P1012 for a schema that is
            not valid.
    """
    workspace = Workspace(files=files, url=url)
    params = {
        "schema": workspace.schema(),
        "force": force,
        "compositeTypeDepth": composite_type_depth,
        "namespaces": None if schemas is None else list(schemas),
        "baseDirectoryPath": str(folder),
    }
    async with workspace.engine() as engine:
        answer = await engine.call("introspect", params)
    views = answer.get("views")
    return Pulled(
        files=_restored(files, [(file["path"], file["content"]) for file in answer["schema"]["files"]]),
        warnings=answer.get("warnings"),
        views=None if views is None else [View(view["schema"], view["name"], view["definition"]) for view in views],
    )


def write_schema(files: SchemaFiles) -> None:
    """Write a schema's files, each wholly or not at all. Errors: OSError."""
    for path, text in files:
        replace(Path(path), text)


def write_views(folder: Path, views: Sequence[View]) -> None:
    """Write views as `schema/name.sql` below a folder, and remove those of earlier times. Errors: OSError."""
    written = {folder / view.schema / f"{view.name}.sql": view.sql for view in views}
    for path, sql in written.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, sql)
    for path in folder.glob("*/*.sql"):
        if path not in written:
            path.unlink()
    _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in folder.iterdir():
        _remove_if_empty(path)
    if not any(folder.iterdir()):
        folder.rmdir()


def _restored(before: SchemaFiles, files: SchemaFiles) -> SchemaFiles:
    """What the engine wrote, with what Prisma 7 does not take, in line with the rest."""
    text = "\n".join(text for _, text in before)
    complete = [(path, schema.restored(text, new)) for path, new in files]
    return complete if complete == list(files) else schema.format(complete)
