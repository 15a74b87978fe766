"""A project's migrations and the database that they are for, for the commands that need no schema engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prisma_engine.admin.session import read_url
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.place import Place
from prisma_engine.cli.project import open_project
from prisma_engine.migrate.folder import Folder, read_folder
from prisma_engine.postgres.url import Settings

__all__ = ["Migrations", "count", "open_migrations", "plural", "syntax"]


@dataclass(frozen=True, slots=True)
class Migrations:
    """Where the migrations are, and where they go to; `schemas` are those that the datasource lists.

    `external_tables` are those that the configuration calls somebody else's.
    """

    path: Path
    url: str
    place: Place
    schemas: Sequence[str]
    external_tables: Sequence[str]

    @property
    def settings(self) -> Settings:
        """How to connect. Errors: UserFacingError P1013."""
        return read_url(self.url)

    def read(self) -> Folder:
        """The migrations of the folder, as they are now. Errors: UserFacingError."""
        return read_folder(self.path)


def syntax(help_text: str, *values: str) -> Syntax:
    """What the command takes: the schema, and `values` besides."""
    return Syntax(help_text, values=("--schema", *values))


def open_migrations(given: Given, command: str) -> Migrations:
    """Find them, and say on stdout which database it is. Errors: CommandError, OSError."""
    project = open_project(given)
    source = project.datasource
    if not source.name:
        raise CommandError("Schema must contain a datasource block")
    url = project.url(f"prisma migrate {command}")
    place = Place.of(url)
    terminal.say(terminal.dim(place.line(source.name, source.schemas)))
    return Migrations(project.migrations, url, place, source.schemas, project.filters["externalTables"])


def count(folder: Folder) -> str:
    """How many migrations there are, in Prisma's words."""
    number = len(folder.migrations)
    return f"{number or 'No'} migration{plural(folder.migrations)} found in prisma/migrations"


def plural(things: Sequence[object]) -> str:
    """The ending of a word that names several things."""
    return "s" if len(things) > 1 else ""
