"""`migrate deploy`, `status` and `resolve` as a person meets them: in Python alone, without wasm."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from acceptance.prisma_cli import Outcome, finish
from fix_postgres import Server
from prisma_engine.cli import dispatch

pytestmark = pytest.mark.direct("migrations lock a session, and create databases: they go past it")

_DATASOURCE: Final = 'datasource shop {\n  provider = "postgresql"\n  url      = env("SHOP_URL")\n}\n'
_LOADED: Final = "Prisma schema loaded from prisma/schema.prisma.\n"
_BEHIND: Final = """
To apply migrations in development run prisma migrate dev.
To apply migrations in production run prisma migrate deploy.
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A program's project in the current folder, with two migrations and a database."""

    server: Server
    url: str
    capsys: pytest.CaptureFixture[str]

    @property
    def database(self) -> str:
        """The database's name."""
        return self.url.rpartition("/")[2].partition("?")[0]

    @property
    def line(self) -> str:
        """What every command begins with."""
        place = f"{self.server.host}:{self.server.port}"
        return f'Datasource "shop": PostgreSQL database "{self.database}", schema "public" at "{place}"\n'

    def migrate(self, *arguments: str) -> Outcome:
        """Run a command in this process."""
        self.capsys.readouterr()
        status = dispatch.run(["migrate", *arguments])
        return Outcome(status, *self.capsys.readouterr())

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        """Start a command as a program."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "prisma_engine", "migrate", *arguments),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SHOP_URL": self.url, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, name: str, sql: str) -> None:
        """Write a migration."""
        script = Path("prisma", "migrations", name, "migration.sql")
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(sql, encoding="utf-8")

    def execute(self, sql: str) -> None:
        """Do something behind the command's back."""
        asyncio.run(self.server.execute(sql, database=self.database))


