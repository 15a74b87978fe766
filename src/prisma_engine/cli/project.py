"""A project as the command line sees it: configuration, schema, migrations, `.env` files and the database's URL."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from prisma_engine import schema
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given
from prisma_engine.cli.config import Config, find_config, read_config
from prisma_engine.cli.dotenv_files import DotenvFiles
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.text_file import read_json
from prisma_engine.schema import SchemaFile, Url

__all__ = ["Datasource", "Project", "find_project", "open_project"]

_SCHEMAS: Final = (("schema.prisma", "file"), ("prisma/schema.prisma", "file"), ("prisma/schema", "directory"))
_MIGRATIONS: Final = "migrations"
_PROVIDERS: Final = frozenset({"postgresql", "postgres"})
_DEFAULT_URL: Final = Url(variable="DATABASE_URL")
_DEFAULT_SHADOW_URL: Final = Url(variable="SHADOW_DATABASE_URL")

_DATASOURCE: Final = re.compile(r"^[ \t\ufeff]*datasource\s+(\w+)\s*\{(.*?)^[ \t]*\}", re.MULTILINE | re.DOTALL)
_SCHEMA_LIST: Final = re.compile(r"^[ \t]*schemas[ \t]*=[ \t]*\[([^\]]*)\]", re.MULTILINE)
_LISTED: Final = re.compile(r'"([^"\\\r\n]*)"')
_PROVIDER: Final = re.compile(r'^[ \t]*provider[ \t]*=[ \t]*"([^"\\\r\n]*)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Datasource:
    """What the schema says of the database; empty where it says nothing."""

    name: str = ""
    provider: str = ""
    schemas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Project:
    """The parts of a project, each looked up when a command asks for it.

    Errors: CommandError in the words that Prisma has for a part that is missing, OSError for files that cannot be read.
    """

    folder: Path
    config: Config
    named_schema: str | None = None
    named_url: str | None = None

    @cached_property
    def schema(self) -> Path:
        """The schema: a file, or a folder of files."""
        found = self.found_schema
        if found is None:
            raise CommandError(_nowhere(self._base))
        return found

    @cached_property
    def found_schema(self) -> Path | None:
        """The schema, None where the project has none and nothing names one."""
        if self.named_schema:
            return _existing(self.folder / self.named_schema, "Could not load `--schema` from provided path `{}`")
        if self.config.schema:
            return _existing(self.config.schema, "Could not load schema from `{}` provided by the Prisma config file")
        manifest, settings = self._package
        if "schema" in settings:
            words = f'Could not load schema from `{{}}` provided by "prisma.schema" in `{os.path.relpath(manifest)}`'
            return _existing(manifest.parent / str(settings["schema"]), words)
        usual = (self._base / name for name, _ in _SCHEMAS)
        return next((path for path in usual if path.is_file() or any(path.glob("*.prisma"))), None)

    @cached_property
    def schema_if_there(self) -> Path | None:
        """The schema, for a command that can do without: one that only the configuration names may be missing."""
        try:
            return self.found_schema
        except CommandError:
            if self.named_schema:
                raise
            return None

    @cached_property
    def files(self) -> list[SchemaFile]:
        """The schema's files, with the paths that Prisma shows."""
        files = schema.read(self.schema)
        if not files:
            raise CommandError(f"The folder `{os.path.relpath(self.schema)}` has no schema: no file ends with .prisma.")
        return files

    @cached_property
    def datasource(self) -> Datasource:
        """The schema's datasource."""
        found = _DATASOURCE.search("\n".join(text for _, text in self.files))
        if found is None:
            return Datasource()
        provider, schemas = _PROVIDER.search(found[2]), _SCHEMA_LIST.search(found[2])
        listed = _LISTED.findall(schemas[1]) if schemas else []
        return Datasource(found[1], provider[1] if provider else "", tuple(listed))

    @cached_property
    def migrations(self) -> Path:
        """The folder of migrations, which need not be there.

        It lies beside the schema's file. For a folder `prisma/schema` it is `prisma/migrations`, as Prisma 5 has it, or
        `prisma/schema/migrations`, as Prisma 7 has it, where only that is there.
        """
        if self.config.migrations:
            return self.config.migrations
        inside, beside = self.schema / _MIGRATIONS, self.schema.parent / _MIGRATIONS
        if self.schema.is_file() or self.schema.resolve() == self.folder.resolve():
            return beside if self.schema.is_file() else inside
        return inside if inside.is_dir() and not beside.is_dir() else beside

    @cached_property
    def views(self) -> Path:
        """The folder of views' definitions, which need not be there.

        Errors: CommandError for one that holds more than views: what else lies in it would be removed.
        """
        views = self.config.views or self.migrations.parent / "views"
        inside = [path for path in (self.schema, self.migrations) if path.resolve().is_relative_to(views.resolve())]
        if inside:
            raise CommandError(
                f"The folder of views `{os.path.relpath(views)}` also holds `{os.path.relpath(inside[0])}`:"
                " set `views.path` to a folder of its own."
            )
        return views

    @property
    def filters(self) -> dict[str, list[str]]:
        """What the schema engine leaves alone, in its own form."""
        external = self.config.external
        return {"externalTables": [*external.get("tables", ())], "externalEnums": [*external.get("enums", ())]}

    @cached_property
    def seed(self) -> str | None:
        """The command that fills the database."""
        if self.config.seed:
            return self.config.seed
        manifest, settings = self._package
        seed = settings.get("seed")
        if seed is None or isinstance(seed, str):
            return seed
        raise CommandError(f'"prisma.seed" in {os.path.relpath(manifest)} must be the text of a command: {seed!r}.')

    def url(self, command: str) -> str:
        """The URL of the database, for a command such as `prisma db push`. Errors: CommandError."""
        if self.named_url:
            return self.named_url
        if self.schema_if_there and self.datasource.provider not in {*_PROVIDERS, ""}:
            raise CommandError(
                f"The datasource `{self.datasource.name}` has the provider `{self.datasource.provider}`:"
                " prisma-engine works with PostgreSQL only."
            )
        urls = self._urls()
        if not urls:
            raise CommandError(
                f"The datasource.url property is required in your Prisma config file when using {command}."
            )
        return next(filter(None, (url.resolve() for url in urls)), None) or _not_set(urls[-1])

    def shadow_url(self) -> str | None:
        """The URL of the shadow database, None where the engine makes one itself."""
        declared = self._declared.get("shadowDatabaseUrl")
        urls = [*self.config.shadow_urls, *([declared] if declared else []), _DEFAULT_SHADOW_URL]
        return next(filter(None, (url.resolve() for url in urls)), None)

    @cached_property
    def _base(self) -> Path:
        """Where a schema is looked for: beside a configuration that the command names, too."""
        return (
            self.config.path.parent if self.config.path and self.config.path.parent.name != ".config" else self.folder
        )

    @cached_property
    def _declared(self) -> Mapping[str, Url]:
        return schema.declared_urls(self.files) if self.schema_if_there else {}

    def _urls(self) -> Sequence[Url]:
        """The places of the database's URL, the best first."""
        if self.config.urls:
            return self.config.urls
        declared = [self._declared[name] for name in ("directUrl", "url") if name in self._declared]
        return declared or ([] if self.config.path else [_DEFAULT_URL])

    @cached_property
    def _package(self) -> tuple[Path, Mapping[str, Any]]:
        """The nearest package.json, and what it says of Prisma: nothing where there is none."""
        for folder in (self.folder, *self.folder.parents):
            manifest = folder / "package.json"
            if manifest.is_file():
                settings = read_json(manifest).get("prisma")
                return manifest, settings if isinstance(settings, dict) else {}
        return self.folder / "package.json", {}


