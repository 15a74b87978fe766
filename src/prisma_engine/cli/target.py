"""The database that a command works on, as Prisma's command line names it to a person."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prisma_engine import schema
from prisma_engine.admin.session import create_database_if_missing, read_url
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.place import TITLE, Place, quoted
from prisma_engine.cli.project import Project, open_project
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.workspace import External, Workspace
from prisma_engine.schema import SchemaError

__all__ = ["Target", "engine_words", "external_of", "open_target", "workspace_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a datasource's URL leads to, and what is said of that; `schemas` are those that the datasource lists."""

    datasource: str
    url: str
    place: Place
    schemas: Sequence[str]

    @classmethod
    def of(cls, datasource: str, url: str, schemas: Sequence[str]) -> Target:
        """The target of a datasource."""
        return cls(datasource=datasource, url=url, place=Place.of(url), schemas=schemas)

    def __str__(self) -> str:
        """The line that a command begins with."""
        return self.place.line(self.datasource, self.schemas)

    @property
    def to_reset(self) -> str:
        """The sentence that tells what has to be erased."""
        if self.schemas:
            what = f'following schemas: "{", ".join(self.schemas)}"'
        else:
            what = f'"{self.place.schema}" schema' if self.place.schema else "database schema"
        return f"We need to reset the {what}{quoted(' at', self.place.location)}"

    @property
    def was_reset(self) -> str:
        """The sentence that tells what was erased."""
        several = len(self.schemas) > 1
        names = ", ".join(self.schemas) or self.place.schema
        schemas = quoted(" schemas" if several else " schema", names)
        where = f"{quoted('', self.place.database)}{schemas}{quoted(' at', self.place.location)}"
        return f"The {TITLE}{where} {'were' if several else 'was'} successfully reset."

    async def create_if_missing(self) -> str | None:
        """Create the database where it is missing, and return the sentence that tells so. Errors: UserFacingError."""
        return self.place.created if await create_database_if_missing(read_url(self.url)) else None


def open_target(given: Given, command: str) -> tuple[Project, Target]:
    """Open the project that a command works on, and say which schema and which database it has.

    Errors: CommandError, SchemaError, OSError.
    """
    project = open_project(given)
    sources = schema.config(project.files)["datasources"]
    url = project.url(command)
    if not sources:
        raise CommandError("Schema must contain a datasource block")
    target = Target.of(project.datasource.name, url, sources[0].get("schemas") or ())
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
