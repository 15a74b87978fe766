"""`prisma validate`: whether the schema is valid."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from prisma_engine import schema
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Syntax, parse
from prisma_engine.cli.project import open_project
from prisma_engine.cli.schema_words import warn_of

__all__ = ["run"]

_SYNTAX: Final = Syntax(
    """
Validate a Prisma schema.

Usage

  $ prisma validate [options]

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema

Examples

  With an existing Prisma schema
    $ prisma validate

  With a Prisma config file
    $ prisma validate --config=./prisma7.config.ts

  Or specify a Prisma schema path
    $ prisma validate --schema=./schema.prisma
""",
    values=("--schema",),
)


def run(arguments: Sequence[str]) -> int:
    """Print that the schema is valid. Errors: SchemaError where it is not."""
    project = open_project(parse(arguments, _SYNTAX))
    warn_of(project.files)
    schema.validate(project.files, colour=terminal.has_colours())
    schema.config(project.files)
    several = len(project.files) > 1
    name = terminal.underline(os.path.relpath(project.schema))
    terminal.say(f"The schema{'s' * several} at {name} {'are' if several else 'is'} valid 🚀")
    return 0