def find_project(given: Given) -> Project:
    """Find the project that the command's options name, and set what its `.env` files say.

    Errors: CommandError for an option without a value, and for a configuration that cannot be read or computes.
    """
    for option in ("--schema", "--config", "--url"):
        if given.value(option) == "":
            raise CommandError(f"The value of {option} is empty: name what it stands for, or leave the option out.")
    folder = Path.cwd()
    dotenv = DotenvFiles()
    dotenv.load(folder / ".env")  # a configuration may name its variables
    named = given.value("--config")
    path = folder / named if named else find_config(folder)
    project = Project(folder, read_config(path) if path else Config(), given.value("--schema"), given.value("--url"))
    found = project.schema_if_there
    if found:
        dotenv.load(_folder_of(found) / ".env")
    dotenv.load(folder / "prisma" / ".env")
    return project


def open_project(given: Given) -> Project:
    """Find the project and say on stderr which configuration and schema it has. Errors: as `find_project`, `schema`."""
    project = find_project(given)
    if project.config.path:
        terminal.warn(terminal.dim(f"Loaded Prisma config from {os.path.relpath(project.config.path)}.\n"))
    terminal.warn(terminal.dim(f"Prisma schema loaded from {os.path.relpath(project.schema)}."))
    return project


def _existing(path: Path, words: str) -> Path:
    if path.is_file() or path.is_dir():
        return path
    reason = "expected file or directory" if path.exists() else "file or directory not found"
    raise CommandError(f"{words.format(os.path.relpath(path))}: {reason}")


def _nowhere(base: Path) -> str:
    quoted = [terminal.green(f"`{text}`") for text in ("--schema", "prisma7.config.ts", "prisma.schema")]
    option, config, setting = quoted
    checked = "\n".join(f"{os.path.relpath(base / name)}: {kind} not found" for name, kind in _SCHEMAS)
    places = f"{terminal.green('`./prisma/schema.prisma`')}, or {terminal.green('`./schema.prisma`')}"
    return (
        "Could not find Prisma Schema that is required for this command.\n"
        f"You can either provide it with {option} argument,\n"
        f"set it in your Prisma Config file (e.g., {config}),\n"
        f"set it as {setting} in your {terminal.green('package.json')},\n"
        f"or put it into the default location ({places}.\n"
        f"Checked following paths:\n\n{checked}\n\n"
        "See also https://pris.ly/d/prisma-schema-location"
    )


def _not_set(url: Url) -> str:
    raise CommandError(
        f"Environment variable not found: {url.variable}. Set it to the database's URL, in the environment or in .env."
    )


def _folder_of(schema_path: Path) -> Path:
    return schema_path if schema_path.is_dir() else schema_path.parent
