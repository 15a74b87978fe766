"""`migrate deploy`, `status` and `resolve` in Python, beside the Prisma CLI: the same words, statuses and table."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from acceptance.prisma_cli import Outcome, PrismaProject, node
from fix_forks import Forks
from fix_postgres import Server
from interop import node_engine, official
from prisma_engine.errors import UserFacingError
from prisma_engine.migrate import deploy
from prisma_engine.migrate.folder import read_folder

_CREATE: Final = 'CREATE TABLE "{0}" (id serial PRIMARY KEY);\n'
_BROKEN: Final = """\
CREATE TABLE "Half" (id int);
-- ein Kommentar: ä€😀
DO $$ BEGIN RAISE EXCEPTION 'nein; wirklich' USING DETAIL = 'darum', HINT = 'lass es', ERRCODE = 'ZZ123'; END $$;
"""
_MISSPELT: Final = 'CREATE TABLE "Half" (id int);\n-- ä€😀\n\n\n  CREATE /* 😀 */ TABEL "Broken" (id int);\nSELECT 1;\n'
_SECRET: Final = "geheim"
_BY_HAND: Final = """\
-- functions and strings keep their semicolons
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END; $$;
BEGIN;
CREATE TABLE words (word text DEFAULT 'a;b', n int DEFAULT twice(2));
COMMIT;
"""


pytestmark = official.needed


@pytest_asyncio.fixture
async def twins(tmp_path: Path, server: Server, forks: Forks) -> AsyncIterator[tuple[PrismaProject, PrismaProject]]:
    """One folder with two migrations on two empty databases: the first is the Prisma CLI's, the second Python's."""
    names = [await server.direct.create() for _ in range(2)]
    project = PrismaProject.create(tmp_path, None, forks).without_migrations()
    project.write_migration("1_first", _CREATE.format("First"))
    project.write_migration("2_second", _CREATE.format("Second"))
    first, second = (project.on(server.direct.url(name)) for name in names)
    yield first, second
    for name in names:
        await server.drop(name)


@pytest.fixture
def project(twins: tuple[PrismaProject, PrismaProject]) -> PrismaProject:
    """One of them, for both to work on."""
    return twins[0]


async def _execute(project: PrismaProject, sql: str) -> None:
    connection = await asyncpg.connect((project.url or "").partition("?")[0])
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _fetch(project: PrismaProject, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect((project.url or "").partition("?")[0])
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def _history(project: PrismaProject, schema: str = "public") -> list[tuple[Any, ...]]:
    return await _fetch(
        project,
        "SELECT migration_name, checksum, finished_at IS NULL, rolled_back_at IS NULL, applied_steps_count,"
        " logs = '', finished_at = started_at AND applied_steps_count = 0"
        f" FROM {schema}._prisma_migrations ORDER BY started_at, migration_name",
    )


async def _histories(project: PrismaProject) -> dict[str, list[tuple[Any, ...]]]:
    """What the table of migrations has, in each schema that has one."""
    schemas = "SELECT quote_ident(schemaname) FROM pg_tables WHERE tablename = '_prisma_migrations'"
    return {schema: await _history(project, schema) for (schema,) in await _fetch(project, schemas)}


def _database(project: PrismaProject) -> str:
    return urlsplit(project.url or "").path.removeprefix("/")


def _place(project: PrismaProject) -> str:
    return urlsplit(project.url or "").netloc.rpartition("@")[2]


def _comparable(outcome: Outcome, project: PrismaProject) -> Outcome:
    """Without what differs by its nature: the database's name and place, times, and when the configuration is told."""

    def same(text: str) -> str:
        text = text.replace(_database(project) or "postgres", "DATABASE")
        text = text.replace(_place(project), "PLACE")
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", "TIME", text)

    loaded = "Loaded Prisma config from prisma.config.ts.\n\n"
    return Outcome(outcome.status, same(outcome.stdout), same(outcome.stderr).replace(loaded, ""))


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await condition():  # noqa: ASYNC110  -- what is waited for happens in another process
            await asyncio.sleep(0.02)

    await asyncio.wait_for(poll(), 60)


# Situations: each brings a database and the folder into one state


async def _nothing(_project: PrismaProject) -> None:
    """Both migrations are pending."""


async def _all_applied(project: PrismaProject) -> None:
    await deploy(project.url or "", project.migrations)


async def _one_applied(project: PrismaProject) -> None:
    held = project.folder / "held"
    shutil.move(project.migrations / "2_second", held)
    await _all_applied(project)
    shutil.move(held, project.migrations / "2_second")


