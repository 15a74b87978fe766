"""Prisma's schema engine in Python: what it promises, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from engine_calls import EMPTY, FILTERS, connection, diff, introspection, migrations, schema, script_at, source
from fix_postgres import Server
from fix_proxy import Proxy
from prisma_engine.admin.session import (
    can_connect,
    create_database,
    create_database_if_missing,
    drop_database,
    read_url,
)
from prisma_engine.errors import SchemaEngineError, UserFacingError
from prisma_engine.schema import accepted
from prisma_engine.schema_engine import SchemaEngine
from steps import PROJECT

pytestmark = pytest.mark.direct("migrations lock a session, and create databases")

_PATIENCE: Final = 60.0  # seconds until a test that hangs fails
_LOCK: Final = "SELECT pg_advisory_lock(72707369)"
_BROKEN: Final = 'CREATE TABLE "Half" (id int);\n-- ein Kommentar: ä€\nCREATE TABEL "Broken" (id int);\n'
_PROJECT: Final = accepted([("schema.prisma", (PROJECT / "schema.prisma").read_text("utf-8"))])
_TEXT: Final = _PROJECT[0][1]
_NO_MODELS: Final = 'datasource db {\n  provider = "postgresql"\n}\n'
_SCRIPTS: Final = tuple(
    (script.parent.name, script.read_text("utf-8")) for script in sorted(PROJECT.glob("migrations/*/migration.sql"))
)
_NAMES: Final = [name for name, _ in _SCRIPTS]


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[SchemaEngine]:
    """An engine for the project's schema, on a fresh, empty database."""
    async with SchemaEngine(_PROJECT, url=database_url) as engine:
        yield engine


@pytest_asyncio.fixture
async def owner(server: Server, database_url: str) -> AsyncIterator[str]:
    """A role of its own that owns the database and may create others: whatever it leaves behind is this test's."""
    role = f"owner_{uuid.uuid4().hex}"
    await server.execute(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'geheim'")
    await server.execute(f'ALTER DATABASE "{_database(database_url)}" OWNER TO {role}')
    yield role
    await server.execute(f'ALTER DATABASE "{_database(database_url)}" OWNER TO "{server.user}"')
    for name in await _shadows(server, role):
        await server.drop(name)
    await server.execute(f"DROP OWNED BY {role} CASCADE", database=_database(database_url))
    await server.execute(f"DROP ROLE {role}")


@pytest_asyncio.fixture
async def spare_url(server: Server, owner: str) -> AsyncIterator[str]:
    """The URL of a second database of the role, which it may use as its shadow."""
    name = await server.create()
    await server.execute(f'ALTER DATABASE "{name}" OWNER TO {owner}')
    yield _as_user(server.url(name), owner)
    await server.drop(name)


def _database(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _as_user(url: str, user: str, password: str = "geheim") -> str:
    return re.sub(r"//.*@", f"//{user}:{password}@", url)


def _at_host(url: str, host: str) -> str:
    return re.sub(r"@[^:/]+", f"@{host}", url)


async def _fetch(url: str, sql: str) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url.partition("?")[0])
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url.partition("?")[0])
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _tables(url: str, schema_name: str = "public") -> list[str]:
    rows = await _fetch(url, f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema_name}' ORDER BY 1")
    return [name for (name,) in rows]


async def _shadows(server: Server, role: str) -> list[str]:
    sql = (
        "SELECT datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba"
        f" WHERE rolname = '{role}' AND datname LIKE 'prisma_migrate_shadow_db_%'"
    )
    return [name for (name,) in await _fetch(server.direct.url("postgres"), sql)]


async def _connections(server: Server, role: str) -> int:
    sql = f"SELECT count(*)::int FROM pg_stat_activity WHERE usename = '{role}'"
    ((count,),) = await _fetch(server.direct.url("postgres"), sql)
    return int(count)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await condition():  # noqa: ASYNC110  -- what is waited for happens in another process
            await asyncio.sleep(0.02)

    await asyncio.wait_for(poll(), _PATIENCE)


