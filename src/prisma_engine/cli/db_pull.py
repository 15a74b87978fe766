"""`prisma db pull`: the schema becomes what the database has."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from prisma_engine import schema
from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.project import Project, find_project
from prisma_engine.cli.target import engine_words, open_target
from prisma_engine.db.pull import Pulled, pull, write_schema, write_views
from prisma_engine.errors import UserFacingError

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Pull the state from the database to the Prisma schema using introspection

Usage

  $ prisma db pull [flags/options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Flags

              -h, --help   Display this help message
                 --force   Ignore current Prisma schema file
                 --print   Print the introspected Prisma schema to stdout

Options

                --config   Custom path to your Prisma config file
                --schema   Custom path to your Prisma schema
                 --url     Override the datasource URL from the Prisma config file
  --composite-type-depth   Specify the depth for introspecting composite types (e.g. Embedded Documents in MongoDB)
                           Number, default is -1 for infinite depth, 0 = off
               --schemas   Specify the database schemas to introspect. This overrides the schemas defined in the datasource block of your Prisma schema.
              --local-d1   Generate a Prisma schema from a local Cloudflare D1 database
Examples

With an existing Prisma schema
  $ prisma db pull

Or specify a Prisma schema path
  $ prisma db pull --schema=./schema.prisma

Instead of saving the result to the filesystem, you can also print it to stdout
  $ prisma db pull --print

Overwrite the current schema with the introspected schema instead of enriching it
  $ prisma db pull --force

Set composite types introspection depth to 2 levels
  $ prisma db pull --composite-type-depth=2
""",  # noqa: E501  -- Prisma's line
    flags=("--force", "--print", "--local-d1"),
    values=("--schema", "--schemas", "--url", "--composite-type-depth"),
)
_EMPTY: Final = "P4001"
_MISSING: Final = "P1003"
_NOT_VALID: Final = "P1012"
_MODELS: Final = re.compile(r"^model\s+", re.MULTILINE)


def run(arguments: Sequence[str]) -> int:
    """Read the database, and write the schema or print it."""
    given = parse(arguments, _SYNTAX)
    if given.has("--local-d1"):
        raise CommandError("`--local-d1` reads a Cloudflare D1 database, and this engine works with PostgreSQL only.")
    project = find_project(given)
    if project.found_schema is None:
        raise CommandError(_no_schema())
    schema.config(project.files)
    if given.has("--print"):
        _print(_pull(project, project.url("prisma db pull"), given, failed=lambda: None))
    else:
        url = open_target(given, "prisma db pull")[1].url
        _write(project, _with_progress(project, url, given), given)
    terminal.say()
    return 0


def _pull(project: Project, url: str, given: Given, *, failed: Callable[[], None]) -> Pulled:
    """Read the database, and write its views' definitions. Errors: CommandError, once `failed` was called."""
    schemas = given.value("--schemas")
    root = project.schema if project.schema.is_dir() else project.schema.parent
    reading = pull(
        project.files,
        url=url,
        folder=root,
        force=given.has("--force"),
        schemas=schemas.split(",") if schemas else None,
        composite_type_depth=_depth(given.value("--composite-type-depth")),
    )
    try:
        with engine_words():
            pulled = interruption.run(reading)
    except CommandError as error:
        failed()
        raise _explained(error) from error
    if pulled.views is not None:
        write_views(project.views, pulled.views)
    return pulled


def _depth(text: str | None) -> int:
    try:
        return -1 if text is None else int(text)
    except ValueError as error:
        raise CommandError(f"--composite-type-depth must be a whole number, and is {text}.") from error


def _print(pulled: Pulled) -> None:
    if len(pulled.files) == 1:
        terminal.say(pulled.files[0][1])
    else:
        for path, text in sorted(pulled.files):
            terminal.say(f"// {os.path.relpath(path)}\n{text}")
    if pulled.warnings and pulled.warnings.strip():
        terminal.warn(f"\n{pulled.warnings}".replace("\n", "\n// "))


def _with_progress(project: Project, url: str, given: Given) -> tuple[Pulled, str]:
    """Read the database and say so; return also how long it took."""
    title = f"Introspecting based on datasource defined in {terminal.underline(os.path.relpath(project.schema))}"
    terminal.say(f"\n- {title}")
    started = time.monotonic()
    pulled = _pull(project, url, given, failed=lambda: terminal.say(f"{terminal.red('✖')} {title}"))
    return pulled, terminal.duration(time.monotonic() - started)


def _write(project: Project, done: tuple[Pulled, str], given: Given) -> None:
    pulled, took = done
    if given.has("--force"):
        _remove_others(project, pulled)
    write_schema(pulled.files)
    path = terminal.underline(os.path.relpath(project.schema))
    told = f"Introspected {_count(pulled)} into {path} in {terminal.bold(took)}"
    warnings = terminal.yellow(f"\n{pulled.warnings}" if pulled.warnings else "")
    hint = f"Run {terminal.green('prisma generate')} to generate Prisma Client."
    terminal.say(f"{terminal.green('✔')} {told}\n      {warnings}\n{hint}")


def _count(pulled: Pulled) -> str:
    models = sum(len(_MODELS.findall(text)) for _, text in pulled.files)
    return f"{models} models and wrote them" if models > 1 else f"{models} model and wrote it"


def _remove_others(project: Project, pulled: Pulled) -> None:
    """Remove the files that the database takes no part in, once the others are known."""
    written = {Path(path).resolve() for path, _ in pulled.files}
    for path, _ in project.files:
        if Path(path).resolve() not in written:
            Path(path).unlink(missing_ok=True)


def _explained(error: CommandError) -> CommandError:
    """The error as this command tells it."""
    cause = error.__cause__
    code = cause.code if isinstance(cause, UserFacingError) else None
    if code == _EMPTY:
        target = "a database that is not empty (it must contain at least one table)"
        return CommandError(_nothing(code, "was empty", "manually create a table in your database.", target))
    if code == _MISSING:
        return CommandError(_nothing(code, "does not exist", "manually create a database.", "an existing database"))
    terminal.say()
    return CommandError(_not_valid(error)) if code == _NOT_VALID else error


def _nothing(code: str, what: str, first: str, target: str) -> str:
    bold, red = terminal.bold, terminal.red
    file = bold("schema.prisma")
    return f"""
{red(bold(f"{code} "))}{red(f"The introspected database {what}:")}

{bold("prisma db pull")} could not create any models in your {file} file and you will not be able to generate Prisma \
Client with the {bold("prisma generate")} command.

{bold("To fix this, you have two options:")}

- {first}
- make sure the database connection URL inside the {bold("datasource")} block in {file} points to {target}.

Then you can run {terminal.green("prisma db pull")} again.
"""


def _not_valid(error: CommandError) -> str:
    green = terminal.green
    return f"""{error}
Introspection failed as your current Prisma schema file is invalid

Please fix your current schema manually (using either {green("prisma validate")} or the Prisma VS Code extension to \
understand what's broken and confirm you fixed it), and then run this command again.
Or run this command with the {green("--force")} flag to ignore your current schema and overwrite it. All local \
modifications will be lost.
"""


def _no_schema() -> str:
    green = terminal.green
    return (
        f"Could not find a {terminal.bold('schema.prisma')} file that is required for this command.\n"
        f"You can either provide it with {green('--schema')}, set its path in the `schema` property in your Prisma"
        f" Config file, or put it into the default location {green('./prisma/schema.prisma')}"
        f" {terminal.underline('https://pris.ly/d/prisma-schema-location')}"
    )
