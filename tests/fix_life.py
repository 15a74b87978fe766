"""A project to run commands on, and our command line in the tests' own process."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from fix_postgres import Server
from life.stage import Run, Stage
from prisma_engine.cli import dispatch


@pytest.fixture
def stage(server: Server, tmp_path: Path) -> Iterator[Stage]:
    """An empty project on an empty database."""
    name = asyncio.run(server.direct.create())
    yield Stage.build(tmp_path, server.direct.url(name))
    asyncio.run(server.direct.drop(name))


@pytest.fixture
def run_here(capfd: pytest.CaptureFixture[str]) -> Run:
    """Our command line, in this process, with nothing of its environment but the search path."""

    def run(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], stdin: str) -> tuple[int, str, str]:
        with pytest.MonkeyPatch.context() as patch:
            for name in os.environ.keys() - {"HOME", "PATH"}:
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            patch.chdir(folder)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            status = dispatch.run(arguments)
        return status, *capfd.readouterr()

    return run
