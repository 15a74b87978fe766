"""make bench, bench-check, bench-large: install what its peers need, then hand over to the harness in benchmarks/."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bootstrap import PYTHON, Installation, bootstrap, packages
from node import has_packages, install_packages, newest_node
from prisma_command import prisma_or_exit
from steps import PROJECT, environment, main, run_quietly, step

_BENCHMARKS: Final = PROJECT / "benchmarks"
sys.path.append(str(_BENCHMARKS))

from harness.arguments import parse, peers_for  # noqa: E402  # it is no package of this folder's
from harness.peers import OURS_SYNC_CLIENT, PeerProgram  # noqa: E402

_NODE_MODULES: Final = _BENCHMARKS / "node_modules"
_PRISMA: Final = _NODE_MODULES / "prisma" / "build" / "index.js"
_CLIENTS: Final = _BENCHMARKS / ".data"
_PROVIDER: Final = "python -m prisma_engine.generator"
_GENERATED: Final = _NODE_MODULES / ".prisma" / "client"
_TYPESCRIPT: Final = Installation(
    "the TypeScript peer", lambda: has_packages(_BENCHMARKS), lambda: install_packages(_BENCHMARKS)
)


def bench(arguments: Sequence[str]) -> None:
    """Install and generate, then become the harness, so that its status is ours."""
    peers = peers_for(parse(arguments))
    bootstrap(installations(peers))
    with step("generate the clients"):
        prisma_or_exit("generate")
        if any(peer.is_node for peer in peers):
            _generate_typescript_client()
        if any(peer.name == OURS_SYNC_CLIENT for peer in peers):
            _generate_synchronous_client()
    os.chdir(_BENCHMARKS)
    command = [str(PYTHON), "-m", "harness", *arguments]
    path = os.pathsep.join(map(str, [_BENCHMARKS, _CLIENTS, PROJECT / "scripts"]))
    os.execve(command[0], command, {**environment(), "PYTHONPATH": path})  # noqa: S606  -- a fixed program, no shell


def installations(peers: Sequence[PeerProgram]) -> list[Installation]:
    """What has to be installed for these peers, and nothing for others."""
    extras = sorted({peer.extra for peer in peers if peer.extra is not None})
    python = packages("what the peers need", "local", "bench", *extras)
    return [python, _TYPESCRIPT] if any(peer.is_node for peer in peers) else [python]


def _generate_typescript_client() -> None:
    """Prisma's own client for the same models, by its own command line."""
    schema = _NODE_MODULES / "schema.prisma"
    schema.write_text(_schema("prisma-client-js", output=_GENERATED), encoding="utf-8")
    command = [str(newest_node()), str(_PRISMA), "generate", f"--schema={schema}"]
    quiet = {
        "CHECKPOINT_DISABLE": "1",
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "PRISMA_SCHEMA_ENGINE_BINARY": command[0],  # any program: generating runs no engine, but would download one
    }
    run_quietly(command, env={**environment(), **quiet})


def _generate_synchronous_client() -> None:
    """This project's client for the same models, without async."""
    schema = _CLIENTS / "schema.prisma"
    schema.parent.mkdir(parents=True, exist_ok=True)
    text = _schema(
        _PROVIDER, output=_CLIENTS / "sync_client", options='interface = "sync"\n  recursive_type_depth = -1'
    )
    schema.write_text(text, encoding="utf-8")
    prisma_or_exit("generate", f"--schema={schema}")


def _schema(provider: str, *, output: Path, options: str = "") -> str:
    """The project's schema with another generator."""
    before, _, rest = (PROJECT / "schema.prisma").read_text(encoding="utf-8").partition("generator client {")
    _, _, after = rest.partition("}")
    return f'{before}generator client {{\n  provider = "{provider}"\n  output = "{output}"\n  {options}\n}}{after}'


if __name__ == "__main__":
    main(lambda: bench(sys.argv[1:]))
