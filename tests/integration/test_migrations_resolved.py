"""Migrations that somebody has seen to by hand, recorded from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from fix_postgres import Server
from integration.test_migrations import fetch, write
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate import deploy, resolve, session, status
from prisma_engine.migrate.folder import digest

pytestmark = pytest.mark.direct("migrations lock a session: they go past it")

_HISTORY = """
SELECT migration_name, checksum, logs IS NOT DISTINCT FROM '', applied_steps_count,
       CASE WHEN rolled_back_at IS NOT NULL THEN 'rolled back' WHEN finished_at IS NOT NULL THEN 'applied' END
FROM _prisma_migrations ORDER BY started_at, 5 DESC
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A migration, and one that fails."""
    write(tmp_path, "1_first", "CREATE TABLE first (id int)")
    write(tmp_path, "2_second", "CREATE TABLE second (id int); SELECT 1 / 0")
    return tmp_path


@pytest.fixture
async def failed(database_url: str, folder: Path) -> str:
    """The URL of a database where the second has failed."""
    with pytest.raises(UserFacingError, match="P3018"):
        await deploy(database_url, folder)
    return database_url


async def test_a_database_that_is_in_use_gets_its_baseline(database_url: str, folder: Path) -> None:
    await fetch(database_url, "CREATE TABLE first (id int)")

    await resolve(database_url, folder, applied="1_first")

    assert await fetch(database_url, _HISTORY) == [
        ("1_first", digest("CREATE TABLE first (id int)"), True, 0, "applied")
    ]
    at_once = (
        "SELECT started_at = finished_at, started_at = date_trunc('milliseconds', started_at) FROM _prisma_migrations"
    )
    assert await fetch(database_url, at_once) == [(True, True)]
    assert (await status(database_url, folder)).unapplied == ["2_second"]


async def test_a_schema_that_is_missing_is_made_for_a_baseline(database_url: str, folder: Path) -> None:
    await resolve(database_url.replace("schema=public", "schema=app"), folder, applied="1_first")

    assert await fetch(database_url, "SELECT migration_name FROM app._prisma_migrations") == [("1_first",)]


async def test_what_was_rolled_back_is_applied_again(failed: str, folder: Path) -> None:
    await resolve(failed, folder, rolled_back="2_second")
    await resolve(failed, folder, rolled_back="2_second")
    write(folder, "2_second", "CREATE TABLE second (id int)")

    assert await deploy(failed, folder) == ["2_second"]
    assert [row[4] for row in await fetch(failed, _HISTORY)] == ["applied", "rolled back", "applied"]


async def test_what_was_mended_by_hand_counts_as_applied(failed: str, folder: Path) -> None:
    await resolve(failed, folder, applied="2_second")

    assert await deploy(failed, folder) == []
    assert [row[3:] for row in await fetch(failed, _HISTORY)] == [(1, "applied"), (0, "rolled back"), (0, "applied")]


async def test_a_migration_that_is_gone_from_the_folder_can_be_rolled_back(failed: str, tmp_path: Path) -> None:
    await resolve(failed, tmp_path / "nowhere", rolled_back="2_second")

    assert (await status(failed, tmp_path)).failed == []


@pytest.mark.parametrize(
    ("applied", "rolled_back", "error"),
    [
        ("1_first", None, "P3008: The migration `1_first` is already recorded as applied in the database."),
        (None, "3_third", "P3011: Migration `3_third` cannot be rolled back because it was never applied"),
        (None, "1_first", "P3012: Migration `1_first` cannot be rolled back because it is not in a failed state."),
        ("3_third", None, "P3017: The migration 3_third could not be found."),
        ("4_empty", None, "P3017: The migration 4_empty could not be found."),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    failed: str, folder: Path, applied: str | None, rolled_back: str | None, error: str
) -> None:
    (folder / "4_empty").mkdir()
    before = await fetch(failed, _HISTORY)

    with pytest.raises(UserFacingError) as raised:
        await resolve(failed, folder, applied=applied, rolled_back=rolled_back)

    assert str(raised.value).startswith(error)
    assert await fetch(failed, _HISTORY) == before


async def test_nothing_was_applied_where_nothing_is_recorded(database_url: str, folder: Path) -> None:
    with pytest.raises(UserFacingError, match="P3011"):
        await resolve(database_url, folder, rolled_back="1_first")

    assert not (await status(database_url, folder)).is_managed


async def test_migrations_of_another_kind_of_database_are_refused(database_url: str, folder: Path) -> None:
    (folder / "migration_lock.toml").write_text('provider = "mysql"\n')

    with pytest.raises(UserFacingError, match=r"P3019: .*`mysql`"):
        await resolve(database_url, folder, applied="1_first")


async def test_a_deployment_at_work_is_waited_for(
    server: Server, failed: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_LOCK_PATIENCE", 0.2)
    holder = await server.connect(failed.rpartition("/")[2].partition("?")[0])
    try:
        await holder.execute("SELECT pg_advisory_lock(72707369)")
        for resolution in ({"applied": "2_second"}, {"rolled_back": "2_second"}):
            with pytest.raises(UserFacingError, match="P1002"):
                await resolve(failed, folder, **resolution)
    finally:
        await holder.close()


async def test_one_of_the_two_has_to_be_named(database_url: str, folder: Path) -> None:
    for both in ({}, {"applied": "1_first", "rolled_back": "1_first"}):
        with pytest.raises(TypeError, match="name one migration"):
            await resolve(database_url, folder, **both)
