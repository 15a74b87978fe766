"""Migrations with the Prisma CLI and the project's schema engine, against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from acceptance.prisma_cli import ROOT, PrismaProject, finish
from fix_postgres import Server

_FILTERS: Final[dict[str, list[str]]] = {"externalTables": [], "externalEnums": []}
MIGRATIONS: Final = sorted(script.parent.name for script in ROOT.glob("migrations/*/migration.sql"))
_BROKEN: Final = 'CREATE TABLE "Half" (id int);\n-- ein Kommentar: ä€\nCREATE TABEL "Broken" (id int);\n'


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> PrismaProject:
    """The project's set-up on a fresh, empty database."""
    return PrismaProject.create(tmp_path, database_url)


@pytest.fixture
def blank(project: PrismaProject) -> PrismaProject:
    """The same without the project's migrations."""
    return project.without_migrations()


@pytest_asyncio.fixture
async def missing_url(server: Server) -> AsyncIterator[str]:
    """The URL of a database that is not there yet, and is dropped when a test creates it."""
    name = f"test_{uuid.uuid4().hex}"
    yield server.url(name)
    await server.drop(name)


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
    await server.execute(f"DROP ROLE {role}")


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


async def _tables(url: str, schema: str = "public") -> list[str]:
    rows = await _fetch(url, f"SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1")
    return [name for (name,) in rows]


async def _shadows(server: Server, role: str) -> list[str]:
    sql = (
        "SELECT datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba"
        f" WHERE rolname = '{role}' AND datname LIKE 'prisma_migrate_shadow_db_%'"
    )
    return [name for (name,) in await _fetch(server.url("postgres"), sql)]


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await condition():  # noqa: ASYNC110  -- what is waited for happens in another process
            await asyncio.sleep(0.02)

    await asyncio.wait_for(poll(), 60)


# Without a database


async def test_commands_that_read_the_schema_only_need_no_database(tmp_path: Path) -> None:
    project = PrismaProject.create(tmp_path, None)
    schema = project.schema.read_text("utf-8")

    validated = await project.prisma("validate")
    formatted = await project.prisma("format")
    compared = await project.prisma("migrate", "diff", "--from-empty", "--to-schema", "schema.prisma", "--script")

    assert (validated.status, formatted.status, compared.status) == (0, 0, 0)
    assert "The schema at schema.prisma is valid" in validated.stdout
    assert project.schema.read_text("utf-8") == schema
    assert 'CREATE TABLE "CharacterFile"' in compared.stdout


async def test_the_engine_starts_when_node_is_not_on_path_and_names_its_version(tmp_path: Path) -> None:
    project = PrismaProject.create(tmp_path, None).on(None, PATH="/nonexistent")

    version = await project.prisma("version")

    pinned = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    engine_hash = pinned["@prisma/schema-engine-wasm"].split(".")[-1]
    assert version.status == 0
    assert re.search(rf"^Schema Engine +: schema-engine-cli {engine_hash} \(at src/", version.stdout, re.MULTILINE)
    assert re.search(rf"^Default Engines Hash +: {engine_hash}$", version.stdout, re.MULTILINE)


def test_the_lock_file_pins_exact_versions_and_names_no_download_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []


async def test_a_missing_url_is_reported_as_such(tmp_path: Path) -> None:
    project = PrismaProject.create(tmp_path, None)

    deployed = await project.prisma("migrate", "deploy")
    answers = await project.ask(("applyMigrations", {"migrationsList": project.migrations_list(), "filters": _FILTERS}))

    assert deployed.status == 1
    assert "datasource.url" in deployed.stderr
    assert answers.failure["error_code"] == "P1013"


async def test_the_url_of_env_is_used_where_the_environment_has_none(project: PrismaProject) -> None:
    (project.folder / ".env").write_text('DATABASE_URL="postgresql://u:geheim@127.0.0.1:1/x"\n', "utf-8")

    of_file = await project.on(None).prisma("migrate", "status")
    of_environment = await project.prisma("db", "execute", "--stdin", stdin="SELECT 1")

    assert "P1001: Can't reach database server at `127.0.0.1:1`" in of_file.stderr
    assert of_environment.status == 0, of_environment.output


