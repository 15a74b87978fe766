"""`prisma db execute`: a script is sent to the database."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError, UsageError
from prisma_engine.cli.project import find_project
from prisma_engine.cli.target import engine_words
from prisma_engine.db.execute import execute

__all__ = ["run"]

_USAGE: Final = """Usage

  $ prisma db execute [options]

  The datasource URL configuration is read from the Prisma config file (e.g., prisma7.config.ts).

Options

-h, --help            Display this help message
--config              Custom path to your Prisma config file
--schema              Custom path to your Prisma schema, whose datasource has the URL
--url                 URL of the database, instead of the configured one

Script input, only 1 must be provided:
--file                Path to a file. The content will be sent as the script to be executed

Flags

--stdin              Use the terminal standard input as the script to be executed"""
_SYNTAX: Final = Syntax(
    f"""
📝 Execute native commands to your database

This command takes as input a datasource defined in prisma7.config.ts and a script, using --stdin or --file.
The script input parameters are mutually exclusive, only 1 must be provided.

The output of the command is connector-specific, and is not meant for returning data, but only to report success or failure.

On SQL databases, this command takes as input a SQL script.
The whole script will be sent as a single command to the database.

This command is currently not supported on MongoDB.

{_USAGE}
Examples

  Execute the content of a SQL script file using the datasource configured in prisma7.config.ts
  $ prisma db execute --file ./script.sql

  Execute the SQL script from stdin using the configured datasource
  $ echo 'TRUNCATE TABLE dev;' |     prisma db execute     --stdin
""",  # noqa: E501  -- Prisma's line
    flags=("--stdin",),
    values=("--file", "--schema", "--url"),
)


def run(arguments: Sequence[str]) -> int:
    """Send the script, and say that it was executed."""
    given = _given(arguments)
    project = find_project(given)
    url = project.url("prisma db execute")
    script = _script(given)
    with engine_words():
        interruption.run(execute(script, url=url))
    terminal.say("Script executed successfully.")
    return 0


def _given(arguments: Sequence[str]) -> Given:
    try:
        return parse(arguments, _SYNTAX)
    except UsageError as error:
        raise CommandError(f"\n{error}\n\n{_USAGE}\n") from error


def _script(given: Given) -> str:
    hint = f"See `{terminal.green('prisma db execute -h')}`"
    file = given.value("--file")
    if file and given.has("--stdin"):
        raise CommandError(f"--stdin and --file cannot be used at the same time. Only 1 must be provided.\n{hint}")
    if file:
        return _read(file)
    if not given.has("--stdin"):
        raise CommandError(f"Either --stdin or --file must be provided.\n{hint}")
    return sys.stdin.buffer.read().decode(errors="replace")


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode(errors="replace")
    except FileNotFoundError as error:
        raise CommandError(f"Provided --file at {file} doesn't exist.") from error
    except OSError:
        terminal.warn(f"An error occurred while reading the provided --file at {file}")
        raise