async def _soon(answer: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(answer, _PATIENCE)


async def _failure(call: Awaitable[Any]) -> UserFacingError:
    with pytest.raises(UserFacingError) as caught:
        await _soon(call)
    return caught.value


def _of_migrations(*scripts: tuple[str, str]) -> dict[str, Any]:
    return {"tag": "migrations", **migrations(*scripts)["migrationsList"]}


# Without a database


async def test_schema_files_are_compared_without_a_database() -> None:
    async with SchemaEngine(_PROJECT) as engine:
        created = await engine.call("diff", diff(EMPTY, source(_TEXT)))
        changed = _TEXT.replace("content   String\n", "content   String\n  tokens Int?\n")
        altered = await engine.call("diff", diff(source(_TEXT), source(changed)))
        same = await engine.call("diff", diff(source(_TEXT), source(_TEXT), script=False))

    assert 'CREATE TABLE "CharacterFile"' in created["stdout"]
    assert altered["stdout"] == '-- AlterTable\nALTER TABLE "Message" ADD COLUMN     "tokens" INTEGER;\n'
    assert (created["exitCode"], same) == (2, {"exitCode": 0, "stdout": "No difference detected.\n"})


async def test_what_needs_a_database_says_that_there_is_no_url() -> None:
    async with SchemaEngine(_PROJECT) as engine:
        error = await _failure(engine.call("applyMigrations", migrations()))

    assert error.code == "P1013"
    assert "It is empty: set DATABASE_URL" in error.message


async def test_an_invalid_schema_is_refused_in_prismas_words() -> None:
    async with SchemaEngine(_PROJECT) as engine:
        error = await _failure(engine.call("diff", diff(EMPTY, source(_TEXT.replace("String", "Strin", 1)))))

    assert error.code == "P1012"
    assert 'Type "Strin" is neither a built-in type' in error.message


async def test_a_method_that_there_is_not_is_named(engine: SchemaEngine) -> None:
    with pytest.raises(ValueError, match="no method 'noSuchMethod'"):
        await engine.call("noSuchMethod")


# Everyday work


async def test_migrations_are_applied_once_and_lead_to_the_schema(engine: SchemaEngine, database_url: str) -> None:
    listed = migrations(*_SCRIPTS)
    first = await engine.call("applyMigrations", listed)
    second = await engine.call("applyMigrations", listed)
    diagnosis = await engine.call("diagnoseMigrationHistory", {**listed, "optInToShadowDatabase": False})
    compared = await engine.call("diff", diff(_of_migrations(*_SCRIPTS), source(_TEXT), script=False))

    assert (first["appliedMigrationNames"], second["appliedMigrationNames"]) == (_NAMES, [])
    assert (diagnosis["hasMigrationsTable"], diagnosis["history"], diagnosis["failedMigrationNames"]) == (
        True,
        None,
        [],
    )
    assert compared == {"exitCode": 0, "stdout": "No difference detected.\n"}
    assert await _tables(database_url) == ["CharacterFile", "Message", "Session", "_prisma_migrations"]


async def test_a_migration_is_written_for_what_changed_and_its_data_loss_is_told(engine: SchemaEngine) -> None:
    listed = migrations(*_SCRIPTS)
    await engine.call("applyMigrations", listed)
    changed = _TEXT.replace("content   String\n", "content   String\n  tokens Int\n")

    made = await engine.call(
        "createMigration", {**listed, "migrationName": "count_tokens", "draft": False, "schema": schema(changed)}
    )
    loss = await engine.call("evaluateDataLoss", {**listed, "schema": schema(changed)})

    assert re.fullmatch(r"\d{14}_count_tokens", made["generatedMigrationName"])
    assert 'ALTER TABLE "Message" ADD COLUMN     "tokens" INTEGER NOT NULL;' in made["migrationScript"]
    assert loss["migrationSteps"] == 1
    assert loss["unexecutableSteps"] == []  # the table is empty


async def test_a_schema_is_pushed_read_back_and_reset(engine: SchemaEngine, database_url: str) -> None:
    pushed = await engine.call("schemaPush", {"force": False, "schema": schema(_TEXT), "filters": FILTERS})
    await engine.call("dbExecute", script_at(database_url, 'CREATE TABLE "A;B" (id int PRIMARY KEY); SELECT 1;'))
    read = await engine.call("introspect", introspection(_TEXT))
    await engine.call("reset", {"filter": FILTERS})

    assert (pushed["unexecutable"], pushed["warnings"]) == ([], [])
    (file,) = read["schema"]["files"]
    assert '@@map("A;B")' in file["content"]
    assert "model CharacterFile {" in file["content"]
    assert await _tables(database_url) == []


async def test_calls_at_the_same_time_are_answered_one_after_the_other(engine: SchemaEngine, database_url: str) -> None:
    answers = await asyncio.gather(*(engine.call("getDatabaseVersion", connection(database_url)) for _ in range(5)))

    assert len(set(answers)) == 1
    assert answers[0].startswith("PostgreSQL ")


async def test_the_log_is_told_line_by_line(database_url: str) -> None:
    lines: list[str] = []
    async with SchemaEngine(_PROJECT, url=database_url, log=lines.append) as engine:
        await engine.call("applyMigrations", migrations(*_SCRIPTS))

    told = [json.loads(line) for line in lines]
    assert told[0]["fields"]["message"] == "Starting schema-engine-wasm"
    assert _NAMES[0] in {(line.get("span") or {}).get("migration_name") for line in told}


# Introspection


async def test_columns_of_every_kind_of_cell_are_read(engine: SchemaEngine, database_url: str) -> None:
    await _execute(
        database_url,
        """
        CREATE TYPE mood AS ENUM ('fine', 'ti;red');
        CREATE TABLE parent (id bigint PRIMARY KEY, code "char" NOT NULL, title name, moods mood[]);
        COMMENT ON TABLE parent IS 'größer als 😀';
        CREATE TABLE child (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            parent_id bigint NOT NULL REFERENCES parent ON DELETE SET NULL ON UPDATE RESTRICT DEFERRABLE,
            tags text[] NOT NULL DEFAULT '{}',
            words text NOT NULL DEFAULT 'größer 😀',
            at timestamptz(3) NOT NULL DEFAULT now(),
            CHECK (parent_id > 0)
        ) WITH (fillfactor = 70);
        CREATE INDEX child_tags ON child USING gin (tags);
        CREATE VIEW seen AS SELECT id FROM child;
        """,
    )

    read = await engine.call("introspect", introspection(_NO_MODELS))
    pulled = re.sub(r" +", " ", read["schema"]["files"][0]["content"])

    assert "code String @db.Char\n" in pulled
    assert 'title Unsupported("name")?' in pulled
    assert "moods mood[]" in pulled
    assert 'words String @default("größer 😀")' in pulled
    assert "at DateTime @default(now()) @db.Timestamptz(3)" in pulled
    assert "@relation(fields: [parent_id], references: [id], onDelete: SetNull, onUpdate: Restrict" in pulled
    assert '@@index([tags], map: "child_tags", type: Gin)' in pulled


async def test_a_database_with_hundreds_of_tables_is_read_completely(engine: SchemaEngine, database_url: str) -> None:
    columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(("int", "boolean", "date", "uuid") * 4))
    tables = "".join(
        f"CREATE TABLE t{number} (id serial PRIMARY KEY, parent int REFERENCES t0, {columns});" for number in range(300)
    )
    await _execute(database_url, tables)

    read = await engine.call("introspect", introspection(_NO_MODELS))
    (file,) = read["schema"]["files"]

    assert file["content"].count("\nmodel ") == 300
    assert len(re.findall(r"^  c\d+ ", file["content"], re.MULTILINE)) == 300 * 16
    assert len(re.findall(r"fields: \[parent\]", file["content"])) == 300