# Everyday work


async def test_deploy_creates_a_missing_database_and_applies_each_migration_once(
    tmp_path: Path, missing_url: str
) -> None:
    project = PrismaProject.create(tmp_path, missing_url)

    first = await project.prisma("migrate", "deploy")
    second = await project.prisma("migrate", "deploy")
    status = await project.prisma("migrate", "status")

    assert (first.status, second.status, status.status) == (0, 0, 0)
    assert "All migrations have been successfully applied." in first.stdout
    assert "No pending migrations to apply." in second.stdout
    assert "Database schema is up to date!" in status.stdout
    assert await _tables(missing_url) == ["CharacterFile", "Message", "Session", "_prisma_migrations"]


async def test_the_projects_migrations_lead_to_its_schema(project: PrismaProject) -> None:
    outcome = await project.prisma(
        "migrate", "diff", "--from-migrations", "migrations", "--to-schema", "schema.prisma", "--exit-code"
    )

    assert (outcome.status, outcome.stderr.count("Error")) == (0, 0)
    assert "No difference detected" in outcome.stdout


async def test_migrate_dev_creates_the_database_applies_what_is_there_and_writes_the_next_migration(
    tmp_path: Path, missing_url: str
) -> None:
    project = PrismaProject.create(tmp_path, missing_url)
    schema = project.schema.read_text("utf-8")
    project.schema.write_text(schema.replace("content   String\n", "content   String\n  tokens Int?\n"), "utf-8")

    outcome = await project.prisma("migrate", "dev", "--name", "count_tokens")
    (script,) = project.migrations.glob("*_count_tokens/migration.sql")

    assert outcome.status == 0, outcome.output
    assert script.read_text("utf-8") == '-- AlterTable\nALTER TABLE "Message" ADD COLUMN     "tokens" INTEGER;\n'
    assert await _fetch(missing_url, 'SELECT "tokens" FROM "Message"') == []
    assert await _fetch(missing_url, "SELECT count(*) FROM _prisma_migrations WHERE finished_at IS NOT NULL") == [
        (len(MIGRATIONS) + 1,)
    ]


async def test_migrate_dev_can_write_a_migration_without_applying_it(project: PrismaProject) -> None:
    outcome = await project.prisma("migrate", "dev", "--create-only", "--name", "by_hand")

    assert outcome.status == 0, outcome.output
    assert [script.parent.name[15:] for script in project.migrations.glob("*_by_hand/migration.sql")] == ["by_hand"]
    assert await _fetch(project.url or "", "SELECT count(*) FROM _prisma_migrations") == [(len(MIGRATIONS),)]


async def test_db_push_db_execute_and_diff_work_on_the_configured_database(project: PrismaProject) -> None:
    pushed = await project.prisma("db", "push")
    executed = await project.prisma("db", "execute", "--stdin", stdin='CREATE TABLE "A;B" (id int); SELECT 1;')
    compared = await project.prisma(
        "migrate", "diff", "--from-config-datasource", "--to-schema", "schema.prisma", "--exit-code"
    )

    assert "Your database is now in sync with your Prisma schema." in pushed.stdout
    assert "Script executed successfully." in executed.stdout
    assert compared.status == 2
    assert "A;B" in compared.stdout


async def test_a_failing_db_execute_shows_postgresqls_message_and_where(blank: PrismaProject) -> None:
    outcome = await blank.prisma("db", "execute", "--stdin", stdin="SELECT 1;\nSELEKT 2")

    assert outcome.status == 1
    assert 'ERROR: syntax error at or near "SELEKT"' in outcome.stderr
    assert "Position: line 2, column 1" in outcome.stderr


# Introspection