async def _a_failing_script(project: PrismaProject) -> None:
    project.write_migration("2_second", _BROKEN)


async def _a_misspelt_script(project: PrismaProject) -> None:
    project.write_migration("2_second", _MISSPELT)


async def _a_failing_transaction(project: PrismaProject) -> None:
    project.write_migration("2_second", f"BEGIN;\n{_MISSPELT}COMMIT;\n")


async def _failed(project: PrismaProject) -> None:
    await _a_failing_script(project)
    with pytest.raises(UserFacingError, match="P3018"):
        await _all_applied(project)


async def _several_failed(project: PrismaProject) -> None:
    await _all_applied(project)
    await _execute(
        project, "UPDATE _prisma_migrations SET finished_at = NULL, started_at = date_trunc('s', started_at)"
    )


async def _failed_twice(project: PrismaProject) -> None:
    await _failed(project)
    again = "SELECT gen_random_uuid()::text, checksum, migration_name FROM _prisma_migrations WHERE finished_at IS NULL"
    await _execute(project, f"INSERT INTO _prisma_migrations (id, checksum, migration_name) {again}")


async def _failed_and_pending(project: PrismaProject) -> None:
    await _failed(project)
    project.write_migration("3_third", _CREATE.format("Third"))


async def _rolled_back(project: PrismaProject) -> None:
    await _failed(project)
    project.write_migration("2_second", _CREATE.format("Second"))
    await _execute(project, "UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL")


async def _rolled_back_and_removed(project: PrismaProject) -> None:
    await _rolled_back(project)
    _remove(project, "2_second")


async def _edited(project: PrismaProject) -> None:
    await _all_applied(project)
    project.write_migration("1_first", "SELECT 'another script'")


async def _missing_in_the_folder(project: PrismaProject) -> None:
    await _all_applied(project)
    _remove(project, "1_first")


async def _missing_and_pending(project: PrismaProject) -> None:
    await _missing_in_the_folder(project)
    project.write_migration("3_third", _CREATE.format("Third"))


async def _nothing_in_common(project: PrismaProject) -> None:
    await _all_applied(project)
    _remove(project, "1_first", "2_second")
    project.write_migration("0_new", _CREATE.format("New"))


async def _not_empty(project: PrismaProject) -> None:
    await _execute(project, "CREATE TABLE somebodys (id int)")


async def _baseline(project: PrismaProject) -> None:
    await _execute(project, _CREATE.format("First"))


async def _a_view_only(project: PrismaProject) -> None:
    await _execute(project, "CREATE VIEW seen AS SELECT 1 AS one; CREATE TYPE mood AS ENUM ('fine')")


async def _no_folder(project: PrismaProject) -> None:
    shutil.rmtree(project.migrations, ignore_errors=True)


async def _no_folder_any_more(project: PrismaProject) -> None:
    await _all_applied(project)
    await _no_folder(project)


async def _no_script(project: PrismaProject) -> None:
    project.migrations.joinpath("3_empty").mkdir(exist_ok=True)


async def _no_script_any_more(project: PrismaProject) -> None:
    await _all_applied(project)
    project.migrations.joinpath("1_first", "migration.sql").unlink()


async def _another_provider(project: PrismaProject) -> None:
    project.migrations.joinpath("migration_lock.toml").write_text('# by hand\nprovider = "mysql"\n', "utf-8")


async def _no_lock_file(project: PrismaProject) -> None:
    project.migrations.joinpath("migration_lock.toml").unlink(missing_ok=True)


async def _scripts_of_all_kinds(project: PrismaProject) -> None:
    project.write_migration("3_hand", _BY_HAND)
    project.write_migration("4_index", 'CREATE INDEX CONCURRENTLY seconds ON "Second" (id)')
    project.write_migration("5_comment", "-- nothing\n")
    project.write_migration("6_none", "")
    project.write_migration("7_windows", "SELECT 1;\r\nSELECT 'ä';\r\n")


def _remove(project: PrismaProject, *names: str) -> None:
    for name in names:
        shutil.rmtree(project.migrations / name, ignore_errors=True)


async def _a_lock_file_without_a_provider(project: PrismaProject) -> None:
    project.migrations.joinpath("migration_lock.toml").write_text("", "utf-8")


async def _a_map_server(project: PrismaProject) -> None:
    await _execute(project, "CREATE TABLE spatial_ref_sys (srid int); CREATE VIEW geometry_columns AS SELECT 1 AS one")


