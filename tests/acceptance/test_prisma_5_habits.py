"""What programs for Prisma 5.17 call, on projects as they have them: without a configuration, URLs in the schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pytest

from life.stage import Run, Stage

_GENERATOR: Final = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if request["method"] == "generate":
        open("generated.txt", "a").write("x")
    manifest = {"prettyName": "Marks", "defaultOutput": "marks"}
    answer = {"jsonrpc": "2.0", "id": request["id"], "result": {"manifest": manifest}}
    print(json.dumps(answer), file=sys.stderr, flush=True)
"""
_SCHEMA: Final = """datasource db {
  provider = "postgresql"
  url      = env("SHOP_URL")
}

generator marks {
  provider = "python generate.py"
}

model Thing {
  id Int @id
}
"""
_PACKAGE: Final = {"prisma": {"seed": "python seed.py"}}


@dataclass
class Project:
    """A project of Prisma 5's kind, and the command line that is run on it."""

    stage: Stage
    run: Run

    def prisma(self, *arguments: str, stdin: str = "", **environment: str) -> tuple[int, str]:
        """Run a command; its status, and what it wrote to both streams."""
        variables = {"SHOP_URL": self.stage.url, "NO_COLOR": "1", **environment}
        status, stdout, stderr = self.run(self.stage.folder, arguments, variables, stdin)
        return status, stdout + stderr

    @property
    def marks(self) -> tuple[int, int]:
        """How often was generated, and how often the database was filled."""
        paths = [self.stage.folder / name for name in ("generated.txt", "filled.txt")]
        generated, filled = (path.read_text("utf-8") if path.exists() else "" for path in paths)
        return len(generated), len(filled)


@pytest.fixture
def project(stage: Stage, run_here: Run) -> Project:
    """A project with a generator that leaves marks, and a program that fills the database."""
    stage.remove("prisma.config.ts")
    stage.write("schema.prisma", _SCHEMA)
    stage.write("generate.py", _GENERATOR)
    stage.write("seed.py", "open('filled.txt', 'a').write('x')")
    stage.write("package.json", json.dumps(_PACKAGE))
    return Project(stage, run_here)


def test_commands_generate_afterwards_unless_told_otherwise(project: Project) -> None:
    told = [
        (project.prisma("db", "push"), project.marks),
        (project.prisma("db", "push", "--force-reset", "--skip-generate"), project.marks),
        (project.prisma("migrate", "reset", "--force"), project.marks),
        (project.prisma("migrate", "dev", "--name", "a"), project.marks),
        (project.prisma("migrate", "dev", "--create-only", "--name", "b"), project.marks),
        (project.prisma("migrate", "dev", "--skip-generate", "--skip-seed"), project.marks),
        (project.prisma("migrate", "reset", "--force", "--skip-seed"), project.marks),
        (project.prisma("migrate", "reset", "-f", "--skip-generate"), project.marks),
    ]

    assert [status for (status, _), _ in told] == [0] * len(told), told
    assert [marks for _, marks in told] == [(1, 0), (1, 0), (2, 1), (3, 1), (3, 1), (3, 1), (4, 1), (4, 2)]
    assert "Running generate... (Use --skip-generate to skip the generators)" in told[0][0][1]
    assert "Running seed command `python seed.py` ..." in told[2][0][1]


def test_the_database_is_filled_where_migrate_dev_creates_it(project: Project) -> None:
    project.prisma("db", "push", "--skip-generate")
    missing = project.stage.url.replace("?", "_missing?")
    try:
        status, told = project.prisma("migrate", "dev", "--name", "a", "--skip-generate", SHOP_URL=missing)

        assert (status, project.marks) == (0, (0, 1)), told
        assert "_missing created at " in told
    finally:
        project.stage.execute(f'DROP DATABASE "{missing.rpartition("/")[2].partition("?")[0]}"')


def test_a_seed_that_fails_is_the_commands_failure(project: Project) -> None:
    project.stage.write("seed.py", "raise SystemExit(4)")

    status, told = project.prisma("migrate", "reset", "--force", "--skip-generate")

    assert status == 1
    assert "Error: Command failed with exit code 4: python seed.py" in told


def test_a_script_goes_to_the_database_of_a_url_or_of_a_schema(project: Project) -> None:
    project.stage.write("made.sql", 'CREATE TABLE "made" (id int);')

    by_schema = project.prisma("db", "execute", "--schema", "schema.prisma", "--file", "made.sql")
    by_url = project.prisma(
        "db", "execute", "--url", project.stage.url, "--stdin", stdin="DROP TABLE made", SHOP_URL=""
    )

    assert (by_schema[0], by_url[0]) == (0, 0), (by_schema, by_url)


def test_states_are_named_as_prisma_5_names_them(project: Project) -> None:
    project.prisma("migrate", "dev", "--name", "a", "--skip-generate", "--skip-seed")
    project.stage.execute('ALTER TABLE "Thing" ADD COLUMN more text')
    diff = ("migrate", "diff", "--exit-code")
    url = project.stage.url

    told = [
        project.prisma(*diff, "--from-url", url, "--to-schema-datamodel", "schema.prisma"),
        project.prisma(*diff, "--from-schema-datamodel", "schema.prisma", "--to-schema-datasource", "schema.prisma"),
        project.prisma(*diff, "--from-schema-datasource", "schema.prisma", "--to-url", url),
        project.prisma(*diff, "--from-migrations", "migrations", "--to-url", url, "--script"),
        project.prisma(*diff, "--from-empty", "--to-schema-datamodel", "schema.prisma", SHOP_URL=""),
    ]

    assert [status for status, _ in told] == [2, 2, 0, 2, 2], told
    assert "[-] Removed column `more`" in told[0][1]
    assert "[+] Added column `more`" in told[1][1]
    assert '"Thing" ADD COLUMN     "more" TEXT;' in told[3][1]


def test_migrations_are_compared_in_the_shadow_database_that_is_named(project: Project) -> None:
    project.prisma("migrate", "dev", "--name", "a", "--skip-generate", "--skip-seed")
    shadow = project.stage.url.replace("?", "_shadow?")
    name = shadow.rpartition("/")[2].partition("?")[0]
    project.stage.execute(f'CREATE DATABASE "{name}"')
    try:
        arguments = ("--from-migrations", "migrations", "--to-schema-datamodel", "schema.prisma", "--exit-code")
        told = project.prisma("migrate", "diff", *arguments, "--shadow-database-url", shadow, SHOP_URL="")

        assert told[0] == 0, told
    finally:
        project.stage.execute(f'DROP DATABASE "{name}"')
