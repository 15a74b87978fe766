"""The help of the whole command line and of its two groups, in Prisma's words, and how help is shown at a terminal."""

from __future__ import annotations

import re
from typing import Final

from prisma_engine.cli import terminal

__all__ = ["DB", "MIGRATE", "PRISMA", "render"]

_HEADING: Final = re.compile(
    r"^(?P<indent> *)(?P<text>Usage|Options|Flags|Examples|Commands?(?: for [a-z/ ]+)?)$", re.MULTILINE
)
_PROMPT: Final = re.compile(r"^(?P<indent> *)\$ ", re.MULTILINE)
_LINK: Final = re.compile(r"https://[\w./-]+\w")
_SIGN: Final = "◭  "


def render(text: str) -> str:
    """The help as a terminal shows it: headings in bold, links underlined."""
    text = _HEADING.sub(lambda found: found["indent"] + terminal.bold(found["text"]), text)
    text = _PROMPT.sub(lambda found: f"{found['indent']}{terminal.dim('$')} ", text)
    text = _LINK.sub(lambda found: terminal.underline(found[0]), text)
    text = text.replace("(e.g., prisma7.config.ts)", f"(e.g., {terminal.italic('prisma7.config.ts')})")
    return text.replace(_SIGN, terminal.bold(terminal.green(_SIGN)))


PRISMA: Final = """
    ◭  Prisma is a modern DB toolkit to query, migrate and model your database (https://prisma.io)

    Usage

      $ prisma [command]

    Commands

                init   Set up Prisma for your app
            generate   Generate artifacts (e.g. Prisma Client)
                  db   Manage your database schema and lifecycle
             migrate   Migrate your database
              studio   Browse your data with Prisma Studio
            validate   Validate your Prisma schema
              format   Format your Prisma schema
             version   Displays Prisma version info

    Flags

         --preview-feature   Run Preview Prisma commands
         --help, -h          Show additional information about a command

    Examples

      Set up a new Prisma project
      $ prisma init

      Generate artifacts (e.g. Prisma Client)
      $ prisma generate

      Browse your data
      $ prisma studio

      Create migrations from your Prisma schema, apply them to the database, generate artifacts (e.g. Prisma Client)
      $ prisma migrate dev

      Pull the schema from an existing database, updating the Prisma schema
      $ prisma db pull

      Push the Prisma schema state to the database
      $ prisma db push

      Validate your Prisma schema
      $ prisma validate

      Format your Prisma schema
      $ prisma format

      Display Prisma version info
      $ prisma version
"""

MIGRATE: Final = """
Update the database schema with migrations

Usage

  $ prisma migrate [command] [options]

Commands for development

         dev   Create a migration from changes in Prisma schema, apply it to the database
               trigger generators (e.g. Prisma Client)
       reset   Reset your database and apply all migrations, all data will be lost

Commands for production/staging

      deploy   Apply pending migrations to the database
      status   Check the status of your database migrations
     resolve   Resolve issues with database migrations, i.e. baseline, failed migration, hotfix

Command for any stage

        diff   Compare the database schema from two arbitrary sources

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema

Examples

  Create a migration from changes in Prisma schema, apply it to the database, trigger generators (e.g. Prisma Client)
  $ prisma migrate dev

  Reset your database and apply all migrations
  $ prisma migrate reset

  Apply pending migrations to the database in production/staging
  $ prisma migrate deploy

  Check the status of migrations in the production/staging database
  $ prisma migrate status

  Specify a schema
  $ prisma migrate status --schema=./schema.prisma

  Compare the database schema from two databases and render the diff as a SQL script
  $ prisma migrate diff     --from-url "$DATABASE_URL"     --to-url "postgresql://login:password@localhost:5432/db"     --script
"""  # noqa: E501  -- Prisma's line

DB: Final = """
🏋️  Manage your database schema and lifecycle during development.

Usage

  $ prisma db [command] [options]

Options

  -h, --help   Display this help message
    --config   Custom path to your Prisma config file
    --schema   Custom path to your Prisma schema

Commands
     pull   Pull the state from the database to the Prisma schema using introspection
     push   Push the state from Prisma schema to the database during prototyping
     seed   Seed your database
  execute   Execute native commands to your database

Examples

  Run `prisma db pull`
  $ prisma db pull

  Run `prisma db push`
  $ prisma db push

  Run `prisma db seed`
  $ prisma db seed

  Run `prisma db execute`
  $ prisma db execute
"""