async def test_db_pull_reads_columns_of_type_char_and_name(blank: PrismaProject) -> None:
    await _execute(
        blank.url or "",
        """
        CREATE TYPE mood AS ENUM ('fine', 'tired');
        CREATE TABLE parent (id bigint PRIMARY KEY, code "char" NOT NULL, title name, moods mood[]);
        CREATE TABLE child (
            id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            parent_id bigint NOT NULL REFERENCES parent ON DELETE SET NULL ON UPDATE RESTRICT DEFERRABLE,
            tags text[] NOT NULL DEFAULT '{}',
            at timestamptz(3) NOT NULL DEFAULT now(),
            CHECK (parent_id > 0)
        ) WITH (fillfactor = 70);
        CREATE INDEX child_tags ON child USING gin (tags);
        CREATE VIEW seen AS SELECT id FROM child;
        """,
    )

    outcome = await blank.prisma("db", "pull", "--print")
    pulled = re.sub(r" +", " ", outcome.stdout)

    assert outcome.status == 0, outcome.output
    assert "code String @db.Char\n" in pulled
    assert 'title Unsupported("name")?' in pulled
    assert "moods mood[]" in pulled
    assert "at DateTime @default(now()) @db.Timestamptz(3)" in pulled
    assert "@relation(fields: [parent_id], references: [id], onDelete: SetNull, onUpdate: Restrict" in pulled
    assert '@@index([tags], map: "child_tags", type: Gin)' in pulled


# Scripts


async def test_scripts_reach_the_server_as_they_are_written(blank: PrismaProject) -> None:
    blank.write_migration(
        "1_bodies",
        """
        CREATE TABLE note (id int PRIMARY KEY, body text NOT NULL DEFAULT 'a;b');
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN NEW.body := NEW.body || ';'; RETURN NEW; END; $$;
        CREATE TRIGGER touched BEFORE INSERT ON note FOR EACH ROW EXECUTE FUNCTION touch();
        DO $body$ BEGIN
            INSERT INTO note VALUES (1); INSERT INTO note VALUES (2, 'x''; -- y');
        END $body$; -- the end; really
        """,
    )
    blank.write_migration("2_index", "CREATE INDEX CONCURRENTLY note_body ON note (body);\n")

    outcome = await blank.prisma("migrate", "deploy")

    assert outcome.status == 0, outcome.output
    assert await _fetch(blank.url or "", "SELECT body FROM note ORDER BY id") == [("a;b;",), ("x'; -- y;",)]
    assert await _fetch(
        blank.url or "", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'note_body'::regclass"
    ) == [(True,)]


async def test_a_failed_migration_is_explained_recorded_and_repaired(project: PrismaProject) -> None:
    url = project.url or ""
    script = project.write_migration("99999999999999_broken", _BROKEN)

    failed = await project.prisma("migrate", "deploy")
    again = await project.prisma("migrate", "deploy")
    resolved = await project.prisma("migrate", "resolve", "--rolled-back", "99999999999999_broken")
    script.write_text(_BROKEN.replace("TABEL", "TABLE"), "utf-8")
    repaired = await project.prisma("migrate", "deploy")

    assert (failed.status, again.status, resolved.status, repaired.status) == (1, 1, 0, 0)
    for words in (
        "P3018",
        "Migration name: 99999999999999_broken",
        "Database error code: 42601",
        'ERROR: syntax error at or near "TABEL"',
        "Position: line 3, column 8",
        '   3 | CREATE TABEL "Broken" (id int);\n     |        ^',
    ):
        assert words in failed.stderr
    assert "P3009" in again.stderr
    assert "The `99999999999999_broken` migration started at" in again.stderr
    ((logs,),) = await _fetch(url, "SELECT logs FROM _prisma_migrations WHERE rolled_back_at IS NOT NULL")
    assert 'ERROR: syntax error at or near "TABEL" (SQLSTATE 42601)' in logs
    assert "Position: line 3, column 8" in logs
    assert {"Half", "Broken"} <= set(await _tables(url))


