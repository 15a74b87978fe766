"""`prisma py …`: the commands that Prisma Client Python adds to Prisma's."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from prisma_engine.cli import generate as generate_command
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Syntax, parse, read
from prisma_engine.cli.errors import CommandError, HelpAskedError, UsageError
from prisma_engine.generate.platforms import native_target
from prisma_engine.generator import client_version, manifest
from prisma_engine.upstream import ENGINE_HASH, PRISMA_VERSION

__all__ = ["run"]

_HELP: Final = """
Custom command line arguments specifically for Prisma Client Python.

For other prisma commands, see prisma --help

Usage

  $ prisma py [command] [options]

Commands

       dev   Commands for developing Prisma Client Python
     fetch   Download all required binaries: there are none
  generate   Generate prisma artifacts with modified config options
   version   Display Prisma Client Python version information
"""
_VERSION: Final = Syntax(
    """
Display Prisma Client Python version information.

Usage

  $ prisma py version [options]

Options

      --json   Output version information in JSON format
  -h, --help   Display this help message
""",
    flags=("--json",),
)
_FETCH: Final = Syntax(
    """
Ensures all required binaries are available: there are none.

Usage

  $ prisma py fetch [options]

Options

     --force   Changes nothing
  -h, --help   Display this help message
""",
    flags=("--force",),
)
_GENERATE: Final = Syntax(
    """
Generate prisma artifacts with modified config options

Usage

  $ prisma py generate [options]

Options

        --schema   The location of the Prisma schema
         --watch   Watch the Prisma schema and rerun after a change
     --interface   Method that the client will use to interface with Prisma: sync or asyncio
      --partials   Partial type generator location
-t, --type-depth   Depth to generate pseudo-recursive types to; -1 signifies fully recursive types
     --generator   Generator to use (may be provided multiple times)
      -h, --help   Display this help message
""",
    flags=("--watch",),
    values=("--schema", "--interface", "--partials", "--type-depth"),
    lists=("--generator",),
    aliases={"-t": "--type-depth"},
)
_INTERFACES: Final = ("sync", "asyncio")
_VARIABLES: Final[Mapping[str, str]] = {
    "--interface": "PRISMA_PY_CONFIG_INTERFACE",
    "--partials": "PRISMA_PY_CONFIG_PARTIAL_TYPE_GENERATOR",
    "--type-depth": "PRISMA_PY_CONFIG_RECURSIVE_TYPE_DEPTH",
}
"""The environment's variables that Prisma Client Python's generator reads its settings from."""


def run(arguments: Sequence[str]) -> int:
    """Run one of the commands. Errors: CommandError, UsageError."""
    given = read(arguments, Syntax(_HELP))
    if given.has("--help") or not given.rest:
        raise HelpAskedError(_HELP)
    name, *options = given.rest
    if name not in _COMMANDS:
        raise UsageError(f"No such command '{name}'.", _HELP)
    return _COMMANDS[name](options)


def _version(arguments: Sequence[str]) -> int:
    given = parse(arguments, _VERSION)
    parts = {
        "prisma": PRISMA_VERSION,
        "prisma client python": client_version(),
        "platform": native_target(),
        "expected engine version": ENGINE_HASH,
        "installed extras": [],
        "install path": manifest()["defaultOutput"],
        "binary cache dir": "none, nothing is downloaded",
    }
    if given.has("--json"):
        terminal.say(json.dumps({name.replace(" ", "-"): value for name, value in parts.items()}, indent=2))
    else:
        width = max(map(len, parts))
        terminal.say("\n".join(f"{name.ljust(width)} : {value}" for name, value in parts.items()))
    return 0


def _fetch(arguments: Sequence[str]) -> int:
    parse(arguments, _FETCH)
    terminal.say("There is nothing to fetch: the engines came with the package, and no Node.js is needed.")
    return 0


def _generate(arguments: Sequence[str]) -> int:
    given = parse(arguments, _GENERATE)
    interface = given.value("--interface") or _INTERFACES[0]
    if interface not in _INTERFACES:
        raise UsageError(
            f"Invalid value for '--interface': '{interface}' is not one of sync, asyncio", _GENERATE.help_text
        )
    partials = given.value("--partials")
    if partials and not Path(partials).exists():
        raise UsageError(f"Invalid value for '--partials': Path '{partials}' does not exist.", _GENERATE.help_text)
    settings = {variable: given.value(option) for option, variable in _VARIABLES.items()}
    os.environ.update({variable: value for variable, value in settings.items() if value is not None})
    options = [f"{name}={value}" for name in ("--schema", "--generator", "--config") for value in given.all(name)]
    return generate_command.run([*options, *(["--watch"] if given.has("--watch") else [])])


def _dev(arguments: Sequence[str]) -> int:
    parse(arguments, Syntax(_HELP))
    raise CommandError(
        "The GraphQL playground was a part of Prisma 5's query engine. `prisma studio` shows the data of a database."
    )


_COMMANDS: Final[Mapping[str, Callable[[Sequence[str]], int]]] = {
    "version": _version,
    "fetch": _fetch,
    "generate": _generate,
    "dev": _dev,
}
