"""The database that a command works on, as Prisma's command line names it to a person."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from prisma_engine import schema
from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.project import Project, open_project
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.workspace import External, Workspace
from prisma_engine.schema import SchemaError

__all__ = ["Target", "engine_words", "external_of", "open_target", "target_of", "workspace_of"]

_PROTOCOLS: Final = frozenset({"postgresql", "postgres", "mysql", "sqlserver", "mongodb", "mongodb+srv"})
_TITLE: Final = "PostgreSQL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a datasource's URL leads to.

    Shape: `schema` is the one that the URL names, `schemas` are those of the datasource, where it has several;
           `database` and `location` are empty where the URL does not tell.
    """

    datasource: str
    url: str
    database: str
    schema: str
    schemas: Sequence[str]
    location: str

    def __str__(self) -> str:
        """The line that a command begins with."""
        schemas = f', schemas "{", ".join(self.schemas)}"' if self.schemas else _quoted(", schema", self.schema)
        named = f'Datasource "{self.datasource}": {_TITLE} database'
        return f"{named}{_quoted('', self.database)}{schemas}{_quoted(' at', self.location)}"

    @property
    def to_reset(self) -> str:
        """The sentence that tells what has to be erased."""
        if self.schemas:
            what = f'following schemas: "{", ".join(self.schemas)}"'
        else:
            what = f'"{self.schema}" schema' if self.schema else "database schema"
        return f"We need to reset the {what}{_quoted(' at', self.location)}"

    @property
    def was_reset(self) -> str:
        """The sentence that tells what was erased."""
        several = len(self.schemas) > 1
        names = ", ".join(self.schemas) or self.schema
        schemas = _quoted(" schemas" if several else " schema", names)
        where = f"The {_TITLE} database{_quoted('', self.database)}{schemas}{_quoted(' at', self.location)}"
        return f"{where} {'were' if several else 'was'} successfully reset."

    async def create_if_missing(self) -> str | None:
        """Create the database where it is missing, and return the sentence that tells so. Errors: UserFacingError."""
        if not await create_database_if_missing(read_url(self.url)):
            return None
        database = f" {self.database}" if self.database else ""
        location = f" at {terminal.bold(self.location)}" if self.location else ""
        return f"{_TITLE} database{database} created{location}"


def open_target(given: Given, command: str) -> tuple[Project, Target]:
    """Open the project that a command works on, and say which schema and which database it has.

    Errors: CommandError, SchemaError, OSError.
    """
    project = open_project(given)
    sources = schema.config(project.files)["datasources"]
    url = project.url(command)
    if not sources:
        raise CommandError("Schema must contain a datasource block")
    target = target_of(project.datasource.name, url, sources[0].get("schemas") or ())
    terminal.say(terminal.dim(str(target)))
    return project, target


def workspace_of(project: Project, url: str) -> Workspace:
    """What the schema engine works on in a project."""
    return Workspace(
        files=project.files,
        url=url,
        folder=project.migrations,
        shadow_url=project.shadow_url(),
        shadow_script=project.config.shadow_script,
        external=external_of(project),
    )


@contextmanager
def engine_words() -> Iterator[None]:
    """Tell what the schema engine refuses as Prisma does: also a connection's code has a line of its own there."""
    try:
        yield
    except SchemaError:
        raise
    except UserFacingError as error:
        code = f"{error.code}\n\n" if error.code else ""
        message = error.message.replace(f"{Path.cwd()}{os.sep}", "")
        raise CommandError(terminal.red(f"{code}{message}\n")) from error


def external_of(project: Project) -> External:
    """What the project's configuration leaves to others."""
    external = project.config.external
    return External(tables=external.get("tables", ()), enums=external.get("enums", ()))


def target_of(datasource: str, url: str, schemas: Sequence[str]) -> Target:
    """What a URL says, nothing where it is none: what is wrong with it is told when it is used."""
    database = schema_name = location = ""
    parts = _split(url)
    if parts is not None and parts.scheme in _PROTOCOLS:
        database = parts.path.removeprefix("/") or "postgres"
        schema_name = parse_qs(parts.query).get("schema", ["public"])[0]
        location = parts.netloc.rpartition("@")[2]
    return Target(
        datasource=datasource, url=url, database=database, schema=schema_name, schemas=schemas, location=location
    )


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url.strip())
    except ValueError:  # a bracket that is not closed, say
        return None


def _quoted(before: str, name: str) -> str:
    return f'{before} "{name}"' if name else ""
