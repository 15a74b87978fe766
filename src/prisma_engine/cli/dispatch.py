"""Finds the module of a command, runs it, and prints what stops it as Prisma's command line does."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given, Syntax, read
from prisma_engine.cli.errors import CommandError, HelpAskedError, UsageError
from prisma_engine.cli.help import DB, MIGRATE, PRISMA, render
from prisma_engine.cli.schema_words import error_words
from prisma_engine.errors import PrismaEngineError, UserFacingError
from prisma_engine.schema import SchemaError

__all__ = ["main", "run"]

INTERRUPTED: Final = 130

_COMMANDS: Final[Mapping[str, str]] = {
    "init": "init",
    "generate": "generate",
    "studio": "studio",
    "validate": "validate",
    "format": "format",
    "version": "version",
    "py": "py",
    "restore": "restore",
}
_GROUPS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "migrate": (MIGRATE, {name: f"migrate_{name}" for name in ("dev", "reset", "deploy", "status", "resolve", "diff")}),
    "db": (DB, {name: f"db_{name}" for name in ("pull", "push", "seed", "execute")}),
}
_ELSEWHERE: Final[Mapping[str, str]] = {
    "bootstrap": "it sets up a hosted Prisma Postgres database",
    "dev": "it starts Prisma's own local Prisma Postgres server; use any PostgreSQL",
    "platform": "it manages Prisma's hosted services",
    "postgres": "it manages hosted Prisma Postgres databases",
    "mcp": "it serves Prisma's hosted services to development tools",
    "debug": "it describes Node.js and its native engines; `prisma version` describes this installation",
    "complete": "it completes commands of Prisma's Node.js command line",
}
"""Prisma's commands that have nothing to do here, and why."""

_EARLY: Final = ("--preview-feature", "--experimental", "--early-access")

_OWN_LINE: Final = frozenset({None, "P1000", "P1001", "P1003", "P1010", "P1011", "P1013", "P1017", "P2037"})
"""Codes that Prisma writes before their message; others get a line of their own."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line, the process's own where none is given, and end the process with its status."""
    status = run(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    gc.freeze()  # at its end Python would look for cycles in all that was loaded: a sixth of a short command
    sys.exit(status)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit status; every failure is printed and none is raised."""
    terminal.prepare_streams()
    _show_progress()
    try:
        return _told(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return 1


def _told(arguments: Sequence[str]) -> int:
    """Run a command line, and print what stops it."""
    try:
        return _dispatch(arguments)
    except HelpAskedError as asked:
        terminal.say(render(asked.help_text))
        return 0
    except UsageError as error:
        terminal.warn(f"\n{terminal.bold(terminal.red('!'))} {error}\n{render(error.help_text)}")
    except BrokenPipeError:
        raise
    except (CommandError, PrismaEngineError, OSError) as error:
        terminal.warn(f"{_before(error)}{terminal.bold(terminal.red('Error: '))}{_words(error)}")
    return 1


def _dispatch(arguments: Sequence[str]) -> int:
    given = read(arguments, Syntax(PRISMA, flags=("--version", "--json", *_EARLY), aliases={"-v": "--version"}))
    if given.has("--version"):
        return _run("version", arguments)
    if given.has("--help") or not given.rest:
        raise HelpAskedError(PRISMA)
    name, *options = given.rest
    return _dispatch_command(name, [*_config_of(given), *options])


def _dispatch_command(name: str, options: Sequence[str]) -> int:
    if name in _GROUPS:
        return _dispatch_group(*_GROUPS[name], options)
    if name in _ELSEWHERE:
        raise CommandError(f"`prisma {name}` does not exist here: {_ELSEWHERE[name]}.")
    if name not in _COMMANDS:
        raise UsageError(f'Unknown command "{name}"', PRISMA)
    return _run(_COMMANDS[name], options)


def _dispatch_group(help_text: str, commands: Mapping[str, str], options: Sequence[str]) -> int:
    given = read(options, Syntax(help_text, flags=_EARLY))
    if given.has("--help") or not given.rest:
        raise HelpAskedError(help_text)
    name, *rest = given.rest
    if name not in commands:
        raise UsageError(f'Unknown command "{name}"', help_text)
    return _run(commands[name], [*_config_of(given), *(option for option in rest if option not in _EARLY)])


def _config_of(given: Given) -> list[str]:
    """The option that may stand before a command as well as behind it."""
    return [f"--config={path}" for path in given.all("--config")]


def _run(module: str, options: Sequence[str]) -> int:
    command: Any = importlib.import_module(f"prisma_engine.cli.{module}")
    return int(command.run(options))


def _show_progress() -> None:
    """Have what is done once for each machine told, as it takes seconds."""
    log = logging.getLogger("prisma_engine.wasm")
    log.setLevel(logging.INFO)
    if not any(isinstance(handler, terminal.Progress) for handler in log.handlers):
        log.addHandler(terminal.Progress())


def _before(error: Exception) -> str:
    return "\n" if isinstance(error, SchemaError) and error.function == "validate" else ""


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, SchemaError):
        return error_words(error)
    if isinstance(error, UserFacingError) and error.code not in _OWN_LINE:
        return f"{error.code}\n\n{error.message}\n"
    return str(error)


def _forget_stdout() -> None:
    """Keep Python from complaining at its end that nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