async def test_an_empty_database_has_nothing_to_read(engine: SchemaEngine) -> None:
    error = await _failure(engine.call("introspect", introspection(_NO_MODELS)))

    assert error.code == "P4001"


# Scripts


async def test_scripts_reach_the_server_as_they_are_written(engine: SchemaEngine, database_url: str) -> None:
    bodies = """
        CREATE TABLE note (id int PRIMARY KEY, body text NOT NULL DEFAULT 'a;b');
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN NEW.body := NEW.body || ';'; RETURN NEW; END; $$;
        CREATE TRIGGER touched BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION touch();
        DO $body$ BEGIN
            INSERT INTO note VALUES (1); INSERT INTO note VALUES (2, 'x''; -- y');
        END $body$; -- the end; really
        """
    index = "CREATE INDEX CONCURRENTLY note_body ON note (body);\n"

    await engine.call("applyMigrations", migrations(("1_bodies", bodies), ("2_index", index), ("3_nothing", "-- x")))

    assert await _fetch(database_url, "SELECT body FROM note ORDER BY id") == [("a;b;",), ("x'; -- y;",)]
    assert await _fetch(database_url, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'note_body'::regclass") == [
        (True,)
    ]


async def test_a_failed_migration_is_explained_recorded_and_repaired(engine: SchemaEngine, database_url: str) -> None:
    listed = migrations(*_SCRIPTS, ("99999999999999_broken", _BROKEN))

    failed = await _failure(engine.call("applyMigrations", listed))
    again = await _failure(engine.call("applyMigrations", listed))
    await engine.call("markMigrationRolledBack", {"migrationName": "99999999999999_broken"})
    repaired = await engine.call(
        "applyMigrations", migrations(*_SCRIPTS, ("99999999999999_broken", _BROKEN.replace("TABEL", "TABLE")))
    )

    assert (failed.code, again.code) == ("P3018", "P3009")
    assert failed.meta["migration_name"] == "99999999999999_broken"
    for words in (
        "Migration name: 99999999999999_broken",
        "Database error code: 42601",
        'ERROR: syntax error at or near "TABEL"',
        "Position: line 3, column 8",
        '   3 | CREATE TABEL "Broken" (id int);\n     |        ^',
    ):
        assert words in failed.message
    assert "The `99999999999999_broken` migration started at" in again.message
    assert repaired["appliedMigrationNames"] == ["99999999999999_broken"]
    ((logs,),) = await _fetch(database_url, "SELECT logs FROM _prisma_migrations WHERE rolled_back_at IS NOT NULL")
    assert 'ERROR: syntax error at or near "TABEL" (SQLSTATE 42601)' in logs
    assert {"Half", "Broken"} <= set(await _tables(database_url))


