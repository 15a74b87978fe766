"""The memory of agents of the examples, with the frameworks themselves, on a schema with the column that they need."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import chain, product
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from database_url import DatabaseUrl
from file_lock import locked
from fix_clients import generate
from fix_environment import PythonEnvironment, make_environment_above
from fix_postgres import Server
from steps import PROJECT, VENV

EXAMPLE: Final = PROJECT / "examples" / "agent_memory"
PROGRAMS: Final = PROJECT / "tests" / "agent_memory"
FRAMEWORKS: Final = VENV / "frameworks"  # kept: they are large, and nothing else needs them
TASKS, BATCHES, SIZE = 3, 4, 3  # as in `together.py`
_TIMEOUT: Final = 300.0  # seconds, for one command


@pytest.fixture(scope="module")
def frameworks() -> Path:
    """The folder with the frameworks, which the first run installs, and any after a change of what is required."""
    required = EXAMPLE / "requirements.txt"
    source, stamp = hashlib.sha256(required.read_bytes()).hexdigest(), FRAMEWORKS / ".installed"
    with locked(FRAMEWORKS.with_suffix(".lock")):
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != source:
            python = make_environment_above(FRAMEWORKS).scripts / "python"  # half of what they need is there
            options = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
            subprocess.run([python, "-m", "pip", "install", *options, "-r", required], check=True)
            stamp.write_text(source, encoding="utf-8")
    return PythonEnvironment(FRAMEWORKS).packages


@pytest.fixture(scope="module")
def client() -> Path:
    """The folder with the client of the schema as the example's README changes it, and the tables' `create.sql`."""
    schema = (PROJECT / "schema.prisma").read_text(encoding="utf-8")
    [line] = re.findall(r"^  data .*\n", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    schema = schema.replace("model Message {\n", f"model Message {{\n{line}")
    return generate(
        "agent_memory", schema.replace("generator client {\n", 'generator client {\n  output = "./prisma"\n')
    )


@pytest_asyncio.fixture
async def url(server: Server, database_url: str, client: Path) -> str:
    """The URL of a database with the tables."""
    tables = (client / "create.sql").read_text(encoding="utf-8")
    await server.execute(tables, database=DatabaseUrl.parse(database_url).database)
    return database_url


@pytest.fixture
def environment(url: str, client: Path) -> Callable[..., dict[str, str]]:
    """What a program runs in: the database, the client, the example, and other folders before the tests' own."""

    def environment(*folders: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        path = os.pathsep.join(map(str, [client, EXAMPLE.parent, *folders, *sys.path]))
        return {**kept, "DATABASE_URL": url, "PYTHONPATH": path}

    return environment


@pytest.mark.parametrize("program", ["openai_agent", "langchain_chat"])
def test_a_framework_gets_back_all_that_went_through_it(
    program: str, environment: Callable[..., dict[str, str]], frameworks: Path
) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAMS / f"{program}.py"],
        env=environment(frameworks),
        timeout=_TIMEOUT,
        check=False,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr


async def test_what_is_appended_at_once_stays_together_and_is_taken_once(
    environment: Callable[..., dict[str, str]], server: Server, url: str
) -> None:
    programs = [await _started(name, environment()) for name in "ab"]
    for program in programs:
        assert program.stdin is not None
        program.stdin.write(b"go\n")
    for program in programs:
        await _is_ready(program)
    connection = await server.connect(DatabaseUrl.parse(url).database)
    rows = await connection.fetch('SELECT content FROM "Message" ORDER BY "createdAt", id')
    await connection.close()
    stored = [json.loads(row["content"]) for row in rows]
    assert all(stored[start : start + SIZE] == _batch(*stored[start][:2]) for start in range(0, len(stored), SIZE))
    writers = [f"{program}{task}" for program, task in product("ab", range(TASKS))]
    for writer in writers:
        assert [batch for name, batch, part in stored if (name, part) == (writer, 0)] == list(range(BATCHES))
    ended = await asyncio.wait_for(asyncio.gather(*(program.communicate(b"go\n") for program in programs)), _TIMEOUT)
    assert [program.returncode for program in programs] == [0, 0]
    popped = [json.loads(line) for output, _ in ended for line in output.splitlines()]
    assert sorted(popped) == sorted(chain.from_iterable(_batch(*one) for one in product(writers, range(BATCHES))))


def _batch(writer: str, number: int) -> list[list[Any]]:
    return [[writer, number, part] for part in range(SIZE)]


async def _started(name: str, environment: dict[str, str]) -> asyncio.subprocess.Process:
    """A program that waits for the word to append, and then for that to take."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, PROGRAMS / "together.py", name),
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    await _is_ready(program)
    return program


async def _is_ready(program: asyncio.subprocess.Process) -> None:
    assert program.stdout is not None
    assert await asyncio.wait_for(program.stdout.readline(), _TIMEOUT) == b"ready\n"
