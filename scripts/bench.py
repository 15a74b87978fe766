"""make bench, make bench-check: install the peers that are missing, then hand over to the harness in benchmarks/."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bootstrap import PYTHON, Installation, installing
from node import environment, find_node, npm, prisma_or_exit
from steps import PROJECT, VENV, main, run_quietly, step

_BENCHMARKS: Final = PROJECT / "benchmarks"
_NODE_MODULES: Final = _BENCHMARKS / "node_modules"
_PRISMA: Final = _NODE_MODULES / "prisma" / "build" / "index.js"
_PACKAGES_STAMP: Final = VENV / ".installed-bench"
_NODE_STAMP: Final = _NODE_MODULES / ".installed"
_SCHEMA: Final = PROJECT / "schema.prisma"
_GENERATED: Final = _NODE_MODULES / ".prisma" / "client"


def bench(arguments: list[str]) -> None:
    """Install and generate, then become the harness, so that its status is ours."""
    with_typescript = arguments[0] == "run"
    _install(INSTALLATIONS if with_typescript else INSTALLATIONS[:1])
    with step("generate the clients"):
        prisma_or_exit("generate")
        if with_typescript:
            _generate_typescript_client()
    os.chdir(_BENCHMARKS)
    command = [str(PYTHON), "-m", "harness", *arguments]
    path = os.pathsep.join([str(_BENCHMARKS), str(PROJECT / "scripts")])
    os.execve(command[0], command, {**environment(), "PYTHONPATH": path})  # noqa: S606  -- a fixed program, no shell


def _install(installations: Sequence[Installation]) -> None:
    with installing():
        for installation in installations:
            if not installation.is_current():
                with step(f"install {installation.name}"):
                    installation.install()


def _generate_typescript_client() -> None:
    """Prisma's own client for the same models."""
    schema = _NODE_MODULES / "schema.prisma"
    schema.write_text(_typescript_schema(_SCHEMA.read_text(encoding="utf-8")), encoding="utf-8")
    command = [str(find_node()), str(_PRISMA), "generate", f"--schema={schema}"]
    run_quietly(command, env={**environment(), "CHECKPOINT_DISABLE": "1", "PRISMA_HIDE_UPDATE_MESSAGE": "1"})


def _typescript_schema(schema: str) -> str:
    before, _, rest = schema.partition("generator client {")
    _, _, after = rest.partition("}")
    return f'{before}generator client {{\n  provider = "prisma-client-js"\n  output   = "{_GENERATED}"\n}}{after}'


def _install_packages() -> None:
    options = ("--quiet", "--no-input", "--disable-pip-version-check")
    run_quietly([str(PYTHON), "-m", "pip", "install", *options, "--editable", f"{PROJECT}[dev,bench]"])
    _PACKAGES_STAMP.write_text(_digest(PROJECT / "pyproject.toml"), encoding="utf-8")


def _install_node_packages() -> None:
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    run_quietly([npm(), "ci", f"--prefix={_BENCHMARKS}", *options], env=environment())
    _NODE_STAMP.write_text(_digest(_BENCHMARKS / "package-lock.json"), encoding="utf-8")


def _is_current(stamp: Path, source: Path) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _digest(source)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


INSTALLATIONS: Final = (
    Installation(
        "the Python peers", lambda: _is_current(_PACKAGES_STAMP, PROJECT / "pyproject.toml"), _install_packages
    ),
    Installation(
        "the TypeScript peer",
        lambda: _is_current(_NODE_STAMP, _BENCHMARKS / "package-lock.json"),
        _install_node_packages,
    ),
)


if __name__ == "__main__":
    main(lambda: bench(sys.argv[1:]))