async def _schemas(project: PrismaProject) -> None:
    datasource = 'datasource db {\n  provider = "postgresql"\n  schemas  = ["a", "b"]\n}\n'
    project.schema.write_text(datasource, "utf-8")
    await _execute(project, "CREATE SCHEMA b; CREATE TABLE b.somebodys (id int)")


async def _no_database(project: PrismaProject) -> None:
    other = project.on(urlsplit(project.url or "")._replace(path="/postgres").geturl())
    await _execute(other, f'DROP DATABASE "{_database(project)}"')


async def _a_schema_that_is_not_there(project: PrismaProject) -> PrismaProject:
    await _execute(project, "CREATE TABLE public.somebodys (id int)")
    return project.on((project.url or "").replace("schema=public", "schema=an%20app"))


async def _a_wrong_password(project: PrismaProject) -> PrismaProject:
    return project.on(f"postgresql://nobody:{_SECRET}@{_place(project)}/nowhere")


async def _no_server(project: PrismaProject) -> PrismaProject:
    return project.on(f"postgresql://nobody:{_SECRET}@127.0.0.1:1/nowhere?schema=somebodys")


async def _no_server_and_no_name(project: PrismaProject) -> PrismaProject:
    return project.on(f"postgresql://nobody:{_SECRET}@127.0.0.1:1")


Situation = Callable[[PrismaProject], Awaitable[PrismaProject | None]]
"""What it gives is the project where the commands are run, if that is another one."""

_SITUATIONS: Final[Mapping[Situation, Sequence[tuple[str, int]]]] = {
    _nothing: [("status", 1), ("deploy", 0)],
    _all_applied: [("status", 0), ("deploy", 0)],
    _one_applied: [("status", 1), ("deploy", 0)],
    _a_failing_script: [("deploy", 1), ("deploy", 1), ("status", 1)],
    _a_misspelt_script: [("deploy", 1)],
    _a_failing_transaction: [("deploy", 1)],
    _several_failed: [("status", 1), ("deploy", 1)],
    _failed_and_pending: [("status", 1)],
    _rolled_back: [("status", 1), ("deploy", 0)],
    _rolled_back_and_removed: [("status", 0)],
    _edited: [("status", 0), ("deploy", 0)],
    _missing_in_the_folder: [("status", 0), ("deploy", 0)],
    _missing_and_pending: [("status", 1), ("deploy", 0)],
    _nothing_in_common: [("status", 1)],
    _not_empty: [("status", 1), ("deploy", 1)],
    _a_view_only: [("deploy", 0)],
    _no_folder: [("status", 1), ("deploy", 0)],
    _no_folder_any_more: [("status", 0)],
    _no_script: [("deploy", 1), ("status", 1)],
    _no_script_any_more: [("status", 1), ("deploy", 0)],
    _another_provider: [("status", 1), ("deploy", 1)],
    _no_lock_file: [("deploy", 0)],
    _scripts_of_all_kinds: [("deploy", 0)],
    _a_lock_file_without_a_provider: [("status", 1), ("deploy", 1)],
    _a_map_server: [("deploy", 0)],
    _schemas: [("deploy", 1)],
    _baseline: [
        ("resolve", 1),
        ("resolve --applied 1_first --rolled-back 2_second", 1),
        ("resolve --applied", 1),
        ("resolve --applied 9_unknown", 1),
        ("resolve --applied 1_first", 0),
        ("resolve --applied 1_first", 1),
        ("resolve --rolled-back 1_first", 1),
        ("resolve --rolled-back 2_second", 1),
        ("deploy", 0),
    ],
    _failed: [("resolve --rolled-back 2_second", 0), ("resolve --rolled-back 2_second", 0), ("status", 1)],
    _no_database: [("status", 1), ("deploy", 0)],
    _a_schema_that_is_not_there: [("status", 1), ("deploy", 0), ("status", 0)],
    _a_wrong_password: [("deploy", 1), ("status", 1)],
    _no_server: [("deploy", 1), ("status", 1)],
    _no_server_and_no_name: [("deploy", 1), ("status", 1)],
    _failed_twice: [("resolve --applied 2_second", 0), ("resolve --rolled-back 2_second", 0), ("status", 0)],
}
"""Situation -> commands, and the statuses that they end with."""


def _name(situation: Situation) -> str:
    return situation.__name__.strip("_")


_WAITING: Final = "another_deployment"
_RECORD: Final = official.Record("migrate", [*map(_name, _SITUATIONS), _WAITING])
"""What the official command line has said in each situation, and noted in the database."""

