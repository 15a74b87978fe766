"""`prisma migrate diff`: two states of a database schema are compared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from prisma_engine import schema
from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError, UsageError
from prisma_engine.cli.project import Project, find_project
from prisma_engine.cli.target import engine_words, external_of
from prisma_engine.migrate.diff import Database, Diff, Empty, Migrations, Schema, State, diff
from prisma_engine.migrate.written import replace
from prisma_engine.schema import SchemaFile

__all__ = ["run"]

_USAGE: Final = """Usage

  $ prisma migrate diff [options]

Options

  -h, --help               Display this help message
  --config                 Custom path to your Prisma config file
  -o, --output             Writes to a file instead of stdout

From and To inputs (1 `--from-...` and 1 `--to-...` must be provided):
  --from-empty             Flag to assume from or to is an empty datamodel
  --to-empty

  --from-schema            Path to a Prisma schema file, uses the datamodel for the diff
  --to-schema              (also --from-schema-datamodel, --to-schema-datamodel)

  --from-migrations        Path to the Prisma Migrate migrations directory
  --to-migrations

  --from-config-datasource Flag to use the datasource from the Prisma config file
  --to-config-datasource

  --from-schema-datasource Path to a Prisma schema file, uses the datasource url for the diff
  --to-schema-datasource

  --from-url               A datasource url
  --to-url

Shadow database (only required if using --from-migrations or --to-migrations)
  --shadow-database-url    URL for the shadow database

Flags

  --script                 Render a SQL script to stdout instead of the default human readable summary (not supported on MongoDB)
  --exit-code              Change the exit code behavior to signal if the diff is empty or not (Empty: 0, Error: 1, Not empty: 2). Default behavior is Success: 0, Error: 1."""  # noqa: E501  -- Prisma's lines
_SYNTAX: Final = Syntax(
    f"""
🔍 Compares the database schema from two arbitrary sources, and outputs the differences either as a human-readable summary (by default) or an executable script.

prisma migrate diff is a read-only command that does not write to your datasource(s).
prisma db execute can be used to execute its --script output.

The command takes a source --from-... and a destination --to-....
The source and destination must use the same provider,
e.g. a diff using 2 different providers like PostgreSQL and SQLite is not supported.

It compares the source with the destination to generate a diff.
The diff can be interpreted as generating a migration that brings the source schema (from) to the shape of the destination schema (to).
The default output is a human readable diff, it can be rendered as SQL using `--script` on SQL databases.

See the documentation for more information https://pris.ly/d/migrate-diff

{_USAGE}
Examples

  From the configured database to a Prisma datamodel
    e.g. roll forward after a migration failed in the middle
  $ prisma migrate diff \\
    --from-config-datasource \\
    --to-schema=next_datamodel.prisma \\
    --script

  From a Prisma datamodel to the configured database
    e.g. roll forward after a migration failed in the middle
  $ prisma migrate diff \\
    --from-schema=next_datamodel.prisma \\
    --to-config-datasource \\
    --script

  From a Prisma Migrate `migrations` directory to the configured database
    e.g. generate a migration for a hotfix already applied on production
  $ prisma migrate diff \\
    --from-migrations ./migrations \\
    --to-config-datasource \\
    --script

  Execute the --script output with `prisma db execute` using bash pipe `|`
  $ prisma migrate diff \\
    --from-[...] \\
    --to-[...] \\
    --script | prisma db execute --stdin --url="$DATABASE_URL"

  Detect if both sources are in sync, it will exit with exit code 2 if changes are detected
  $ prisma migrate diff \\
    --exit-code \\
    --from-[...] \\
    --to-[...]
