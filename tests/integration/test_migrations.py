"""Migrations applied from Python."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from fix_postgres import Server
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate import deploy, status

pytestmark = pytest.mark.direct("migrations lock a session, and create databases: they go past it")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations."""
    write(tmp_path, "1_first", 'CREATE TABLE "First" (id int)')
    write(tmp_path, "2_second", 'CREATE TABLE "Second" (id int)')
    return tmp_path


def write(folder: Path, name: str, script: str | bytes) -> None:
    """Write a migration."""
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "migration.sql").write_bytes(script.encode() if isinstance(script, str) else script)


async def fetch(url: str, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query."""
    connection = await asyncpg.connect(url.partition("?")[0])
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def test_a_deployment_names_what_it_applies(database_url: str, folder: Path) -> None:
    assert await deploy(database_url, folder) == ["1_first", "2_second"]
    assert await deploy(database_url, str(folder)) == []


async def test_deployments_at_once_apply_each_migration_once(server: Server, database_url: str, folder: Path) -> None:
    await server.drop(database_url.rpartition("/")[2].partition("?")[0])  # all of them want to create it

    applied = await asyncio.gather(*(deploy(database_url, folder) for _ in range(5)))

    assert sorted(applied) == [[], [], [], [], ["1_first", "2_second"]]


async def test_the_status_tells_what_is_the_matter_with_each_migration(database_url: str, folder: Path) -> None:
    before = await status(database_url, folder)
    await deploy(database_url, folder)
    after = await status(database_url, folder)
    write(folder, "2_second", "SELECT 'edited'")
    write(folder, "3_third", "SELECT 1 / 0")
    (folder / "1_first").rename(folder / "4_fourth")
    changed = await status(database_url, folder)
    with pytest.raises(UserFacingError, match="P3018"):
        await deploy(database_url, folder)
    failed = await status(database_url, folder)

    assert (before.is_managed, before.is_up_to_date, before.unapplied) == (False, False, ["1_first", "2_second"])
    assert (after.is_managed, after.is_up_to_date, after.found) == (True, True, ["1_first", "2_second"])
    assert (changed.edited, changed.unapplied, changed.missing) == (["2_second"], ["3_third", "4_fourth"], ["1_first"])
    assert (changed.is_up_to_date, changed.failed) == (False, [])
    assert (failed.failed, failed.unapplied) == (["3_third"], ["4_fourth"])


async def test_the_status_changes_nothing(database_url: str, folder: Path) -> None:
    await status(database_url.replace("schema=public", "schema=other"), folder)

    assert await fetch(database_url, "SELECT 1 FROM pg_namespace WHERE nspname = 'other'") == []


async def test_the_report_on_a_failed_script_is_kept_also_when_the_script_is_a_transaction(
    database_url: str, folder: Path
) -> None:
    write(folder, "3_third", "BEGIN;\nCREATE TABLE half (id int);\nSELEKT 1;\nCOMMIT;\n")

    with pytest.raises(UserFacingError) as raised:
        await deploy(database_url, folder)

    assert raised.value.code == "P3018"
    assert raised.value.meta["database_error_code"] == "42601"
    assert "Position: line 3, column 1" in raised.value.message
    history = "SELECT logs, finished_at, applied_steps_count FROM _prisma_migrations WHERE migration_name = '3_third'"
    assert await fetch(database_url, history) == [(raised.value.message, None, 0)]
    assert await fetch(database_url, "SELECT to_regclass('half')") == [(None,)]


async def test_a_transaction_that_a_script_leaves_open_is_a_failure(database_url: str, folder: Path) -> None:
    """The Prisma CLI says that it is applied, and the server then forgets it."""
    write(folder, "3_third", "BEGIN; CREATE TABLE half (id int);")

    with pytest.raises(UserFacingError, match="it lacks a COMMIT"):
        await deploy(database_url, folder)

    assert await fetch(database_url, "SELECT to_regclass('half')") == [(None,)]
    assert (await status(database_url, folder)).failed == ["3_third"]


async def test_a_script_may_change_the_search_path_as_dumps_do(database_url: str, folder: Path) -> None:
    write(folder, "0_dump", "SELECT pg_catalog.set_config('search_path', '', false);")
    url = database_url.replace("schema=public", "schema=app")

    await deploy(url, folder)

    assert await fetch(database_url, "SELECT schemaname::text FROM pg_tables WHERE tablename = 'First'") == [("app",)]


async def test_a_script_that_loses_its_connection_has_failed(database_url: str, folder: Path) -> None:
    write(folder, "3_third", "SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(UserFacingError, match="terminating connection due to administrator command"):
        await deploy(database_url, folder)

    assert (await status(database_url, folder)).failed == ["3_third"]


async def test_the_urls_timeout_for_queries_does_not_end_a_migration(database_url: str, folder: Path) -> None:
    write(folder, "3_third", "SELECT pg_sleep(1.5)")

    assert "3_third" in await deploy(f"{database_url}&socket_timeout=1", folder)