async def test_what_a_function_raises_is_shown_with_its_detail_hint_and_context(blank: PrismaProject) -> None:
    blank.write_migration(
        "1_raise", "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'why', HINT = 'how', ERRCODE = 'ZZ999'; END $$"
    )

    answers = await blank.ask(("applyMigrations", {"migrationsList": blank.migrations_list(), "filters": _FILTERS}))

    assert answers.failure["error_code"] == "P3018"
    assert answers.failure["meta"]["migration_name"] == "1_raise"
    assert answers.failure["meta"]["database_error_code"] == "ZZ999"
    assert answers.failure["meta"]["database_error"].splitlines()[:3] == ["ERROR: no", "DETAIL: why", "HINT: how"]
    assert "CONTEXT: PL/pgSQL function" in answers.failure["message"]


async def test_an_applied_migration_that_was_edited_is_reported_and_nothing_is_reset(project: PrismaProject) -> None:
    url = project.url or ""
    await project.prisma("migrate", "deploy")
    await _execute(url, """INSERT INTO "Session" VALUES ('kept', now(), now())""")
    (script,) = project.migrations.glob("*_init/migration.sql")
    script.write_text(f"{script.read_text('utf-8')}-- edited\n", "utf-8")

    outcome = await project.prisma("migrate", "dev", "--name", "next")

    assert outcome.status == 130
    assert f"The migration `{script.parent.name}` was modified after it was applied." in outcome.stdout
    assert "prisma migrate reset" in outcome.stdout
    assert await _fetch(url, 'SELECT id FROM "Session"') == [("kept",)]


async def test_of_two_deploys_at_once_one_applies_and_the_other_waits(project: PrismaProject) -> None:
    url = project.url or ""
    waiting = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    holder = await asyncpg.connect(url.partition("?")[0])
    await holder.execute("SELECT pg_advisory_lock(72707369)")
    deploys = [asyncio.create_task(project.prisma("migrate", "deploy")) for _ in range(2)]

    async def both_wait() -> bool:
        return await _fetch(url, waiting) == [(2,)]

    await _until(both_wait)
    await holder.close()
    outcomes = await asyncio.gather(*deploys)

    assert [outcome.status for outcome in outcomes] == [0, 0]
    assert sorted("No pending migrations" in outcome.stdout for outcome in outcomes) == [False, True]
    assert await _fetch(url, "SELECT count(*) FROM _prisma_migrations") == [(len(MIGRATIONS),)]


async def test_the_advisory_lock_can_be_switched_off(project: PrismaProject) -> None:
    unlocked = project.on(project.url, PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK="1")
    holder = await asyncpg.connect((project.url or "").partition("?")[0])
    await holder.execute("SELECT pg_advisory_lock(72707369)")

    answers = await unlocked.ask(
        ("applyMigrations", {"migrationsList": project.migrations_list(), "filters": _FILTERS})
    )
    await holder.close()

    assert answers.last["result"]["appliedMigrationNames"] == MIGRATIONS


async def test_times_are_right_on_a_server_that_is_not_on_utc(project: PrismaProject) -> None:
    url = project.url or ""
    await _execute(url, f"ALTER DATABASE \"{_database(url)}\" SET timezone = 'Pacific/Kiritimati'")

    await project.prisma("migrate", "deploy")

    rows = await _fetch(
        url,
        "SELECT started_at <= finished_at, abs(extract(epoch FROM now() - started_at)) < 3600 FROM _prisma_migrations",
    )
    assert rows == [(True, True)] * len(MIGRATIONS)


async def test_the_schema_of_the_url_holds_the_tables(blank: PrismaProject) -> None:
    other = blank.on((blank.url or "").replace("schema=public", "schema=other"))

    outcome = await other.prisma("migrate", "dev", "--name", "init")
    status = await other.prisma("migrate", "status")

    assert (outcome.status, status.status) == (0, 0), outcome.output
    assert await _tables(other.url or "", "other") == ["CharacterFile", "Message", "Session", "_prisma_migrations"]
    assert await _tables(other.url or "", "public") == []