Program = Callable[..., Awaitable[Outcome]]


async def _played(project: PrismaProject, situation: Situation, commands: Sequence[str], *, officially: bool) -> Any:
    """What commands say one after the other in a situation, and what the tables of migrations have then, as JSON."""
    there = await situation(project) or project
    said = await _said(there, there.prisma if officially else there.python, commands)
    return json.loads(json.dumps({"said": said, "history": await _histories(project)}))


async def _said(project: PrismaProject, run: Program, commands: Sequence[str]) -> list[dict[str, Any]]:
    outcomes = [(command, await run("migrate", *command.split())) for command in commands]
    return [{"command": command, **asdict(_comparable(outcome, project))} for command, outcome in outcomes]


@pytest.mark.parametrize("situation", _SITUATIONS, ids=_name)
async def test_both_say_do_and_note_the_same(twins: tuple[PrismaProject, PrismaProject], situation: Situation) -> None:
    """Prisma's command line answers now, or has answered before: in either case it has to be what is recorded."""
    name, commands = _name(situation), [command for command, _ in _SITUATIONS[situation]]
    folder, kept = twins[0].migrations, twins[0].folder / "kept"
    shutil.copytree(folder, kept)
    if _RECORD.is_asked(name):
        answered = await _played(twins[0], situation, commands, officially=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder)
        _RECORD.check(name, answered)

    ours = await _played(twins[1], situation, commands, officially=False)

    assert ours == _RECORD.answer(name)
    assert [(said["command"], said["status"]) for said in ours["said"]] == _SITUATIONS[situation]
    assert _SECRET not in json.dumps(ours)


_ODD: Final[Mapping[str, str]] = {
    "nothing": "",
    "signs": ";;\n ; -- x\n",
    "comments": "/* a */ -- b",
    "an open comment": "CREATE TABLE a (id int); /* open",
    "windows": "CREATE TABLE a (id int);\r\nSELECT 1;\r\n",
    "a byte order mark": "\ufeffCREATE TABLE a (id int)",
    "psql": "CREATE TABLE a (id int);\n\\connect other",
    "a transaction": "BEGIN; CREATE TABLE a (id int); ROLLBACK",
    "a commit": "CREATE TABLE a (id int); COMMIT",
    "a failed transaction": "BEGIN; CREATE TABLE a (id int); SELECT 1 / 0; COMMIT",
    "an open and failed transaction": "BEGIN; SELECT 1 / 0",
    "a deferred constraint": "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES a DEFERRABLE INITIALLY DEFERRED);"
    "INSERT INTO a VALUES (1, 2)",
    "an index": "CREATE TABLE a (id int); CREATE INDEX CONCURRENTLY i ON a (id)",
    "vacuum": "VACUUM",
    "rows": "SELECT generate_series(1, 1000); VALUES (1)",
    "rows of a table": "CREATE TABLE a (id int); COPY a TO STDOUT",
    "a notice": "DO $$ BEGIN RAISE NOTICE 'hello'; RAISE WARNING 'careful'; END $$",
    "fields": "DO $$ BEGIN RAISE 'x' USING ERRCODE = 'P0001', DETAIL = 'd', HINT = 'h', COLUMN = 'c'; END $$",
    "an enum's new value": "CREATE TYPE mood AS ENUM ('fine'); ALTER TYPE mood ADD VALUE 'sad'; SELECT 'sad'::mood",
    "an encoding": "SET client_encoding = 'LATIN1'; SELECT 'ä'",
    "no lock": "SELECT pg_advisory_unlock_all()",
    "the table of migrations locked": "BEGIN; LOCK TABLE _prisma_migrations; COMMIT",
    "the table of migrations emptied": "TRUNCATE _prisma_migrations",
    "the table of migrations dropped": "DROP TABLE _prisma_migrations",
    "the table of migrations renamed": "ALTER TABLE _prisma_migrations RENAME TO old",
    "everything dropped": "DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_schema); END $$",
    "a killed connection": "CREATE TABLE a (id int); SELECT pg_terminate_backend(pg_backend_pid())",
}
"""Scripts that the schema engine and Python answer alike."""