async def test_what_a_function_raises_is_shown_with_its_detail_hint_and_context(engine: SchemaEngine) -> None:
    raising = "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'why', HINT = 'how', ERRCODE = 'ZZ999'; END $$"

    error = await _failure(engine.call("applyMigrations", migrations(("1_raise", raising))))

    assert error.code == "P3018"
    assert error.meta["database_error_code"] == "ZZ999"
    assert str(error.meta["database_error"]).splitlines()[:3] == ["ERROR: no", "DETAIL: why", "HINT: how"]
    assert "CONTEXT: PL/pgSQL function" in error.message


async def test_a_failing_script_shows_postgresqls_message_and_where(engine: SchemaEngine, database_url: str) -> None:
    error = await _failure(engine.call("dbExecute", script_at(database_url, "SELECT 1;\nSELEKT 2")))

    assert 'ERROR: syntax error at or near "SELEKT"' in error.message
    assert "Position: line 2, column 1" in error.message


@pytest.mark.parametrize(
    ("script", "words"), [("SELECT 'a\x00b'", "NUL"), ("CREATE TABLE t (id int); COPY t FROM STDIN;", "INSERT")]
)
async def test_a_script_that_postgresql_cannot_take_is_refused_in_words(
    engine: SchemaEngine, database_url: str, script: str, words: str
) -> None:
    error = await _failure(engine.call("dbExecute", script_at(database_url, script)))
    version = await engine.call("getDatabaseVersion", connection(database_url))

    assert words in error.message
    assert version.startswith("PostgreSQL ")


async def test_a_migration_that_postgresql_cannot_take_is_recorded_with_the_reason(
    engine: SchemaEngine, database_url: str
) -> None:
    error = await _failure(engine.call("applyMigrations", migrations(("1_nul", "SELECT 'a\x00b'"))))

    assert (error.code, error.meta["migration_name"]) == ("P3018", "1_nul")
    assert "NUL" in error.message
    ((logs,),) = await _fetch(database_url, "SELECT logs FROM _prisma_migrations")
    assert "NUL" in logs


async def test_an_applied_migration_that_was_edited_is_reported(engine: SchemaEngine, database_url: str) -> None:
    await engine.call("applyMigrations", migrations(*_SCRIPTS))
    await _execute(database_url, """INSERT INTO "Session" VALUES ('kept', now(), now())""")
    (name, script), *others = _SCRIPTS

    told = await engine.call("devDiagnostic", migrations((name, f"{script}-- edited\n"), *others))

    assert told["action"]["tag"] == "reset"
    assert f"The migration `{name}` was modified after it was applied." in told["action"]["reason"]
    assert await _fetch(database_url, 'SELECT id FROM "Session"') == [("kept",)]


async def test_times_are_right_on_a_server_that_is_not_on_utc(engine: SchemaEngine, database_url: str) -> None:
    await _execute(database_url, f"ALTER DATABASE \"{_database(database_url)}\" SET timezone = 'Pacific/Kiritimati'")

    await engine.call("applyMigrations", migrations(*_SCRIPTS))

    rows = await _fetch(
        database_url,
        "SELECT started_at <= finished_at, abs(extract(epoch FROM now() - started_at)) < 3600 FROM _prisma_migrations",
    )
    assert rows == [(True, True)] * len(_NAMES)


async def test_the_schema_of_the_url_holds_the_tables(database_url: str) -> None:
    async with SchemaEngine(_PROJECT, url=database_url.replace("schema=public", "schema=other")) as engine:
        await engine.call("applyMigrations", migrations(*_SCRIPTS))

    assert await _tables(database_url, "other") == ["CharacterFile", "Message", "Session", "_prisma_migrations"]
    assert await _tables(database_url, "public") == []


# The lock


async def test_of_two_engines_at_once_one_applies_and_the_other_waits(database_url: str) -> None:
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    holder = await asyncpg.connect(database_url.partition("?")[0])
    await holder.execute(_LOCK)

    async def apply() -> list[str]:
        async with SchemaEngine(_PROJECT, url=database_url) as engine:
            applied = await engine.call("applyMigrations", migrations(*_SCRIPTS))
        return list(applied["appliedMigrationNames"])

    async def both_wait() -> bool:
        return await _fetch(database_url, waiting) == [(2,)]

    applying = asyncio.gather(apply(), apply())
    await _until(both_wait)
    await holder.close()

    assert sorted(await _soon(applying)) == [[], _NAMES]