# Shadow databases

_ONLY_IN_A_SHADOW: Final = """
    DO $$ BEGIN
        IF current_database() NOT LIKE 'prisma_migrate_shadow_db_%' THEN RAISE 'run on %', current_database(); END IF;
    END $$;
    CREATE TABLE "Session" (id text);
"""


def _diff_from_migrations(project: PrismaProject) -> tuple[str, dict[str, Any]]:
    source = {"tag": "migrations", **project.migrations_list()}
    return ("diff", {"from": source, "to": {"tag": "empty"}, "script": True, "exitCode": None, "filters": _FILTERS})


async def test_a_shadow_database_is_not_the_main_one_and_is_gone_afterwards(
    server: Server, blank: PrismaProject, owner: str
) -> None:
    url = blank.url or ""
    await _execute(url, """CREATE TABLE "Session" (id text); INSERT INTO "Session" VALUES ('kept')""")
    blank.write_migration("1_here", _ONLY_IN_A_SHADOW)

    answers = await blank.on(_as_user(url, owner)).ask(_diff_from_migrations(blank))

    assert answers.status == 0
    assert 'DROP TABLE "public"."Session"' in answers.last["result"]["stdout"]
    assert await _fetch(url, 'SELECT id FROM "Session"') == [("kept",)]
    assert await _shadows(server, owner) == []


async def test_no_shadow_database_stays_when_a_migration_fails_on_it(
    server: Server, blank: PrismaProject, owner: str
) -> None:
    blank.write_migration("1_broken", _BROKEN)

    outcome = await blank.on(_as_user(blank.url or "", owner)).prisma("migrate", "dev", "--name", "next")

    assert outcome.status == 1
    for words in ("P3006", "Migration `1_broken` failed to apply cleanly", "SQLSTATE 42601", "line 3, column 8"):
        assert words in outcome.stderr
    assert await _shadows(server, owner) == []


async def test_no_shadow_database_stays_when_the_run_is_interrupted(
    server: Server, blank: PrismaProject, owner: str
) -> None:
    blank.write_migration("1_slow", "SELECT pg_sleep(600)")
    engine = await blank.on(_as_user(blank.url or "", owner)).start_engine(_diff_from_migrations(blank))
    sleeping = f"SELECT 1 FROM pg_stat_activity WHERE usename = '{owner}' AND query LIKE '%pg_sleep%'"

    async def runs_on_the_shadow() -> bool:
        return await _fetch(server.url("postgres"), sleeping) == [(1,)]

    await _until(runs_on_the_shadow)
    engine.send_signal(signal.SIGTERM)
    await finish(engine)

    assert await _shadows(server, owner) == []


async def test_a_user_who_may_not_create_databases_is_told_so(server: Server, blank: PrismaProject, owner: str) -> None:
    await server.execute(f"ALTER ROLE {owner} NOCREATEDB")

    answers = await blank.on(_as_user(blank.url or "", owner)).ask(_diff_from_migrations(blank))

    assert answers.failure["error_code"] == "P3014"
    assert "permission denied to create database" in answers.failure["message"]


async def test_a_database_set_aside_as_shadow_is_used_and_left_empty(
    server: Server, blank: PrismaProject, owner: str, missing_url: str
) -> None:
    await server.execute(f'CREATE DATABASE "{_database(missing_url)}" OWNER {owner}')
    await server.execute(f"ALTER ROLE {owner} NOCREATEDB")
    await _execute(missing_url, "CREATE TABLE left_by_a_killed_run (id int)")
    blank.write_migration("1_schema", "CREATE SCHEMA extra; CREATE TABLE extra.t (id int);")

    shadowed = blank.on(_as_user(blank.url or "", owner), SHADOW_DATABASE_URL=_as_user(missing_url, owner))
    answers = await shadowed.ask(_diff_from_migrations(blank), _diff_from_migrations(blank))

    assert (answers.status, ["error" in message for message in answers.messages]) == (
        0,
        [False] * len(answers.messages),
    )
    assert await _fetch(missing_url, "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1") == [
        ("information_schema",),
        ("public",),
    ]
    assert await _tables(missing_url) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
