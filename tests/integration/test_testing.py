"""`database.testing` in somebody's own test suite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from database.testing import claim_names
from fix_postgres import Server
from steps import PROJECT

PYTEST_ASYNCIO: Final = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")

CONFTEST: Final = """
import pytest

pytest_plugins = ["database.testing"]
"""

SEEDED: Final = """
import asyncio
from urllib.parse import urlsplit

from database import DatabaseService


@pytest.fixture(scope="session")
def database_template(database_server, database_template):
    async def fill():
        async with DatabaseService(url=urlsplit(database_server)._replace(path=f"/{database_template}").geturl()) as db:
            await db.client.session.create(data={"id": "for all"})

    asyncio.run(fill())
    return database_template
"""

TESTS: Final = """
import asyncio, pathlib

import pytest


@pytest.fixture(autouse=True)
def note(database_url):
    with pathlib.Path("databases").open("a") as file:
        file.write(database_url.partition("?")[0].rpartition("/")[2] + "\\n")


@pytest.mark.parametrize("number", range(4))
async def test_rows_stay_with_their_test(db, number):
    known = [session.id for session in await db.sessions.list_sessions()]
    await asyncio.gather(*(db.sessions.create_session() for _ in range(5)))
    assert len(await db.sessions.list_sessions()) == len(known) + 5
    assert known == KNOWN


def test_a_test_that_fails_leaves_nothing(db):
    asyncio.run(db.sessions.create_session())
    assert False, "on purpose"
"""


@pytest.fixture
def run(tmp_path: Path, server: Server) -> Callable[..., str]:
    """Run a suite in an empty project and return what pytest says."""
    shutil.copytree(PROJECT / "migrations", tmp_path / "migrations")
    without_server = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}

    def run(*arguments: str, url: str | None = server.direct.url("postgres")) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            env={**without_server, **({"TEST_DATABASE_URL": url} if url else {})},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return run


@pytest.mark.parametrize(
    "arguments",
    [(*PYTEST_ASYNCIO, "-n", "2"), ("-p", "no:asyncio", "-o", "anyio_mode=auto")],
    ids=["pytest-asyncio in two processes", "anyio"],
)
async def test_each_test_has_a_database_that_is_dropped_after_it(
    arguments: tuple[str, ...], run: Callable[..., str], tmp_path: Path, server: Server
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST + SEEDED, encoding="utf-8")
    (tmp_path / "test_suite.py").write_text(TESTS.replace("KNOWN", '["for all"]'), encoding="utf-8")
    said = run(*arguments)
    assert "1 failed, 4 passed" in said, said
    names = (tmp_path / "databases").read_text("utf-8").split()
    assert len(set(names)) == 5
    connection = await server.connect()
    assert await connection.fetch("SELECT datname FROM pg_database WHERE datname = ANY ($1)", names) == []
    await connection.close()


KILLED: Final = """
import os, pathlib, signal

def test_that_is_killed(database_url):
    pathlib.Path("left").write_text(database_url.partition("?")[0].rpartition("/")[2])
    os.kill(os.getpid(), signal.SIGKILL)
"""


async def test_what_a_killed_run_has_left_the_next_one_drops_and_nothing_of_one_that_still_runs(
    run: Callable[..., str], tmp_path: Path, server: Server
) -> None:
    async def found(*names: str) -> list[str]:
        connection = await server.connect()
        rows = await connection.fetch("SELECT datname FROM pg_database WHERE datname = ANY ($1)", names)
        await connection.close()
        return [row["datname"] for row in rows]

    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_suite.py").write_text(KILLED, encoding="utf-8")
    run(*PYTEST_ASYNCIO)
    left = (tmp_path / "left").read_text(encoding="utf-8")
    assert await found(left) == [left]
    with claim_names(server.direct.url("postgres")) as names:
        ours = f"{names}{0:016x}"
        await server.execute(f'CREATE DATABASE "{ours}"')
        (tmp_path / "test_suite.py").write_text("def test_nothing(database_names):\n    pass\n", encoding="utf-8")
        assert "1 passed" in run(*PYTEST_ASYNCIO)
        assert await found(left, ours) == [ours]
        await server.drop(ours)


def test_without_a_server_one_sentence_says_what_to_set(run: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "test_suite.py").write_text("def test_nothing(db):\n    pass\n", encoding="utf-8")
    said = run(*PYTEST_ASYNCIO, url=None)
    assert "There is no server for the tests: set TEST_DATABASE_URL or DATABASE_URL." in said
    assert "Traceback" not in said