async def test_whoever_waits_too_long_for_the_lock_is_told_and_leaves_no_connection(
    server: Server, database_url: str, owner: str
) -> None:
    holder = await asyncpg.connect(database_url.partition("?")[0])
    await holder.execute(_LOCK)
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner)) as engine:
        error = await _failure(engine.call("applyMigrations", migrations(*_SCRIPTS)))

        async def is_gone() -> bool:
            return await _connections(server, owner) == 0

        await _until(is_gone)
        await holder.close()
        applied = await engine.call("applyMigrations", migrations(*_SCRIPTS))

    assert error.code == "P1002"
    assert "Timed out trying to acquire a postgres advisory lock" in error.message
    assert applied["appliedMigrationNames"] == _NAMES


async def test_the_lock_can_be_switched_off(
    engine: SchemaEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK", "1")
    holder = await asyncpg.connect(database_url.partition("?")[0])
    await holder.execute(_LOCK)

    applied = await _soon(engine.call("applyMigrations", migrations(*_SCRIPTS)))
    await holder.close()

    assert applied["appliedMigrationNames"] == _NAMES


# Shadow databases

_ONLY_IN_A_SHADOW: Final = """
    DO $$ BEGIN
        IF current_database() NOT LIKE 'prisma_migrate_shadow_db_%' THEN RAISE 'run on %', current_database(); END IF;
    END $$;
    CREATE TABLE "Session" (id text);
"""


async def test_a_shadow_database_is_not_the_main_one_and_is_gone_afterwards(
    server: Server, database_url: str, owner: str
) -> None:
    await _execute(database_url, """CREATE TABLE "Session" (id text); INSERT INTO "Session" VALUES ('kept')""")
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner)) as engine:
        compared = await engine.call("diff", diff(_of_migrations(("1_here", _ONLY_IN_A_SHADOW)), EMPTY))
        left = await _shadows(server, owner)

    assert 'DROP TABLE "public"."Session"' in compared["stdout"]
    assert await _fetch(database_url, 'SELECT id FROM "Session"') == [("kept",)]
    assert left == []


async def test_no_shadow_database_stays_when_a_migration_fails_on_it(
    server: Server, database_url: str, owner: str
) -> None:
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner)) as engine:
        error = await _failure(engine.call("devDiagnostic", migrations(("1_broken", _BROKEN))))
        left = await _shadows(server, owner)

    assert error.code == "P3006"
    for words in ("Migration `1_broken` failed to apply cleanly", "SQLSTATE 42601", "line 3, column 8"):
        assert words in error.message
    assert left == []


async def _sleeping(server: Server, owner: str) -> None:
    """Wait until the role runs a script that sleeps."""
    asked = f"SELECT 1 FROM pg_stat_activity WHERE usename = '{owner}' AND query LIKE '%pg_sleep%'"

    async def sleeps() -> bool:
        return await _fetch(server.direct.url("postgres"), asked) == [(1,)]

    await _until(sleeps)


@pytest.mark.parametrize("method", ["diff", "applyMigrations"])
async def test_a_call_that_is_cancelled_leaves_nothing_and_the_next_one_works(
    server: Server, database_url: str, owner: str, method: str
) -> None:
    slow = ("1_slow", "SELECT pg_sleep(600)")
    params = diff(_of_migrations(slow), EMPTY) if method == "diff" else migrations(slow)
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner)) as engine:
        call = asyncio.create_task(engine.call(method, params))
        await _sleeping(server, owner)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await _soon(call)
        left = (await _shadows(server, owner), await _connections(server, owner))
        version = await _soon(engine.call("getDatabaseVersion", connection(_as_user(database_url, owner))))

    assert left == ([], 0)
    assert version.startswith("PostgreSQL ")


async def test_a_shadow_database_is_dropped_as_soon_as_the_server_has_room_for_that(
    server: Server, database_url: str, owner: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "prisma_engine.schema_engine")
    slow = _of_migrations(("1_slow", "SELECT pg_sleep(600)"))
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner)) as engine:
        call = asyncio.create_task(engine.call("diff", diff(slow, EMPTY)))
        await _sleeping(server, owner)
        await server.execute(f"ALTER ROLE {owner} CONNECTION LIMIT 0")
        call.cancel()

        async def was_refused() -> bool:
            return "cannot be dropped yet: P2037" in caplog.text

        await _until(was_refused)
        await server.execute(f"ALTER ROLE {owner} CONNECTION LIMIT -1")
        with pytest.raises(asyncio.CancelledError):
            await _soon(call)

    assert await _shadows(server, owner) == []