async def test_the_main_database_is_refused_as_shadow_whatever_it_is_called(project: PrismaProject, host: str) -> None:
    url = project.url or ""
    await _execute(url, "CREATE TABLE kept (id int)")

    answers = await project.on(url, SHADOW_DATABASE_URL=_at_host(url, host)).ask(_diff_from_migrations(project))

    assert "appears to be the same as the main database" in answers.failure["message"]
    assert await _tables(url) == ["kept"]


async def test_a_database_that_is_in_use_is_refused_as_shadow(project: PrismaProject, migrated_url: str) -> None:
    await _execute(migrated_url, "CREATE TABLE _prisma_migrations (id int)")

    answers = await project.on(project.url, SHADOW_DATABASE_URL=migrated_url).ask(_diff_from_migrations(project))

    assert "it has a table _prisma_migrations, so it is in use" in answers.failure["message"]
    assert "Session" in await _tables(migrated_url)


# Nothing is lost by accident


async def test_a_reset_empties_a_local_database_and_applies_the_migrations_again(project: PrismaProject) -> None:
    url = project.url or ""
    await project.prisma("migrate", "deploy")
    await _execute(url, """INSERT INTO "Session" VALUES ('lost', now(), now())""")

    asked = await project.prisma("migrate", "reset")
    rows_before = await _fetch(url, 'SELECT id FROM "Session"')
    forced = await project.prisma("migrate", "reset", "--force")

    assert (asked.status, forced.status) == (1, 0)
    assert rows_before == [("lost",)]
    assert await _fetch(url, 'SELECT id FROM "Session"') == []


async def test_a_reset_is_refused_where_the_host_is_not_known_as_local_until_the_user_names_it(
    project: PrismaProject,
) -> None:
    url = project.url or ""
    await _execute(url, "CREATE TABLE kept (id int)")
    remote = project.on(_at_host(url, "0.0.0.0"))  # leads here too, but does not say so

    refusals = [
        await remote.prisma("migrate", "reset", "--force"),
        await remote.prisma("db", "push", "--force-reset"),
        await remote.on(remote.url, PRISMA_ALLOW_REMOTE_RESET="1").prisma("migrate", "reset", "--force"),
    ]
    tables = await _tables(url)
    allowed = await remote.on(remote.url, PRISMA_ALLOW_REMOTE_RESET="0.0.0.0").prisma("migrate", "reset", "--force")

    assert [outcome.status for outcome in refusals] == [1, 1, 1]
    for outcome in refusals:
        assert "Refused to erase the database" in outcome.stderr
        assert "set PRISMA_ALLOW_REMOTE_RESET=0.0.0.0 and run the command again" in outcome.stderr
    assert tables == ["kept"]
    assert allowed.status == 0, allowed.output
    assert "kept" not in await _tables(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:geheim@db.invalid/x",
        "postgresql://u:geheim@127.evil.invalid/x",
        "postgresql://u:geheim@localhost/x?host=db.invalid",
        "postgresql://u:geheim@localhost.invalid:5432/x",
    ],
)
async def test_no_other_spelling_of_a_remote_host_passes_as_local(tmp_path: Path, url: str) -> None:
    project = PrismaProject.create(tmp_path, url)

    answers = await project.ask(("reset", {"filter": _FILTERS}))
    dropped = await project.engine_command("drop-database")

    assert "Refused to erase the database `x`" in answers.failure["message"]
    assert (dropped.status, "Refused to erase" in dropped.stderr) == (1, True)
    assert "geheim" not in answers.failure["message"] + dropped.stderr


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.53:1", "[::1]:1", "%2Fnonexistent"])
async def test_loopback_addresses_and_sockets_count_as_local(tmp_path: Path, host: str) -> None:
    project = PrismaProject.create(tmp_path, f"postgresql://u@{host}/x")

    answers = await project.ask(("reset", {"filter": _FILTERS}))

    assert answers.failure["error_code"] == "P1001"


