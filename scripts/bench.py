"""make bench, bench-check, bench-large: install missing peers, then hand over to the harness in benchmarks/."""

from __future__ import annotations

import os
import sys
from typing import Final

from bootstrap import PYTHON, Installation, bootstrap, packages
from node import find_node, has_packages, install_packages
from prisma_command import prisma_or_exit
from steps import PROJECT, environment, main, run_quietly, say, step

_BENCHMARKS: Final = PROJECT / "benchmarks"
_NODE_MODULES: Final = _BENCHMARKS / "node_modules"
_PRISMA: Final = _NODE_MODULES / "prisma" / "build" / "index.js"
_SCHEMA: Final = PROJECT / "schema.prisma"
_GENERATED: Final = _NODE_MODULES / ".prisma" / "client"

INSTALLATIONS: Final = (
    packages("the Python peers", "local", "bench"),
    Installation("the TypeScript peer", lambda: has_packages(_BENCHMARKS), lambda: install_packages(_BENCHMARKS)),
)


def bench(arguments: list[str]) -> None:
    """Install and generate, then become the harness, so that its status is ours."""
    with_typescript = arguments[0] == "run" and find_node() is not None
    if arguments[0] == "run" and not with_typescript:
        say("there is no Node.js 20.19, 22.12, 24 or newer on PATH: Prisma's TypeScript client is left out")
    bootstrap(INSTALLATIONS if with_typescript else INSTALLATIONS[:1])
    with step("generate the clients"):
        prisma_or_exit("generate")
        if with_typescript:
            _generate_typescript_client()
    os.chdir(_BENCHMARKS)
    command = [str(PYTHON), "-m", "harness", *arguments]
    path = os.pathsep.join([str(_BENCHMARKS), str(PROJECT / "scripts")])
    os.execve(command[0], command, {**environment(), "PYTHONPATH": path})  # noqa: S606  -- a fixed program, no shell


def _generate_typescript_client() -> None:
    """Prisma's own client for the same models, by its own command line."""
    schema = _NODE_MODULES / "schema.prisma"
    schema.write_text(_typescript_schema(_SCHEMA.read_text(encoding="utf-8")), encoding="utf-8")
    command = [str(find_node()), str(_PRISMA), "generate", f"--schema={schema}"]
    quiet = {
        "CHECKPOINT_DISABLE": "1",
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "PRISMA_SCHEMA_ENGINE_BINARY": command[0],  # any program: generating runs no engine, but would download one
    }
    run_quietly(command, env={**environment(), **quiet})


def _typescript_schema(schema: str) -> str:
    before, _, rest = schema.partition("generator client {")
    _, _, after = rest.partition("}")
    return f'{before}generator client {{\n  provider = "prisma-client-js"\n  output   = "{_GENERATED}"\n}}{after}'


if __name__ == "__main__":
    main(lambda: bench(sys.argv[1:]))