""",  # noqa: E501  -- Prisma's lines
    flags=(
        *("--from-empty", "--from-config-datasource", "--from-local-d1"),
        *("--to-empty", "--to-config-datasource", "--to-local-d1"),
        *("--script", "--exit-code"),
    ),
    values=(
        *("--from-schema", "--from-schema-datamodel", "--from-schema-datasource", "--from-migrations", "--from-url"),
        *("--to-schema", "--to-schema-datamodel", "--to-schema-datasource", "--to-migrations", "--to-url"),
        *("--shadow-database-url", "--output", "--schema"),
    ),
    aliases={"-o": "--output"},
)
_COMMAND: Final = "prisma migrate diff"
_CHANGED: Final = 2


def run(arguments: Sequence[str]) -> int:
    """Compare, and print or write what leads from one state to the other."""
    given = _given(arguments)
    start, end = _chosen(given)
    found = _compare(start, end, given)
    if given.has("--output"):
        replace(Path(given.value("--output") or ""), f"{found.text}\n")
    else:
        terminal.say(found.text)
    if given.has("--exit-code") and not found.is_empty:
        return _CHANGED
    terminal.say()
    return 0


def _given(arguments: Sequence[str]) -> Given:
    try:
        return parse(arguments, _SYNTAX)
    except UsageError as error:
        raise _refused(str(error)) from error


def _refused(message: str) -> CommandError:
    return CommandError(f"\n{message}\n\n{_USAGE}\n")


def _chosen(given: Given) -> list[str]:
    """The option that names the start, and the one that names the end. Errors: CommandError."""
    chosen = [[name for name in _SOURCES if given.has(f"--{side}-{name}")] for side in ("from", "to")]
    problems = [
        f"{len(names)} `--{side}-...` parameter(s) provided. 1 must be provided."
        for side, names in zip(("from", "to"), chosen, strict=True)
        if len(names) != 1
    ]
    if problems:
        raise _refused("\n".join(problems))
    return [f"--{side}-{names[0]}" for side, names in zip(("from", "to"), chosen, strict=True)]


def _compare(start: str, end: str, given: Given) -> Diff:
    project = find_project(given)
    left, right = (_state(option, given, project) for option in (start, end))
    shadow_url = given.value("--shadow-database-url") or project.shadow_url()
    comparing = diff(
        left,
        right,
        as_script=given.has("--script"),
        url=None if shadow_url else _url_for((left, right), project),
        shadow_url=shadow_url,
        external=external_of(project),
    )
    with engine_words():
        return interruption.run(comparing)


def _url_for(states: Sequence[State], project: Project) -> str | None:
    """The database whose server makes the shadow database, where migrations are compared and no database is."""
    needs_server = any(isinstance(state, Migrations) for state in states)
    return project.url(_COMMAND) if needs_server and not any(isinstance(state, Database) for state in states) else None


def _state(option: str, given: Given, project: Project) -> State:
    side, _, source = option.removeprefix("--").partition("-")
    return _SOURCES[source](given.value(option) or "", f"--{side}-{source}", project)


def _empty(_value: str, _option: str, _project: Project) -> State:
    return Empty()


def _schema(value: str, option: str, project: Project) -> State:
    return Schema(_files(value, option, project))


def _migrations(value: str, _option: str, project: Project) -> State:
    return Migrations(Path(value), project.config.shadow_script)


def _url(value: str, _option: str, _project: Project) -> State:
    return Database(value)


def _config_datasource(_value: str, _option: str, project: Project) -> State:
    return Database(project.url(_COMMAND), project.files)


def _schema_datasource(value: str, option: str, project: Project) -> State:
    files = _files(value, option, project)
    own = dataclasses.replace(project, named_schema=value, config=dataclasses.replace(project.config, urls=()))
    return Database(own.url(_COMMAND), files)


def _local_d1(_value: str, option: str, _project: Project) -> State:
    raise CommandError(f"`{option}` is a Cloudflare D1 database, and this engine works with PostgreSQL only.")


def _files(value: str, option: str, project: Project) -> list[SchemaFile]:
    path = project.folder / value
    if not path.exists():
        words = f"Could not load `{option}` from provided path `{value}`"
        raise CommandError(f"{words}: file or directory not found")
    return schema.read(path)


_SOURCES: Final[Mapping[str, Callable[[str, str, Project], State]]] = {
    "empty": _empty,
    "schema": _schema,
    "schema-datamodel": _schema,
    "schema-datasource": _schema_datasource,
    "migrations": _migrations,
    "url": _url,
    "config-datasource": _config_datasource,
    "local-d1": _local_d1,
}
"""What `--from-` and `--to-` are followed by."""
