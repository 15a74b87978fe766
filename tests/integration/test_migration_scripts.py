"""Scripts that do something to the session that they run in, and scripts that PostgreSQL cannot run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fix_postgres import Server
from integration.test_migrations import fetch, write
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate import deploy, status

pytestmark = pytest.mark.direct("migrations lock a session: they go past it")

_UNDONE = {
    "a role": "SET ROLE pg_monitor",
    "a session's user": "SET SESSION AUTHORIZATION pg_monitor",
    "no writes": "SET default_transaction_read_only = on",
    "no writes of the session": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
    "timeouts": "SET statement_timeout = 1; SET lock_timeout = 1",
    "an encoding": "SET client_encoding = 'LATIN1'; SELECT 'ä'",
    "strings": "SET standard_conforming_strings = off",
    "formats": "SET DateStyle = 'German, DMY'; SET TIME ZONE 'Asia/Tokyo'; SET IntervalStyle = 'iso_8601'",
    "a search_path": "SELECT pg_catalog.set_config('search_path', '', false)",
    "everything": "DISCARD ALL",
    "prepared statements": "PREPARE mine AS SELECT 1; DEALLOCATE ALL",
    "a cursor": "DECLARE mine CURSOR WITH HOLD FOR SELECT 1; LISTEN mine; NOTIFY mine, 'x'",
}


async def test_nothing_that_a_script_sets_reaches_the_next_one(database_url: str, tmp_path: Path) -> None:
    for number, script in enumerate(_UNDONE.values(), 10):
        write(tmp_path, f"{number}_set", script)
        write(tmp_path, f"{number}_used", f"CREATE TABLE t{number} AS SELECT '\\ä'::text, now()")
    applied = await deploy(database_url, tmp_path)

    assert len(applied) == 2 * len(_UNDONE)
    assert (await status(database_url, tmp_path)).is_up_to_date
    made = "SELECT count(*) FROM pg_tables WHERE tablename LIKE 't__' AND tableowner = current_user"
    assert await fetch(database_url, made) == [(len(_UNDONE),)]


async def test_the_role_that_whoever_connects_is_given_is_kept(
    server: Server, database_url: str, tmp_path: Path
) -> None:
    write(tmp_path, "1_reset", "SET ROLE NONE")
    write(tmp_path, "2_used", "CREATE TABLE owned (id int)")
    name = database_url.rpartition("/")[2].partition("?")[0]
    owner = f"owner_{name[-8:]}"
    await server.execute(f'CREATE ROLE {owner}; GRANT CREATE ON DATABASE "{name}" TO {owner}')
    try:
        await deploy(f"{database_url.partition('?')[0]}?schema=app&options=-c%20role%3D{owner}", tmp_path)

        owned = "SELECT tableowner::text FROM pg_tables WHERE tablename = 'owned'"
        assert await fetch(database_url, owned) == [(owner,)]
    finally:
        await server.execute(f"DROP OWNED BY {owner}; DROP ROLE {owner}", database=name)


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        (b"CREATE TABLE half (id int);\n-- \x00", "08P01", "HINT: The script has a NUL character"),
        ("CREATE TABLE half (id int)".encode("utf-16"), "08P01", "Position: line 1, column 4"),
        ("\ufeffCREATE TABLE half (id int)", "42601", 'syntax error at or near "\ufeffCREATE"'),
        ("CREATE TABLE half (id int); COPY half FROM STDIN", "57014", "write them as INSERT"),
        ("CREATE TABLE half (id int);\n\\connect other", "42601", "Position: line 2, column 1"),
        ("CREATE TABLE half (id int); VACUUM", "25001", "cannot run inside a transaction block"),
        ("BEGIN; CREATE TABLE half (id int)", "none", "it lacks a COMMIT"),
        (
            "BEGIN; CREATE TABLE half (id int); COMMIT AND CHAIN; DROP TABLE half; SELECT 1 / 0",
            "22012",
            "zero",
        ),
        ("CREATE TABLE half (id int); SELECT pg_terminate_backend(pg_backend_pid())", "57P01", "administrator command"),
    ],
    ids=["nul", "utf-16", "byte order mark", "copy", "psql", "vacuum", "begin", "chain", "killed"],
)
async def test_a_script_that_cannot_run_is_a_failed_migration(
    database_url: str, tmp_path: Path, script: str | bytes, code: str, words: str
) -> None:
    write(tmp_path, "1_odd", script)

    with pytest.raises(UserFacingError, match="P3018") as raised:
        await deploy(database_url, tmp_path)

    assert raised.value.meta["database_error_code"] == code
    assert words in raised.value.message
    assert (await status(database_url, tmp_path)).failed == ["1_odd"]
    with pytest.raises(UserFacingError, match="P3009"):
        await deploy(database_url, tmp_path)


async def test_scripts_without_a_statement_are_applied(database_url: str, tmp_path: Path) -> None:
    scripts = ["", ";", ";;\n ; -- x\n", "/* a */ -- copy b from stdin", "\r\n"]
    for number, script in enumerate(scripts):
        write(tmp_path, f"{number}_empty", script)

    assert len(await deploy(database_url, tmp_path)) == len(scripts)


async def test_a_large_script_is_applied(database_url: str, tmp_path: Path) -> None:
    write(tmp_path, "1_large", f"CREATE TABLE large AS SELECT length('{'x' * 10_000_000}') AS n")

    await deploy(database_url, tmp_path)

    assert await fetch(database_url, "SELECT n FROM large") == [(10_000_000,)]


@pytest.mark.parametrize("script", ["DROP TABLE _prisma_migrations", "DROP SCHEMA public CASCADE"])
async def test_a_script_that_drops_the_table_of_migrations_is_told_so(
    database_url: str, tmp_path: Path, script: str
) -> None:
    write(tmp_path, "1_drop", script)

    with pytest.raises(UserFacingError) as raised:
        await deploy(database_url, tmp_path)

    assert str(raised.value) == "P1014: The underlying table for model `_prisma_migrations` does not exist."