async def test_an_engine_that_is_closed_while_it_works_ends_the_call(
    server: Server, database_url: str, owner: str
) -> None:
    engine = SchemaEngine(_PROJECT, url=_as_user(database_url, owner))
    call = asyncio.create_task(engine.call("diff", diff(_of_migrations(("1_slow", "SELECT pg_sleep(600)")), EMPTY)))
    await _sleeping(server, owner)

    await _soon(engine.close())

    with pytest.raises(SchemaEngineError, match="closed"):
        await _soon(call)
    assert (await _shadows(server, owner), await _connections(server, owner)) == ([], 0)


async def test_a_user_who_may_not_create_databases_is_told_so(server: Server, database_url: str, owner: str) -> None:
    await server.execute(f"ALTER ROLE {owner} NOCREATEDB")
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner)) as engine:
        error = await _failure(engine.call("diff", diff(_of_migrations(*_SCRIPTS), EMPTY)))

    assert error.code == "P3014"
    assert "permission denied to create database" in error.message


async def test_a_database_set_aside_as_shadow_is_used_and_left_empty(
    server: Server, database_url: str, owner: str, spare_url: str
) -> None:
    await server.execute(f"ALTER ROLE {owner} NOCREATEDB")
    await _execute(spare_url, "CREATE TABLE left_by_a_killed_run (id int)")
    compared = diff(_of_migrations(("1_schema", "CREATE SCHEMA extra; CREATE TABLE extra.t (id int);")), EMPTY)

    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner), shadow_url=spare_url) as engine:
        for _ in range(2):
            await engine.call("diff", compared)

    assert await _fetch(spare_url, "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1") == [
        ("information_schema",),
        ("public",),
    ]
    assert await _tables(spare_url) == []


_EVERYTHING: Final = """
    CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN word AS text; CREATE TYPE pair AS (a mood, b word);
    CREATE TYPE span AS RANGE (SUBTYPE = float8); CREATE SEQUENCE counted;
    CREATE TABLE "It's" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, old serial, mood mood, pair pair);
    CREATE INDEX "it's" ON "It's" (old); CREATE STATISTICS s ON id, old FROM "It's";
    CREATE TABLE years (at int) PARTITION BY RANGE (at); CREATE TABLE year PARTITION OF years DEFAULT;
    CREATE VIEW seen AS SELECT * FROM "It's"; CREATE MATERIALIZED VIEW kept AS SELECT * FROM seen;
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE FUNCTION better(mood, word[]) RETURNS bool LANGUAGE sql AS 'SELECT true';
    CREATE PROCEDURE nothing() LANGUAGE sql AS '';
    CREATE TRIGGER touched BEFORE INSERT ON "It's" FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE OPERATOR === (LEFTARG = mood, RIGHTARG = word[], FUNCTION = better);
    CREATE TEXT SEARCH CONFIGURATION simply (COPY = simple);
"""


async def test_a_database_set_aside_is_emptied_where_its_schema_public_belongs_to_somebody_else(
    server: Server, database_url: str, owner: str, spare_url: str
) -> None:
    before_15 = f'ALTER SCHEMA public OWNER TO "{server.user}"; GRANT ALL ON SCHEMA public TO PUBLIC'
    await server.execute(before_15, database=_database(spare_url))
    compared = diff(_of_migrations(("1_everything", _EVERYTHING)), EMPTY)

    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner), shadow_url=spare_url) as engine:
        for _ in range(2):
            await engine.call("diff", compared)

    left = "refclassid = 'pg_namespace'::regclass AND refobjid = 'public'::regnamespace"
    assert await _fetch(spare_url, f"SELECT count(*) FROM pg_depend WHERE {left}") == [(0,)]


async def test_a_database_set_aside_is_left_empty_by_a_script_that_fails_in_a_transaction(
    database_url: str, owner: str, spare_url: str
) -> None:
    script = "BEGIN; CREATE TABLE half (id int); SELEKT 1;"
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, owner), shadow_url=spare_url) as engine:
        error = await _failure(engine.call("diff", diff(_of_migrations(("1_half", script)), EMPTY)))

    assert error.code == "P3006"
    assert await _tables(spare_url) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_the_main_database_is_refused_as_shadow_whatever_it_is_called(database_url: str, host: str) -> None:
    await _execute(database_url, "CREATE TABLE kept (id int)")
    async with SchemaEngine(_PROJECT, url=database_url, shadow_url=_at_host(database_url, host)) as engine:
        error = await _failure(engine.call("diff", diff(_of_migrations(*_SCRIPTS), EMPTY)))

    assert "appears to be the same as the main database" in error.message
    assert await _tables(database_url) == ["kept"]


async def test_a_database_that_is_in_use_is_refused_as_shadow(database_url: str, migrated_url: str) -> None:
    await _execute(migrated_url, "CREATE TABLE _prisma_migrations (id int)")
    async with SchemaEngine(_PROJECT, url=database_url, shadow_url=migrated_url) as engine:
        error = await _failure(engine.call("diff", diff(_of_migrations(*_SCRIPTS), EMPTY)))

    assert "it has a table _prisma_migrations, so it is in use" in error.message
    assert "Session" in await _tables(migrated_url)


