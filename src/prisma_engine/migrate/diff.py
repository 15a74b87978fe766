"""Compares two states of a database schema: a schema's, a folder of migrations', a database's, or none at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from prisma_engine.migrate.workspace import (
    LOCK,
    External,
    Params,
    SchemaFiles,
    Workspace,
    migrations_list,
    schema_params,
)

__all__ = ["Database", "Diff", "Empty", "Migrations", "Schema", "State", "diff"]

_POSTGRESQL: Final = [("schema.prisma", 'datasource db {\n  provider = "postgresql"\n}\n')]


@dataclass(frozen=True, slots=True)
class Empty:
    """A database without anything."""

    def params(self) -> Params:
        """In the engine's form."""
        return {"tag": "empty"}


@dataclass(frozen=True, slots=True)
class Schema:
    """What a Prisma schema describes."""

    files: SchemaFiles

    def params(self) -> Params:
        """In the engine's form."""
        return {"tag": "schemaDatamodel", **schema_params(self.files)}


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where a folder of migrations leads to; they run in a shadow database, after `shadow_script`."""

    folder: Path
    shadow_script: str = ""

    def params(self) -> Params:
        """In the engine's form."""
        return {"tag": "migrations", **migrations_list(self.folder, self.shadow_script)}


@dataclass(frozen=True, slots=True)
class Database:
    """What a database has; the datasource of `files` tells in which of its schemas."""

    url: str
    files: SchemaFiles = ()

    def params(self) -> Params:
        """In the engine's form."""
        return {"tag": "schemaDatasource", "configDir": "", **schema_params(self.files or _POSTGRESQL)}


@dataclass(frozen=True, slots=True)
class _Script:
    """Where a script leads to, run in an empty database."""

    sql: str

    def params(self) -> Params:
        """In the engine's form."""
        content = {"tag": "ok", "value": self.sql}
        migration = {"path": "0_script", "migrationFile": {"path": "migration.sql", "content": content}}
        lock = {"path": LOCK, "content": 'provider = "postgresql"'}
        listed = {"lockfile": lock, "migrationDirectories": [migration]}
        return {"tag": "migrations", "baseDir": "", "shadowDbInitScript": "", **listed}


State = Empty | Schema | Migrations | Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """The way from one state to another, in words or as a SQL script."""

    text: str
    is_empty: bool


async def diff(
    start: State,
    end: State,
    *,
    as_script: bool = False,
    url: str | None = None,
    shadow_url: str | None = None,
    external: External | None = None,
) -> Diff:
    """Tell what leads from `start` to `end`; nothing is changed.

    Shape:  migrations need a server for their shadow database: the one of `shadow_url`, a database that may be erased,
            or that of a database that is compared, or that of `url`.
    Errors: UserFacingError with Prisma's code.
    """
    left: State | _Script = start
    if isinstance(start, Database) and isinstance(end, Database) and start.url != end.url:
        left = _Script((await diff(Empty(), start, as_script=True, external=external)).text)
    databases = [state.url for state in (left, end) if isinstance(state, Database)]
    server = next(iter(databases), url or (_server_of(shadow_url) if shadow_url else None))
    workspace = Workspace(files=(), url=server, shadow_url=shadow_url)
    async with workspace.engine() as engine:
        params = {"from": left.params(), "to": end.params(), "script": as_script, "exitCode": True}
        answer = await engine.call("diff", {**params, "filters": (external or External()).params()})
    return Diff(text=str(answer["stdout"] or ""), is_empty=answer["exitCode"] == 0)


def _server_of(url: str) -> str:
    """Another database on the same server, which the engine connects to and leaves as it is."""
    return urlsplit(url)._replace(path="/postgres").geturl()
