"""`prisma format`: writes the schema anew, with equal indents and columns."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prisma_engine import schema
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.project import Project, open_project
from prisma_engine.cli.schema_words import warn_of
from prisma_engine.schema import SchemaFile

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Format a Prisma schema.

Usage

  $ prisma format [options]

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema

Examples

With an existing Prisma schema
  $ prisma format

Or specify a Prisma schema path
  $ prisma format --schema=./schema.prisma
""",
    flags=("--check",),
    values=("--schema",),
)


def run(arguments: Sequence[str]) -> int:
    """Format the files of the schema, or check that they are formatted. Errors: SchemaError where it is not valid."""
    started = time.perf_counter()
    given = parse(arguments, _SYNTAX)
    project = open_project(given)
    formatted = schema.format(project.files)
    warn_of(formatted)
    schema.validate(formatted, colour=terminal.has_colours())
    changed = [file for file, before in zip(formatted, project.files, strict=True) if file != before]
    return _check(changed) if given.has("--check") else _write(project, changed, started)


def _check(changed: Sequence[SchemaFile]) -> int:
    if changed:
        mark, command = terminal.bold(terminal.red("!")), terminal.underline("prisma format")
        terminal.warn(f"{mark} There are unformatted files. Run {command} to format them.")
        return 1
    terminal.say("All files are formatted correctly!")
    return 0


def _write(project: Project, changed: Sequence[SchemaFile], started: float) -> int:
    for path, text in changed:
        Path(path).write_bytes(text.encode())
    name = terminal.underline(os.path.relpath(project.schema))
    terminal.say(f"Formatted {name} in {terminal.duration(time.perf_counter() - started)} 🚀")
    return 0