# Nothing is lost by accident


async def test_a_reset_is_refused_where_the_host_is_not_known_as_local_until_the_user_names_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _execute(database_url, "CREATE TABLE kept (id int)")
    async with SchemaEngine(
        _PROJECT, url=_at_host(database_url, "0.0.0.0")
    ) as engine:  # leads here, but does not say so
        refusals = [await _failure(engine.call("reset", {"filter": FILTERS}))]
        monkeypatch.setenv("PRISMA_ALLOW_REMOTE_RESET", "1")
        refusals.append(await _failure(engine.call("reset", {"filter": FILTERS})))
        tables = await _tables(database_url)
        monkeypatch.setenv("PRISMA_ALLOW_REMOTE_RESET", "0.0.0.0")
        await engine.call("reset", {"filter": FILTERS})

    for error in refusals:
        assert "Refused to erase the database" in error.message
        assert "set PRISMA_ALLOW_REMOTE_RESET=0.0.0.0 and run the command again" in error.message
    assert (tables, await _tables(database_url)) == (["kept"], [])


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:geheim@db.invalid/x",
        "postgresql://u:geheim@127.evil.invalid/x",
        "postgresql://u:geheim@localhost/x?host=db.invalid",
        "postgresql://u:geheim@localhost.invalid:5432/x",
        "postgresql://u:geheim@localhost,db.invalid/x",
    ],
)
async def test_no_other_spelling_of_a_remote_host_passes_as_local(url: str) -> None:
    async with SchemaEngine(_PROJECT, url=url) as engine:
        reset = await _failure(engine.call("reset", {"filter": FILTERS}))
    dropped = await _failure(drop_database(read_url(url)))

    for error in (reset, dropped):
        assert "Refused to erase the database `x`" in error.message
        assert "geheim" not in error.message


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.53:1", "[::1]:1", "%2Fnonexistent"])
async def test_loopback_addresses_and_sockets_count_as_local(host: str) -> None:
    async with SchemaEngine(_PROJECT, url=f"postgresql://u@{host}/x") as engine:
        error = await _failure(engine.call("reset", {"filter": FILTERS}))

    assert error.code == "P1001"


# Databases and connections


async def test_a_database_is_created_found_and_dropped(server: Server) -> None:
    settings = read_url(server.url(f"test_{uuid.uuid4().hex}"))

    found = [await can_connect(settings)]
    await create_database(settings)
    found.append(await can_connect(settings))
    twice = await _failure(create_database(settings))
    created_again = await create_database_if_missing(settings)
    await drop_database(settings)
    found.append(await can_connect(settings))

    assert found == [False, True, False]
    assert (twice.code, created_again) == ("P1009", False)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (
            lambda url, user: _as_user(url, user, "falsch"),
            "P1000",
            "the provided database credentials for `{user}` are",
        ),
        (lambda _, __: "postgresql://u:geheim@127.0.0.1:1/x", "P1001", "Can't reach database server at `127.0.0.1:1`"),
        (lambda url, user: _as_user(url, user).replace("/test_", "/no_"), "P1003", "does not exist"),
        (lambda _, __: "postgresql://u:geheim#1@127.0.0.1:1/x", "P1013", "The provided database string is invalid"),
        (lambda _, __: "mysql://u:geheim@127.0.0.1:1/x", "P1013", "The provided database string is invalid"),
        (lambda url, user: f"{_as_user(url, user)}&sslmode=require", "P1011", "TLS"),
    ],
)
async def test_connection_errors_have_prismas_codes_and_never_show_the_password(
    database_url: str, owner: str, change: Callable[[str, str], str], code: str, words: str
) -> None:
    url = change(database_url, owner)
    async with SchemaEngine(_PROJECT, url=url) as engine:
        error = await _failure(engine.call("devDiagnostic", migrations()))

    assert error.code == code
    assert words.format(user=owner) in error.message
    assert not any(secret in error.message for secret in ("geheim", "falsch"))


@pytest_asyncio.fixture
async def guest(server: Server) -> AsyncIterator[str]:
    """A role without rights of its own."""
    role = f"guest_{uuid.uuid4().hex}"
    await server.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'geheim'")
    yield role
    await server.execute(f"DROP ROLE {role}")


async def test_a_role_that_may_not_connect_is_told_so(server: Server, database_url: str, guest: str) -> None:
    await server.execute(f'REVOKE CONNECT ON DATABASE "{_database(database_url)}" FROM PUBLIC')
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, guest)) as engine:
        error = await _failure(engine.call("devDiagnostic", migrations()))

    assert error.code == "P1010"
    assert _database(database_url) in error.message