async def test_both_treat_odd_scripts_alike(twins: tuple[PrismaProject, PrismaProject], tmp_path: Path) -> None:
    """By the schema engine alone: one program for all of them, a schema for each."""
    urls = {name: [_in_schema(twin, number) for twin in twins] for number, name in enumerate(_ODD)}
    unlocked = {"PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK": "1"}  # it would keep the lock from one to the next
    files = [("engine.prisma", twins[0].schema.read_text(encoding="utf-8"))]
    async with node_engine.started(tmp_path, twins[0].url or "", files, **unlocked) as engine:
        answers = [await engine.ask(*_application(urls[name][0], script)) for name, script in _ODD.items()]

    for (name, script), answer in zip(_ODD.items(), answers, strict=True):
        theirs, ours = (twins[0].on(url) for url in urls[name])
        theirs.without_migrations().write_migration("1_odd", script)

        assert (name, await _deployed(ours)) == (name, _answered(answer))
        assert (name, await _left(ours)) == (name, await _left(theirs))


def _in_schema(project: PrismaProject, number: int) -> str:
    return (project.url or "").replace("schema=public", f"schema=odd_{number}")


def _application(url: str, script: str) -> tuple[str, dict[str, Any]]:
    migration = {"path": "1_odd", "migrationFile": {"path": "migration.sql", "content": {"tag": "ok", "value": script}}}
    migrations = {
        "baseDir": "migrations",
        "lockfile": {"path": "migration_lock.toml", "content": None},
        "shadowDbInitScript": "",
        "migrationDirectories": [migration],
    }
    filters: dict[str, list[str]] = {"externalTables": [], "externalEnums": []}
    return "applyMigrations", {"migrationsList": migrations, "filters": filters, "datasource": {"url": url}}


async def _deployed(project: PrismaProject) -> tuple[str | None, str]:
    try:
        return None, str(await deploy(project.url or "", project.migrations))
    except UserFacingError as error:
        return error.code, error.message


def _answered(answer: Mapping[str, Any]) -> tuple[str | None, str]:
    if "result" in answer:
        return None, str(answer["result"]["appliedMigrationNames"])
    data = answer["error"]["data"]
    return data["error_code"], data["message"]


async def _left(project: PrismaProject) -> object:
    """What a script has left: tables, and its place in the history without what was logged."""
    schema = (project.url or "").rpartition("schema=")[2]
    tables = await _fetch(project, f"SELECT tablename::text FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1")
    has_history = ("_prisma_migrations",) in tables
    return tables, [row[:5] for row in await _history(project, schema)] if has_history else None


async def test_both_stop_waiting_for_another_deployment_after_ten_seconds(project: PrismaProject) -> None:
    async with _locked(project):
        if _RECORD.is_asked(_WAITING):
            _RECORD.check(_WAITING, await _said(project, project.prisma, ["deploy"]))
        ours = await _said(project, project.python, ["deploy"])

    assert ours == _RECORD.answer(_WAITING)
    assert "P1002" in ours[0]["stderr"]


async def test_of_two_deployments_at_once_one_applies_and_the_other_waits(project: PrismaProject) -> None:
    async with _locked(project):
        theirs = asyncio.create_task(project.prisma("migrate", "deploy"))
        await _until(lambda: _wait(project, 1))  # it takes longest to start, and neither waits longer than ten seconds
        ours = asyncio.create_task(project.python("migrate", "deploy"))
        await _until(lambda: _wait(project, 2))
    outcomes = await asyncio.gather(theirs, ours)

    assert [outcome.status for outcome in outcomes] == [0, 0], outcomes
    assert sorted("No pending migrations" in outcome.stdout for outcome in outcomes) == [False, True]
    assert [name for name, *_ in await _history(project)] == ["1_first", "2_second"]


@asynccontextmanager
async def _locked(project: PrismaProject) -> AsyncIterator[None]:
    """Somebody else deploys."""
    holder = await asyncpg.connect((project.url or "").partition("?")[0])
    try:
        await holder.execute("SELECT pg_advisory_lock(72707369)")
        yield
    finally:
        await holder.close()


async def _wait(project: PrismaProject, count: int) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return await _fetch(project, waiting) == [(count,)]


def test_migrations_are_in_the_order_in_which_the_prisma_cli_applies_them(tmp_path: Path) -> None:
    names = [
        "0_init",
        "1_a",
        "10_b",
        "2_a",
        "20240101_a",
        "20240101_B",
        "20240101-a",
        "a_b",
        "a-b",
        "ab",
        "Ab",
        "aB",
        "a b",
    ]
    for name in names:
        (tmp_path / name).mkdir()
    script = "console.log(JSON.stringify(JSON.parse(process.argv[1]).sort((a, b) => a.localeCompare(b))))"

    theirs = subprocess.run([node(), "-e", script, json.dumps(names)], check=True, text=True, capture_output=True)

    assert read_folder(tmp_path).names == json.loads(theirs.stdout)
