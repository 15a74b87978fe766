"""`prisma init`: the first files of a project."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.postgres.url import parse as parse_url

__all__ = ["run"]

_HOSTED: Final = ("--db", "--prompt", "--vibe", "--region", "--name")
_SYNTAX: Final = Syntax(
    """
Set up a new Prisma project

Usage

  $ prisma init [options]

Options

           -h, --help   Display this help message
--datasource-provider   Define the datasource provider to use: postgresql
 --generator-provider   Define the generator provider to use. Default: `prisma-client-py`
    --preview-feature   Define a preview feature to use.
             --output   Define Prisma Client generator output path to use.
                --url   Define a custom datasource url

Flags

         --with-model   Add example model to created schema file

Examples

Set up a new Prisma project
  $ prisma init

Set up a new Prisma project and specify `x` and `y` as the preview features to use
  $ prisma init --preview-feature x --preview-feature y

Set up a new Prisma project and specify `./generated_client` as the output path to use
  $ prisma init --output ./generated_client

Set up a new Prisma project and specify the url that will be used
  $ prisma init --url postgresql://user:password@localhost:5432/mydb

Set up a new Prisma project with an example model
  $ prisma init --with-model
""",
    flags=("--with-model", "--no-skills", "--non-interactive", "--debug", "--db"),
    values=(
        "--url", "--datasource-provider", "--generator-provider", "--output", "--prompt", "--vibe", "--region", "--name"
    ),
    lists=("--preview-feature",),
)  # fmt: skip

_PROVIDERS: Final = frozenset({"postgresql", "postgres"})
_PROVIDERS_OF_PRISMA: Final = frozenset({"mysql", "sqlite", "sqlserver", "mongodb", "cockroachdb", "prismapostgres"})
_DEFAULT_PROVIDER: Final = "prisma-client-py"
_TRY_AGAIN: Final = "        Please try again in a project that is not yet using Prisma.\n      "
_DEFAULT_URL: Final = "postgresql://johndoe:randompassword@localhost:5432/mydb?schema=public"

_SCHEMA: Final = """\
// This is your Prisma schema file,
// learn more about it in the docs: https://pris.ly/d/prisma-schema

generator client {
%s
}

datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}
"""
_MODEL: Final = """
model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  name  String?
}
"""
_ENVIRONMENT: Final = """\
# Environment variables declared in this file are automatically made available to Prisma.
# See the documentation for more detail: https://pris.ly/d/prisma-schema#accessing-environment-variables-from-the-schema

# See the documentation for all the connection string options: https://pris.ly/d/connection-strings

DATABASE_URL="%s"
"""
_IGNORED: Final = """\
# Keep environment variables out of version control
.env
"""
_DONE: Final = """
Initialized Prisma in your project

  prisma/
    schema.prisma
  .env
  .gitignore
{warnings}
Next, set up your database:
  1. Configure your DATABASE_URL in {dotenv}
  2. Run {pull} to introspect your database.

Then, define your models in {schema} and run {dev} to apply your schema.

Learn more: {link}
"""


def run(arguments: Sequence[str]) -> int:
    """Write a schema, `.env` and `.gitignore`; a project that has a schema already is left as it is."""
    given = parse(arguments, _SYNTAX)
    _check(given)
    folder = Path.cwd()
    existing = _existing(folder)
    if existing:
        terminal.say(f"{terminal.badge('ERROR')} {existing} already exists in your project.\n{_TRY_AGAIN}")
        return 1
    (folder / "prisma").mkdir()
    _write(folder / "prisma" / "schema.prisma", _schema(given))
    url = given.value("--url") or _DEFAULT_URL
    notes = [_write_environment(folder / ".env", url), _write_ignored(folder / ".gitignore", given.value("--output"))]
    terminal.say(_done(notes))
    return 0


def _check(given: Given) -> None:
    if given.rest:
        raise CommandError("The init command does not take any argument.")
    hosted = [name for name in _HOSTED if given.has(name)]
    if hosted:
        raise CommandError(f"`{hosted[0]}` sets up a hosted Prisma Postgres database, which does not exist here.")
    provider = given.value("--datasource-provider")
    if provider is not None and provider.lower() not in _PROVIDERS:
        raise CommandError(_wrong_provider(provider))
    if given.has("--url"):
        parse_url(str(given.value("--url")))


def _wrong_provider(provider: str) -> str:
    if provider.lower() in _PROVIDERS_OF_PRISMA:
        return f"prisma-engine works with PostgreSQL only, not with `{provider}`."
    return f'Provider "{provider}" is invalid or not supported. Try again with "postgresql".'


def _existing(folder: Path) -> str | None:
    """What of Prisma is there already."""
    if (folder / "schema.prisma").exists():
        return f"File {terminal.bold('schema.prisma')}"
    return f"A folder called {terminal.bold('prisma')}" if (folder / "prisma").exists() else None


def _schema(given: Given) -> str:
    features = ", ".join(f'"{feature}"' for feature in given.all("--preview-feature"))
    settings = {
        "provider": f'"{given.value("--generator-provider") or _DEFAULT_PROVIDER}"',
        "previewFeatures": f"[{features}]" if features else "",
        "output": f'"{given.value("--output")}"' if given.has("--output") else "",
    }
    written = {name: value for name, value in settings.items() if value}
    width = max(map(len, written))
    generator = "\n".join(f"  {name:{width}} = {value}" for name, value in written.items())
    return _SCHEMA % generator + (_MODEL if given.has("--with-model") else "")


def _write_environment(path: Path, url: str) -> str | None:
    """Write the URL, unless it is there; what is there stays. Returns what to tell of it."""
    if not path.exists():
        _write(path, _ENVIRONMENT % url)
        return None
    if "DATABASE_URL" in dotenv_values(path):
        return f"Prisma would have added DATABASE_URL but it already exists in {terminal.bold('.env')}."
    _write(path, f"\n\n# This was inserted by `prisma init`:\n{_ENVIRONMENT % url}", mode="a")
    return None


def _write_ignored(path: Path, output: str | None) -> str | None:
    """Keep `.env` and a client with a place of its own out of version control. Returns what to tell of it."""
    existed = path.exists()
    if not existed:
        _write(path, _IGNORED)
    if output is not None:
        client = os.path.relpath(Path("prisma") / output).replace(os.sep, "/")
        _write(path, f"\n/{client}\n", mode="a")
    if not existed:
        return None
    ignored, private = terminal.bold(".gitignore"), terminal.bold(".env")
    return (
        f"You already have a {ignored} file. Don't forget to add {private} in it to not commit any private information."
    )


def _write(path: Path, text: str, *, mode: str = "x") -> None:
    with path.open(mode, encoding="utf-8", newline="\n") as file:
        file.write(text)


def _done(notes: Sequence[str | None]) -> str:
    warnings = [f"{terminal.yellow('warn')} {note}" for note in notes if note]
    return _DONE.format(
        warnings="".join(f"{line}\n" for line in ["", *warnings]) if warnings else "",
        dotenv=terminal.green(".env"),
        pull=terminal.green("prisma db pull"),
        schema=terminal.green("prisma/schema.prisma"),
        dev=terminal.green("prisma migrate dev"),
        link=terminal.underline("https://pris.ly/getting-started"),
    )