async def test_a_role_that_may_create_no_table_is_told_so(server: Server, database_url: str, guest: str) -> None:
    await server.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=_database(database_url))
    async with SchemaEngine(_PROJECT, url=_as_user(database_url, guest)) as engine:
        error = await _failure(engine.call("applyMigrations", migrations(*_SCRIPTS)))
        pushed = await _failure(engine.call("schemaPush", {"force": True, "schema": schema(_TEXT), "filters": FILTERS}))

    for told in (error, pushed):
        assert "permission denied for schema public" in told.message


_AT_THE_END: Final = (
    "terminating connection due to administrator command"
    if tuple(map(int, asyncpg.__version__.split(".")[:2])) >= (0, 32)
    else "Server has closed the connection"  # what the server said at its end, asyncpg did not tell
)


async def test_a_connection_that_the_server_closes_is_reported_and_the_next_call_has_a_new_one(
    engine: SchemaEngine, database_url: str
) -> None:
    closing = script_at(database_url, "SELECT pg_terminate_backend(pg_backend_pid())")

    error = await _failure(engine.call("dbExecute", closing))
    await engine.call("dbExecute", script_at(database_url, "SELECT 1"))

    assert _AT_THE_END in error.message


async def test_a_connection_that_breaks_ends_the_call(
    proxy: Proxy, database_url: str, owner: str, server: Server
) -> None:
    url = _as_user(proxy.url(database_url), owner)
    async with SchemaEngine(_PROJECT, url=url) as engine:
        call = asyncio.create_task(engine.call("dbExecute", script_at(url, "SELECT pg_sleep(600)")))
        await _sleeping(server, owner)
        await proxy.cut()
        error = await _failure(call)
        version = await _soon(engine.call("getDatabaseVersion", connection(url)))

    assert error.code == "P1017"
    assert version.startswith("PostgreSQL ")


# The engine as a module


async def test_a_panic_is_told_in_the_engines_words_and_the_next_call_works(
    engine: SchemaEngine, database_url: str
) -> None:
    with pytest.raises(SchemaEngineError, match="This is the debugPanic artificial panic"):
        await _soon(engine.call("debugPanic"))

    assert (await _soon(engine.call("getDatabaseVersion", connection(database_url)))).startswith("PostgreSQL ")


async def test_parameters_that_do_not_fit_are_told_and_the_next_call_works(
    engine: SchemaEngine, database_url: str
) -> None:
    with pytest.raises(SchemaEngineError, match="missing field `filters`"):
        await _soon(engine.call("schemaPush", {"force": True, "schema": schema(_TEXT)}))

    assert (await _soon(engine.call("getDatabaseVersion", connection(database_url)))).startswith("PostgreSQL ")


async def test_a_log_that_fails_ends_no_call(database_url: str) -> None:
    def fail(line: str) -> None:
        raise OSError(f"no room for {line}")

    async with SchemaEngine(_PROJECT, url=database_url, log=fail) as engine:
        version = await _soon(engine.call("getDatabaseVersion", connection(database_url)))

    assert version.startswith("PostgreSQL ")


async def test_schema_files_of_a_folder_are_one_schema(database_url: str, tmp_path: Path) -> None:
    one, other = str(tmp_path / "a.prisma"), str(tmp_path / "b.prisma")
    parts = [{"path": one, "content": _NO_MODELS}, {"path": other, "content": "model A {\n  id Int @id\n}\n"}]
    async with SchemaEngine([(part["path"], part["content"]) for part in parts], url=database_url) as engine:
        pushed = await engine.call("schemaPush", {"force": False, "schema": {"files": parts}, "filters": FILTERS})

    assert pushed["executedSteps"] == 1
    assert await _tables(database_url) == ["A"]


_PROGRAM: Final = """
import json, sys
from prisma_engine.admin.interruption import run
from prisma_engine.schema_engine import SchemaEngine

async def compare(url, params):
    async with SchemaEngine([], url=url) as engine:
        await engine.call("diff", params)

run(compare(sys.argv[1], json.loads(sys.argv[2])))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_program_that_is_interrupted_leaves_no_shadow_database(
    server: Server, database_url: str, owner: str, number: signal.Signals
) -> None:
    params = json.dumps(diff(_of_migrations(("1_slow", "SELECT pg_sleep(600)")), EMPTY))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PROGRAM, _as_user(database_url, owner), params, stderr=asyncio.subprocess.DEVNULL
    )
    await _sleeping(server, owner)
    process.send_signal(number)
    status = await asyncio.wait_for(process.wait(), _PATIENCE)

    assert await _shadows(server, owner) == []
    assert status == (128 + number if number == signal.SIGTERM else -number)
