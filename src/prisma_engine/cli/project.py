"""A project as the Prisma CLI sees it: its configuration, its schema, its `.env` files and its database's URL."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dotenv import load_dotenv

from prisma_engine.cli.config import Config, Value, read_config
from prisma_engine.cli.packages import CommandError

__all__ = ["Project", "find_config", "find_project", "find_schema", "load_dotenv_files", "option"]

_CONFIG_NAMES: Final = ("prisma7.config", "prisma.config", ".config/prisma7", ".config/prisma", ".config/prisma.config")
_CONFIG_SUFFIXES: Final = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts")
_SCHEMAS: Final = ("schema.prisma", "prisma/schema.prisma")

_DATASOURCE: Final = re.compile(r"^[ \t]*datasource\s+(\w+)\s*\{(.*?)^[ \t]*\}", re.MULTILINE | re.DOTALL)
_PROPERTY: Final = re.compile(
    r'^[ \t]*(\w+)[ \t]*=[ \t]*(?:env\([ \t]*"([^"]*)"[ \t]*\)|"([^"\\\r\n]*)")', re.MULTILINE
)
_DEFAULT_URL: Final = Value(variable="DATABASE_URL")


@dataclass(frozen=True, slots=True)
class Project:
    """What a command about migrations needs to know; the first of `urls` that has a value is the database's."""

    schema: Path
    datasource: str
    provider: str
    migrations: Path
    urls: tuple[Value, ...]


def option(arguments: Sequence[str], name: str) -> str | None:
    """The value of an option, written as one argument or two."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None


def find_config(folder: Path, arguments: Sequence[str]) -> Path | None:
    """The configuration that the command reads: the one that it names, or the project's own."""
    named = option(arguments, "--config")
    if named:
        return folder / named
    found = (folder / f"{name}{suffix}" for name in _CONFIG_NAMES for suffix in _CONFIG_SUFFIXES)
    return next((path for path in found if path.is_file()), None)


def find_schema(folder: Path, arguments: Sequence[str]) -> Path:
    """The schema: named by the command, or where Prisma looks for it; also where none of these exists."""
    named = option(arguments, "--schema")
    if named:
        return folder / named
    found = [folder / name for name in _SCHEMAS if (folder / name).is_file()]
    return found[0] if found else folder / _SCHEMAS[-1]


def load_dotenv_files(folder: Path, schema: Path) -> None:
    """Set what the project's `.env` files say and the environment does not; the first one that says it wins."""
    for place in (folder, _folder_of(schema), folder / "prisma"):
        load_dotenv(place / ".env")


def find_project(folder: Path, arguments: Sequence[str]) -> Project | None:
    """Find the parts of a project; None where its configuration is a program that only Node can run.

    Errors: CommandError for a schema that is not there, OSError for files that cannot be read.
    """
    path = find_config(folder, arguments)
    config = read_config(path) if path else Config()
    if config is None:
        return None
    base = path.parent if path else folder
    schema = _schema(folder, base, config, arguments)
    name, declared = _datasource(schema)
    return Project(
        schema=schema,
        datasource=name,
        provider=declared.get("provider", Value()).text,
        migrations=base / config.migrations if config.migrations else _folder_of(schema) / "migrations",
        urls=_urls(config.url) if path else _urls(declared.get("directUrl"), declared.get("url", _DEFAULT_URL)),
    )


def _schema(folder: Path, base: Path, config: Config, arguments: Sequence[str]) -> Path:
    configured = config.schema if option(arguments, "--schema") is None else None
    schema = base / configured if configured else find_schema(folder, arguments)
    if not schema.exists():
        raise CommandError(f"Could not load the schema `{os.path.relpath(schema)}`: file or directory not found")
    return schema


def _folder_of(schema: Path) -> Path:
    return schema if schema.is_dir() else schema.parent


def _urls(*places: Value | None) -> tuple[Value, ...]:
    return tuple(filter(None, places))


def _datasource(schema: Path) -> tuple[str, dict[str, Value]]:
    """The name of the datasource and what stands in it."""
    files = sorted(schema.rglob("*.prisma")) if schema.is_dir() else [schema]
    found = _DATASOURCE.search("\n".join(file.read_text(encoding="utf-8") for file in files))
    if found is None:
        return "", {}
    properties = _PROPERTY.findall(found[2])
    return found[1], {key: Value(variable=variable, text=text) for key, variable, text in properties}
