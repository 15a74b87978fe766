"""`prisma generate`: runs the generators of the schema, once or whenever it changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, parse
from prisma_engine.cli.errors import CommandError
from prisma_engine.cli.project import open_project
from prisma_engine.cli.schema_words import error_words
from prisma_engine.errors import PrismaEngineError
from prisma_engine.generate import Generated, Result, read_project
from prisma_engine.generate import run as run_generators
from prisma_engine.schema import SchemaError, schema_files

__all__ = ["generate_after", "run"]

_SYNTAX: Final = Syntax(
    """
Generate artifacts (e.g. Prisma Client)

Usage

  $ prisma generate [options]

Options
          -h, --help   Display this help message
            --config   Custom path to your Prisma config file
            --schema   Custom path to your Prisma schema
             --watch   Watch the Prisma schema and rerun after a change
         --generator   Generator to use (may be provided multiple times)
          --no-hints   Hides the hint messages but still outputs errors and warnings
    --require-models   Do not allow generating a client without models

Examples

  With an existing Prisma schema
    $ prisma generate

  Or specify a schema
    $ prisma generate --schema=./schema.prisma

  Run the command with multiple specific generators
    $ prisma generate --generator client1 --generator client2

  Watch Prisma schema file and rerun after each change
    $ prisma generate --watch
""",
    flags=(
        "--watch",
        "--no-hints",
        "--require-models",
        "--allow-no-models",
        "--sql",
        "--no-engine",
        "--data-proxy",
        "--accelerate",
        "--postinstall",
    ),
    values=("--schema",),
    lists=("--generator",),
)
_WITHOUT_MEANING: Final = ("--no-engine", "--data-proxy", "--accelerate")
_NO_GENERATORS: Final = """
info You don't have any generators defined in your schema.prisma, so nothing will be generated.
Add the Prisma Client generator like this:

generator client {
  provider = "prisma-client-py"
}

Then run $ prisma generate.

More information in our documentation:
https://pris.ly/d/prisma-schema
"""
_LOOK_EVERY: Final = 0.3  # seconds: a change is seen at once, and looking costs nothing that could be felt


def run(arguments: Sequence[str]) -> int:
    """Generate, and go on with `--watch`. Errors: CommandError, UserFacingError, OSError."""
    given = parse(arguments, _SYNTAX)
    if given.has("--sql"):
        raise CommandError("`--sql` is for Prisma's TypeScript client: no client for Python has typed SQL.")
    for option in filter(given.has, _WITHOUT_MEANING):
        terminal.warn(f"{terminal.yellow('warn')} {option} changes nothing: the client here has its engine in itself.")
    schema = open_project(given).schema
    if given.has("--watch"):
        return _watch(schema, given)
    terminal.say(_generate(schema, given))
    return 0


def generate_after(schema: Path) -> None:
    """Generate once a command has changed the database, as Prisma 5 does; a failure is told, and no more."""
    hint = terminal.dim("(Use --skip-generate to skip the generators)")
    terminal.say(f"\nRunning generate... {hint}")
    try:
        terminal.say(_summary(run_generators(read_project(schema, colour=terminal.has_colours())), ()))
    except (CommandError, PrismaEngineError, OSError) as error:
        terminal.warn(_words(error))


def _generate(schema: Path, given: Given) -> str:
    """Generate once, and say what happened. Errors: CommandError when a generator failed."""
    project = read_project(schema, colour=terminal.has_colours())
    for warning in project.warnings:
        terminal.warn(f"{terminal.yellow('warn')} {warning}")
    if not project.generators:
        return _NO_GENERATORS
    names = given.all("--generator")
    return _summary(run_generators(project, names=names, may_lack_models=not given.has("--require-models")), names)


def _summary(done: Generated, names: Sequence[str]) -> str:
    """What became of each generator; one that npm packages have is an error where it was asked for, or all there is."""
    for path in done.left:
        terminal.warn(
            f"{terminal.yellow('warn')} {path} cannot be written, so the environment's `prisma` stays Prisma Client"
            " Python's own. Use `python -m prisma_engine` in its place."
        )
    is_fatal = all(result.is_missing for result in done.results)
    told = [result for result in done.results if is_fatal or not result.is_missing or result.name in names]
    for result in done.results:
        if result not in told:
            terminal.warn(f"{terminal.yellow('warn')} {_left_out(result)}")
    text = "\n" + "\n".join(map(_line, told))
    if any(result.error is not None for result in told):
        raise CommandError(text)
    return text


def _line(result: Result) -> str:
    if result.is_missing:
        return f"{_left_out(result)}\n"
    if result.error is not None:
        return f"{result.error}\n\n"
    version = f" ({result.version})" if result.version else ""
    place = terminal.dim(f" to .{os.sep}{os.path.relpath(result.output)}") if result.output else ""
    return f"✔ Generated {terminal.bold(result.title)}{version}{place} in {_duration(result.seconds)}\n"


def _left_out(result: Result) -> str:
    return (
        f'The generator {result.name} was left out: "{result.provider}" is no program here, only npm packages have it.'
    )


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds < 1 else f"{seconds:.2f}s"


def _watch(schema: Path, given: Given) -> int:
    """Generate at each change, until Ctrl-C; what fails is told, and watching goes on."""
    root = schema if schema.is_dir() else schema.parent
    heading = f"\n{terminal.green('Watching...')} {terminal.dim(str(root.absolute()))}\n\n"
    terminal.say(heading + _told(lambda: _generate(schema, given)))
    for changed in _changes(schema):
        terminal.say(f"Change in {os.path.relpath(changed)}\n\n{terminal.green('Building...')}\n")
        terminal.say(heading + _told(lambda: _generate(schema, given)))
    return 0


def _told(work: Callable[[], str]) -> str:
    try:
        return work()
    except (CommandError, PrismaEngineError, OSError) as error:
        return f"{_words(error)}\n"


def _words(error: Exception) -> str:
    return error_words(error) if isinstance(error, SchemaError) else str(error)


def _changes(schema: Path) -> Iterator[Path]:
    """A file of the schema, each time that it or another one is new, has changed or is gone."""
    before = _stamps(schema)
    while True:
        time.sleep(_LOOK_EVERY)
        now = _stamps(schema)
        changed = [path for path in {**before, **now} if before.get(path) != now.get(path)]
        before = now
        if changed:
            yield changed[0]


def _stamps(schema: Path) -> dict[Path, tuple[int, int]]:
    """When each file was written last, and its size; an editor may just be putting another one in its place."""
    stamps = {}
    for path in schema_files(schema):
        try:
            status = path.stat()
        except OSError:
            continue
        stamps[path] = (status.st_mtime_ns, status.st_size)
    return stamps
