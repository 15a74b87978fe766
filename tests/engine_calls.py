"""Parameters of the schema engine's protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["EMPTY", "FILTERS", "connection", "diff", "introspection", "migrations", "schema", "script_at", "source"]

FILTERS: Final[Mapping[str, Sequence[str]]] = {"externalTables": [], "externalEnums": []}
EMPTY: Final[Mapping[str, Any]] = {"tag": "empty"}

_LOCK: Final[Mapping[str, str]] = {"path": "migration_lock.toml", "content": 'provider = "postgresql"'}


def schema(text: str) -> dict[str, Any]:
    """A schema of one file."""
    return {"files": [{"path": "schema.prisma", "content": text}]}


def source(text: str) -> dict[str, Any]:
    """A schema as one side of a comparison."""
    return {"tag": "schemaDatamodel", **schema(text)}


def migrations(*scripts: tuple[str, str]) -> dict[str, Any]:
    """A folder of migrations: of each its name and its script."""
    directories = [
        {"path": name, "migrationFile": {"path": "migration.sql", "content": {"tag": "ok", "value": script}}}
        for name, script in scripts
    ]
    return {
        "migrationsList": {
            "baseDir": "/migrations",
            "lockfile": _LOCK,
            "shadowDbInitScript": "",
            "migrationDirectories": directories,
        },
        "filters": FILTERS,
    }


def diff(one: Mapping[str, Any], other: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """A comparison, whose result is a script if nothing else is said."""
    return {"from": one, "to": other, "script": True, "exitCode": True, "filters": FILTERS, **changed}


def introspection(text: str, *, force: bool = False) -> dict[str, Any]:
    """What asks for the schema of the database, in addition to the text of a schema."""
    return {
        "schema": schema(text), "baseDirectoryPath": "/", "force": force,
        "compositeTypeDepth": -1, "namespaces": None,
    }  # fmt: skip


def connection(url: str) -> dict[str, Any]:
    """What names a database to methods that only look at it."""
    return {"datasource": {"tag": "ConnectionString", "url": url}}


def script_at(url: str, script: str) -> dict[str, Any]:
    """A script for `dbExecute`."""
    return {"datasourceType": {"tag": "url", "url": url}, "script": script}