# The engine as the CLI sees it


async def test_the_engines_commands_create_find_and_drop_a_database(tmp_path: Path, missing_url: str) -> None:
    project = PrismaProject.create(tmp_path, missing_url)

    commands = (
        "can-connect-to-database",
        "create-database",
        "create-database",
        "can-connect-to-database",
        "drop-database",
    )
    outcomes = [await project.engine_command(command) for command in commands]
    codes = [json.loads(outcome.stderr.splitlines()[-1])["fields"].get("error_code") for outcome in outcomes]

    assert [outcome.status for outcome in outcomes] == [1, 0, 1, 0, 0]
    assert codes == ["P1003", None, "P1009", None, None]


async def test_connection_errors_have_prismas_codes_and_never_show_the_password(
    project: PrismaProject, owner: str
) -> None:
    url = project.url or ""
    wrong = await project.on(_as_user(url, owner, "falsch")).prisma("migrate", "deploy")
    unreachable = await project.on("postgresql://u:geheim@127.0.0.1:1/x").prisma("migrate", "status")
    unreadable = await project.on("postgresql://u:geheim#1@127.0.0.1:1/x").prisma("migrate", "deploy")
    other_scheme = await project.on("mysql://u:geheim@127.0.0.1:1/x").engine_command("can-connect-to-database")
    untrusted = await project.on(f"{url}&sslmode=require").engine_command("can-connect-to-database")

    outcomes = (wrong, unreachable, unreadable, other_scheme, untrusted)
    assert [outcome.status for outcome in outcomes] == [1] * len(outcomes)
    assert f"P1000: Authentication failed against database server, the provided database credentials for `{owner}`" in (
        wrong.stderr
    )
    assert "P1001: Can't reach database server at `127.0.0.1:1`" in unreachable.stderr
    assert "P1013: The provided database string is invalid." in unreadable.stderr
    assert '"P1013"' in other_scheme.stderr
    assert '"P1011"' in untrusted.stderr
    assert not any("geheim" in outcome.output or "falsch" in outcome.output for outcome in outcomes)


async def test_a_connection_that_the_server_closes_is_reported_as_such(blank: PrismaProject) -> None:
    script = "SELECT pg_terminate_backend(pg_backend_pid())"

    answers = await blank.ask(
        ("dbExecute", {"datasourceType": {"tag": "url", "url": blank.url}, "script": script}),
        ("dbExecute", {"datasourceType": {"tag": "url", "url": blank.url}, "script": "SELECT 1"}),
    )

    assert answers.status == 0
    assert "terminating connection due to administrator command" in answers.messages[0]["error"]["data"]["message"]
    assert answers.failure["error_code"] == "P1017"


async def test_the_engine_answers_in_order_and_ends_when_its_input_does(project: PrismaProject) -> None:
    connection = {"datasource": {"tag": "ConnectionString", "url": project.url}}
    answers = await project.ask(
        ("getDatabaseVersion", connection), ("noSuchMethod", {}), ("ensureConnectionValidity", connection)
    )

    assert answers.status == 0
    assert [message["id"] for message in answers.messages] == [1, 2, 3]
    assert answers.messages[0]["result"].startswith("PostgreSQL ")
    assert answers.messages[1]["error"]["code"] == -32601
    assert answers.messages[2]["result"] == {}


async def test_a_panic_of_the_engine_is_answered_as_one_and_ends_it(project: PrismaProject) -> None:
    connection = {"datasource": {"tag": "ConnectionString", "url": project.url}}
    answers = await project.ask(("debugPanic", {}), ("getDatabaseVersion", connection))

    assert answers.status == 101
    assert [message["id"] for message in answers.messages] == [1]
    assert answers.failure["is_panic"] is True
    assert "This is the debugPanic artificial panic" in answers.failure["message"]
