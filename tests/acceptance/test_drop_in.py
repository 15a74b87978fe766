"""`docs/drop-in.md`, followed word for word by a program that was written for Prisma 5 and has a database."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from database_url import DatabaseUrl
from fix_postgres import Server
from prisma_engine.upstream import PRISMA_VERSION
from steps import PROJECT

PROGRAM: Final = PROJECT / "tests" / "drop_in"
GUIDE: Final = PROJECT / "docs" / "drop-in.md"

_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TIMEOUT: Final = 900.0  # seconds, for one command: type checking takes minutes on a machine that does much else

MYPY_SETTINGS: Final = """
[mypy]
strict = true
python_version = 3.10
files = helpdesk, check.py
[mypy-helpdesk.client.*]
ignore_errors = true
"""
"""A program checks its own code; the generated client's is Prisma Client Python's."""

RELATION_TABLE: Final = [
    "-- AlterTable",
    'ALTER TABLE "_LabelToTicket" ADD CONSTRAINT "_LabelToTicket_AB_pkey" PRIMARY KEY ("A", "B");',
    "-- DropIndex",
    'DROP INDEX "_LabelToTicket_AB_unique";',
]


def blocks(language: str) -> list[str]:
    """The guide's blocks of a language, in order."""
    return [text for name, text in _BLOCK.findall(GUIDE.read_text(encoding="utf-8")) if name == language]


@dataclass(frozen=True, slots=True)
class Program:
    """The program in a folder of its own, with its database."""

    folder: Path
    url: str
    server: Server

    def run(self, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a person with the program's virtual environment would."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=self.folder,
            env={
                "PATH": path,
                "HOME": str(self.folder),
                "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),  # has translated code
                "PYTHONPATH": os.pathsep.join(sys.path),
                **environment,
            },
            timeout=_TIMEOUT,
            check=False,
            text=True,
            capture_output=True,
        )

    def succeed(self, command: str, **environment: str) -> str:
        """Run a command that has to work and return what it prints."""
        done = self.run(command, **environment)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self) -> list[str]:
        """Do what the guide says, but for installing what the tests have installed already; return what it printed."""
        printed = []
        for block in blocks("sh"):
            lines = [line for line in block.splitlines() if not line.startswith("pip install")]
            printed.append(self.succeed("\n".join(lines)))
        return printed

    def query(self, sql: str) -> list[dict[str, Any]]:
        """What the database answers."""

        async def fetch() -> list[dict[str, Any]]:
            connection = await self.server.connect(DatabaseUrl.parse(self.url).database)
            try:
                return [dict(row) for row in await connection.fetch(sql)]
            finally:
                await connection.close()

        return asyncio.run(fetch())


@pytest.fixture
def before(server: Server, database_url: str, tmp_path: Path) -> Program:
    """The program before the move: its old schema, and a database with its migrations and its data."""
    folder = tmp_path / "program"
    shutil.copytree(PROGRAM, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".env").write_text(f'DATABASE_URL="{database_url}"\n', encoding="utf-8")
    program = Program(folder, database_url, server)
    deploy(program)
    seed = (folder / "seed.sql").read_text(encoding="utf-8")
    asyncio.run(server.execute(seed, database=DatabaseUrl.parse(database_url).database))
    return program


def deploy(program: Program) -> None:
    """Apply the program's migrations as it did when it was deployed: their table is the same in Prisma 5 and 7."""
    config = program.folder.parent / "deploy.config.ts"
    config.write_text(
        'export default { schema: "deploy.prisma", migrations: { path: "program/prisma/migrations" }, '
        "datasource: { url: process.env.DATABASE_URL } }\n",
        encoding="utf-8",
    )
    schema = program.folder.parent / "deploy.prisma"
    schema.write_text('datasource db {\n  provider = "postgresql"\n}\n', encoding="utf-8")
    program.succeed(f"python -m prisma_engine migrate deploy --config '{config}'", DATABASE_URL=program.url)


def test_the_guide_names_the_versions_that_belong_together() -> None:
    assert f"version {PRISMA_VERSION}," in GUIDE.read_text(encoding="utf-8")
    requirement = (PROGRAM / "requirements.txt").read_text(encoding="utf-8").splitlines()[0]
    assert requirement in blocks("sh")[0]


def test_a_program_moves_over_with_its_data_and_its_migrations(before: Program) -> None:
    migrations = before.query("SELECT * FROM _prisma_migrations ORDER BY started_at")
    assert len(migrations) == 2
    before_the_move = {path: path.read_bytes() for path in before.folder.rglob("*.p*") if path.is_file()}

    (
        *_,
        generated,
        status,
    ) = before.follow()

    assert {path: path.read_bytes() for path in before_the_move} == before_the_move
    assert "Generated Prisma Client Python" in generated
    assert "2 migrations found" in status
    assert "Database schema is up to date!" in status

    assert before.succeed("python check.py").splitlines() == ["all is well"]

    assert before.query("SELECT * FROM _prisma_migrations ORDER BY started_at") == migrations
    assert "No pending migrations to apply" in before.succeed("python -m prisma_engine migrate deploy")
    change = "python -m prisma_engine migrate diff --from-config-datasource --to-schema prisma/schema.prisma --script"
    assert [line for line in before.succeed(change).splitlines() if line] == RELATION_TABLE
    types = before.folder / "mypy.ini"
    types.write_text(MYPY_SETTINGS, encoding="utf-8")
    cache = PROJECT / ".data" / "mypy-of-drop-in"  # of what the program imports, which is the same in the next run
    assert "Success: no issues found" in before.succeed("python -m mypy", MYPY_CACHE_DIR=str(cache))
