"""What the commands on migrations and databases ask a person at a terminal, and that Ctrl-C leaves nothing behind."""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from fix_postgres import Server
from terminal import CTRL_C, CTRL_D, Terminal, terminal

_SCHEMA = 'datasource db {{\n  provider = "postgresql"\n}}\n\nmodel Thing {{\n  id Int @id\n{fields}}}\n'


@pytest_asyncio.fixture
async def project(tmp_path: Path, server: Server) -> AsyncIterator[Project]:
    """A project without migrations on an empty database."""
    name = await server.direct.create()
    yield Project(tmp_path, server.direct.url(name))
    await server.direct.drop(name)


class Project:
    """A schema in a folder of its own, and its database."""

    def __init__(self, folder: Path, url: str, own_url: str | None = None) -> None:
        self._folder = folder
        self._url = url
        self._own_url = own_url or url
        self.describe("  name String?\n")

    def describe(self, fields: str) -> None:
        """Let the model have these fields besides its id."""
        (self._folder / "schema.prisma").write_text(_SCHEMA.format(fields=fields), "utf-8")

    @contextmanager
    def prisma(self, *arguments: str) -> Iterator[Terminal]:
        """Run a command at a terminal."""
        with terminal(self._folder, {"DATABASE_URL": self._own_url}, "-m", "prisma_engine", *arguments) as screen:
            yield screen

    def as_role(self, role: str) -> Project:
        """The same project, on its database as another user."""
        return Project(self._folder, self._url, re.sub(r"//.*@", f"//{role}:geheim@", self._url))

    def write_migration(self, name: str, sql: str) -> None:
        """Write a migration by hand."""
        folder = self._folder / "migrations" / name
        folder.mkdir(parents=True)
        (folder / "migration.sql").write_text(sql, "utf-8")
        (folder.parent / "migration_lock.toml").write_text('provider = "postgresql"\n', "utf-8")

    async def until(self, sql: str) -> None:
        """Wait until a query finds something."""
        while not await self.fetch(sql):  # noqa: ASYNC110  -- what is waited for happens in another process
            await asyncio.sleep(0.05)

    @property
    def migrations(self) -> list[str]:
        """The migrations' names as a person has given them."""
        return sorted(path.parent.name[15:] for path in self._folder.glob("migrations/*/migration.sql"))

    async def execute(self, sql: str) -> None:
        """Run a script on the database."""
        await self.fetch(sql)

    async def fetch(self, sql: str) -> list[object]:
        """The first column of what a query finds."""
        connection = await asyncpg.connect(self._url.partition("?")[0])
        try:
            return [row[0] for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    async def columns(self) -> list[object]:
        """The columns of the model's table."""
        is_column = "attrelid = to_regclass('\"Thing\"') AND attnum > 0 AND NOT attisdropped"
        return await self.fetch(f"SELECT attname FROM pg_attribute WHERE {is_column}")


async def test_migrate_dev_asks_for_the_name_of_the_migration(project: Project) -> None:
    with project.prisma("migrate", "dev") as screen:
        screen.wait_for("Enter a name for the new migration:")
        screen.type("Erste Größe\n")
        status, shown = screen.finish()

    assert (status, project.migrations) == (0, ["erste_groesse"]), shown
    assert "Your database is now in sync with your schema." in shown


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
async def test_migrate_dev_leaves_nothing_behind_when_no_name_is_given(project: Project, key: str) -> None:
    with project.prisma("migrate", "dev") as screen:
        screen.wait_for("Enter a name for the new migration:")
        screen.type(key)
        status, shown = screen.finish()

    assert (status, project.migrations) == (130, []), shown
    assert "Canceled by user." in shown
    assert await project.columns() == []


async def test_migrate_dev_asks_before_it_loses_data(project: Project) -> None:
    with project.prisma("migrate", "dev", "--name", "a") as screen:
        assert screen.finish()[0] == 0
    await project.execute("INSERT INTO \"Thing\" VALUES (1, 'one')")
    project.describe("")

    answers = {}
    for key in (CTRL_C, "n", "y"):
        with project.prisma("migrate", "dev", "--name", "b") as screen:
            screen.wait_for("Are you sure you want to create and apply this migration?")
            screen.type(key)
            answers[key] = (screen.finish()[0], project.migrations)

    assert answers == {CTRL_C: (130, ["a"]), "n": (130, ["a"]), "y": (0, ["a", "b"])}
    assert await project.columns() == ["id"]


async def test_db_push_asks_before_it_loses_data(project: Project) -> None:
    with project.prisma("db", "push") as screen:
        assert screen.finish()[0] == 0
    await project.execute("INSERT INTO \"Thing\" VALUES (1, 'one')")
    project.describe("")

    answers = {}
    for key in (CTRL_C, "\n", "y"):
        with project.prisma("db", "push") as screen:
            screen.wait_for("Do you want to ignore the warning(s)?")
            screen.type(key)
            answers[key] = (screen.finish()[0], await project.columns())

    assert answers == {CTRL_C: (130, ["id", "name"]), "\n": (130, ["id", "name"]), "y": (0, ["id"])}


async def test_migrate_reset_asks_before_it_erases(project: Project) -> None:
    await project.execute("CREATE TABLE precious (id int)")

    answers = {}
    for key in (CTRL_C, "n", "y"):
        with project.prisma("migrate", "reset") as screen:
            screen.wait_for("Are you sure you want to reset your database? All data will be lost.")
            screen.type(key)
            status, shown = screen.finish()
        answers[key] = (
            status,
            "Reset cancelled." in shown,
            await project.fetch("SELECT to_regclass('precious')::text"),
        )

    assert answers == {CTRL_C: (130, True, ["precious"]), "n": (130, True, ["precious"]), "y": (0, False, [None])}


async def test_ctrl_c_leaves_no_shadow_database_and_no_connection(project: Project, server: Server) -> None:
    role = f"owner_{uuid.uuid4().hex}"
    await server.direct.execute(f"CREATE ROLE {role} LOGIN SUPERUSER PASSWORD 'geheim'")
    mine = project.as_role(role)
    mine.write_migration("20200101000000_slow", "SELECT pg_sleep(600)")
    try:
        with mine.prisma("migrate", "dev") as screen:
            await mine.until(
                f"SELECT 1 FROM pg_stat_activity WHERE usename = '{role}' AND query LIKE '%pg_sleep(600)%'"
            )
            screen.type(CTRL_C)
            status, shown = screen.finish()

        assert status == 130, shown
        assert mine.migrations == ["slow"]
        await mine.until(f"SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = '{role}')")
        owned = f"SELECT datname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE rolname = '{role}'"
        assert await mine.fetch(owned) == []
    finally:
        await server.direct.execute(f"DROP ROLE {role}")