@pytest.fixture
def shop(
    server: Server,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shop:
    """A project of Prisma 5, without a configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("SHOP_URL", database_url)
    shop = Shop(server, database_url, capsys)
    shop.write("1_first", 'CREATE TABLE "First" (id int);')
    shop.write("2_second", 'CREATE TABLE "Second" (id int);')
    Path("prisma/schema.prisma").write_text(_DATASOURCE, encoding="utf-8")
    return shop


def test_a_deployment_says_what_it_applies(shop: Shop) -> None:
    before, first, second, after = (shop.migrate(command) for command in ("status", "deploy", "deploy", "status"))

    found = "2 migrations found in prisma/migrations"
    names = "Following migrations have not yet been applied:\n1_first\n2_second\n"
    assert before == Outcome(1, f"{shop.line}\n{found}\n{names}{_BEHIND}", _LOADED)
    tree = "migrations/\n  └─ 1_first/\n    └─ migration.sql\n  └─ 2_second/\n    └─ migration.sql"
    applied = (
        f"The following migration(s) have been applied:\n\n{tree}\n\nAll migrations have been successfully applied."
    )
    assert first == Outcome(0, f"{shop.line}\n{found}\n\n\n{applied}\n", _LOADED)
    assert second == Outcome(0, f"{shop.line}\n{found}\n\n\nNo pending migrations to apply.\n", _LOADED)
    assert after == Outcome(0, f"{shop.line}\n{found}\n\nDatabase schema is up to date!\n", _LOADED)


def test_a_failure_is_shown_resolved_and_forgotten(shop: Shop) -> None:
    shop.write("2_second", "SELECT 1 / 0")
    failed, again, status = (shop.migrate(command) for command in ("deploy", "deploy", "status"))
    rolled_back = shop.migrate("resolve", "--rolled-back", "2_second")
    shop.write("2_second", "SELECT 1 / 1")
    deployed = shop.migrate("deploy")

    assert failed.stderr.startswith(f"{_LOADED}Error: P3018\n\nA migration failed to apply.")
    assert failed.stderr.endswith("Database error code: 22012\n\nDatabase error:\nERROR: division by zero\n\n\n")
    assert again.stderr.startswith(f"{_LOADED}Error: P3009\n\nmigrate found failed migrations")
    assert "Following migration have failed:\n2_second\n" in status.stderr
    assert 'prisma migrate resolve --applied "2_second"\n' in status.stderr
    assert rolled_back == Outcome(0, f"{shop.line}\nMigration 2_second marked as rolled back.\n\n", _LOADED)
    assert "  └─ 2_second/\n" in deployed.stdout
    assert [done.status for done in (failed, again, status, deployed)] == [1, 1, 1, 0]


def test_histories_that_have_parted_are_shown_side_by_side(shop: Shop) -> None:
    shop.migrate("deploy")
    Path("prisma/migrations/2_second").rename("prisma/migrations/3_third")

    done = shop.migrate("status")

    assert done.status == 1
    assert done.stderr == (
        f"{_LOADED}Your local migration history and the migrations table from your database are different:\n\n"
        "The last common migration is: 1_first\n\n"
        "The migration have not yet been applied:\n3_third\n\n"
        "The migration from the database are not found locally in prisma/migrations:\n2_second\n"
    )


def test_a_database_without_migrations_is_said_to_be_nobodys(shop: Shop) -> None:
    Path("prisma/migrations").rename("elsewhere")

    done = shop.migrate("status")

    assert (done.status, done.stdout) == (1, f"{shop.line}\nNo migration found in prisma/migrations\n")
    assert done.stderr.startswith(f"{_LOADED}The current database is not managed by Prisma Migrate.\n")


def test_a_database_in_use_is_given_its_baseline(shop: Shop) -> None:
    shop.execute('CREATE TABLE "First" (id int)')
    refused = shop.migrate("deploy")
    marked, again = (shop.migrate("resolve", "--applied", "1_first") for _ in range(2))
    deployed = shop.migrate("deploy")

    assert refused.stderr.startswith(f"{_LOADED}Error: P3005\n\nThe database schema is not empty.")
    assert marked == Outcome(0, f"{shop.line}\nMigration 1_first marked as applied.\n\n", _LOADED)
    already = "Error: P3008\n\nThe migration `1_first` is already recorded as applied in the database.\n\n"
    assert again == Outcome(1, shop.line, _LOADED + already)
    assert "1_first" not in deployed.stdout
    assert "  └─ 2_second/\n" in deployed.stdout


def test_a_database_that_is_missing_is_made_and_named(shop: Shop) -> None:
    asyncio.run(shop.server.drop(shop.database))
    missing = shop.migrate("status")
    deployed = shop.migrate("deploy")

    assert missing.stderr == f"{_LOADED}Error: P1003: Database `{shop.database}` does not exist\n"
    place = f"{shop.server.host}:{shop.server.port}"
    assert deployed.stdout.startswith(f"{shop.line}\nPostgreSQL database {shop.database} created at {place}\n\n2 mig")


def test_tables_in_any_schema_of_the_datasource_count(shop: Shop) -> None:
    Path("prisma/schema.prisma").write_text(_DATASOURCE.replace("}", '  schemas = ["a", "b"]\n}'), encoding="utf-8")
    shop.execute("CREATE SCHEMA b; CREATE TABLE b.theirs (id int)")

    done = shop.migrate("deploy")

    assert ', schemas "a, b" at "' in done.stdout
    assert "Error: P3005\n" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["resolve"],
            "Error: --applied or --rolled-back must be part of the command like:\nprisma migrate resolve --app",
        ),
        (["resolve", "--applied="], "Error: --applied or --rolled-back must be part of the command like:\n"),
        (["resolve", "--applied=1", "--rolled-back=2"], "Error: Pass either --applied or --rolled-back, not both.\n"),
        (
            ["resolve", "--applied"],
            "\n! option requires argument: --applied\n\nResolve issues with database migrations",
        ),
        (["deploy", "--force"], "\n! unknown or unexpected option: --force\n\nApply pending migrations"),
        (["status", "--schema", "nowhere.prisma"], "`nowhere.prisma`: file or directory not found\n"),
    ],
)
def test_options_that_make_no_sense_are_refused(shop: Shop, arguments: list[str], words: str) -> None:
    done = shop.migrate(*arguments)

    assert done.status == 1
    assert words in done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("deploy", "  Deploy your pending migrations to your production/staging database\n  $ prisma migrate deploy\n"),
        ("status", "  Check the status of your database migrations\n  $ prisma migrate status\n"),
        ("resolve", " --rolled-back   Record a specific migration as rolled back\n"),
    ],
)
def test_each_has_its_help(shop: Shop, command: str, words: str) -> None:
    done = shop.migrate(command, "--help")

    assert (done.status, done.stderr) == (0, "")
    assert words in done.stdout


@pytest.mark.parametrize(
    ("place", "content", "words"),
    [
        ("prisma/schema.prisma", b"// \xff\n", "is not text in UTF-8"),
        ("prisma/schema.prisma", b"", "Schema must contain a datasource block"),
        ("prisma/schema.prisma", _DATASOURCE.replace("postgresql", "mysql").encode(), "works with PostgreSQL only"),
        ("prisma/schema.prisma", _DATASOURCE.replace('env("SHOP_URL")', '"geheim"').encode(), "Error: P1013: "),
        ("prisma/migrations/migration_lock.toml", b"\xff\x00 garbage", "Error: P3019\n"),
        ("prisma/migrations", b"a file", "The folder of migrations `"),
    ],
    ids=["bytes", "empty", "mysql", "url", "lock file", "no folder"],
)
def test_whatever_a_file_holds_is_told_in_a_sentence(shop: Shop, place: str, content: bytes, words: str) -> None:
    if Path(place).is_dir():
        Path(place).rename("elsewhere")
    Path(place).write_bytes(content)

    for arguments in (["deploy"], ["status"], ["resolve", "--applied", "1_first"]):
        done = shop.migrate(*arguments)

        assert done.status == 1
        assert words in done.stderr
        assert "geheim" not in done.output


@pytest.mark.usefixtures("shop")
def test_no_wasm_and_no_client_are_loaded() -> None:
    program = (
        "import sys; from prisma_engine.cli.dispatch import run; statuses = [run(['migrate', command]) for command in"
        " ('deploy', 'status')]; print(statuses, sorted({'wasmtime', 'prisma', 'pydantic'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, text=True, capture_output=True)

    assert done.stdout.endswith("[0, 0] []\n")


async def test_of_two_deployments_at_once_one_applies_and_the_other_waits(shop: Shop) -> None:
    async with _locked(shop):
        deployments = [await shop.start("deploy") for _ in range(2)]
        await _until(lambda: _wait(shop, 2))
    outcomes = await asyncio.gather(*(finish(deployment) for deployment in deployments))

    assert [outcome.status for outcome in outcomes] == [0, 0], outcomes
    assert sorted("No pending migrations" in outcome.stdout for outcome in outcomes) == [False, True]


async def test_an_interrupted_deployment_ends_at_once_and_leaves_no_lock(shop: Shop) -> None:
    async with _locked(shop):
        process = await shop.start("deploy")
        await _until(lambda: _wait(shop, 1))
        process.send_signal(signal.SIGINT)
        outcome = await finish(process)
        await _until(lambda: _wait(shop, 0))

    assert outcome.status == 130
    assert "Traceback" not in outcome.stderr


async def test_the_lock_can_be_switched_off(shop: Shop) -> None:
    async with _locked(shop):
        outcome = await finish(await shop.start("deploy", PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK="1"))

    assert outcome.status == 0, outcome.output


def test_a_schema_of_several_files_needs_no_configuration(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("prisma/schema.prisma").rename("prisma/z.prisma")
    Path("prisma/a.prisma").write_text("model A {\n  id Int @id\n}\n", "utf-8")
    monkeypatch.setenv("SHOP_URL", "")

    unset = shop.migrate("status", "--schema=prisma")
    monkeypatch.delenv("SHOP_URL")
    Path("prisma/.env").write_text(f"SHOP_URL='{shop.url}'\n", "utf-8")
    deployed = shop.migrate("deploy", "--schema", "prisma")

    assert unset.status == 1
    assert "Environment variable not found: SHOP_URL. Set it to the database's URL" in unset.stderr
    assert (deployed.status, deployed.stderr) == (0, "Prisma schema loaded from prisma.\n")
    assert deployed.stdout.startswith(shop.line)


@asynccontextmanager
async def _locked(shop: Shop) -> AsyncIterator[None]:
    """Somebody else deploys."""
    holder = await asyncpg.connect(shop.url.partition("?")[0])
    try:
        await holder.execute("SELECT pg_advisory_lock(72707369)")
        yield
    finally:
        await holder.close()


async def _wait(shop: Shop, count: int) -> bool:
    connection = await shop.server.connect(shop.database)
    try:
        waiting = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(await connection.fetchval(waiting) == count)
    finally:
        await connection.close()


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await condition():  # noqa: ASYNC110  -- what is waited for happens in another process
            await asyncio.sleep(0.02)

    await asyncio.wait_for(poll(), 60)
