"""A project to run commands on, and our command line in the tests' own process."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Have these variables and no others; what a command adds to them, of a `.env` file, is gone afterwards."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def run_here(capfd: pytest.CaptureFixture[str]) -> Run:
    """Our command line, in this process, with nothing of its environment but the search path."""

    def run(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], stdin: str) -> tuple[int, str, str]:
        with (
            _environment({**environment, "HOME": os.environ["HOME"], "PATH": os.environ["PATH"]}),
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.chdir(folder)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
            status = dispatch.run(arguments)
        return status, *capfd.readouterr()

    return run
