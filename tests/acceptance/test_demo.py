"""The demo, run as a user runs it: a conversation and a character go into PostgreSQL whole, or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from demo import same_json
from fix_forks import Forks
from fix_postgres import Server
from postgres_server import free_port
from steps import PROJECT

EXAMPLES = PROJECT / "examples"
DEMO = str(PROJECT / "scripts" / "demo.py")
LONGEST_WAIT = 60.0  # seconds; a bound for a machine under load, not an expectation
ONE_SENTENCE = re.compile(r"error: [^\n]+\n")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it printed."""

    status: int | None
    stdout: str
    stderr: str

    @property
    def session_id(self) -> str:
        """The id in the summary."""
        found = re.search(r"^ *session +(\S+)$", self.stdout, re.MULTILINE)
        assert found is not None, self
        return found[1]


async def start(url: str, **environment: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        DEMO,
        env={**os.environ, "DATABASE_URL": url, "PYTHONIOENCODING": "utf-8", **environment},
        stdout=PIPE,
        stderr=PIPE,
    )


async def ended(process: Process) -> Ended:
    stdout, stderr = await process.communicate()
    return Ended(process.returncode, stdout.decode(), stderr.decode())


async def run(url: str, **environment: str) -> Ended:
    return await ended(await start(url, **environment))


async def run_fork(forks: Forks, url: str, *arguments: str | Path) -> Ended:
    environment = {**os.environ, "DATABASE_URL": url}
    command = [DEMO, *map(str, arguments)]
    done = await asyncio.to_thread(forks.run, *command, folder=PROJECT, environment=environment)
    return Ended(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of a database, seen without the module."""

    server: Server
    forks: Forks
    url: str

    async def demo(self, *arguments: str | Path) -> Ended:
        """Run the demo to its end."""
        return await run_fork(self.forks, self.url, *arguments)

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """A connection to the database."""
        return await self.server.connect(urlsplit(self.url).path.removeprefix("/"))

    async def fetch(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """The rows of a query."""
        connection = await self.connect()
        try:
            return await connection.fetch(sql, *arguments)
        finally:
            await connection.close()

    async def counts(self) -> tuple[int, ...]:
        """How many sessions, messages and character files there are."""
        counts = [f'(SELECT count(*) FROM "{table}")' for table in ("Session", "Message", "CharacterFile")]
        return tuple((await self.fetch(f"SELECT {', '.join(counts)}"))[0])

    async def messages(self, session_id: str) -> list[dict[str, str]]:
        """The messages of a session in their order, as a transcript has them."""
        sql = 'SELECT role, content FROM "Message" WHERE "sessionId" = $1 ORDER BY "createdAt", id'
        return [dict(row) for row in await self.fetch(sql, session_id)]

    async def character(self, session_id: str) -> Any:
        """The character of a session, as its file has it."""
        rows = await self.fetch('SELECT content FROM "CharacterFile" WHERE "sessionId" = $1', session_id)
        return json.loads(rows[0]["content"])

    async def on_insert(self, table: str, action: str) -> None:
        """Make PostgreSQL do something to every new row of a table."""
        connection = await self.connect()
        try:
            await connection.execute(
                f"""
                CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {action} RETURN NEW; END $$;
                CREATE TRIGGER act BEFORE INSERT ON "{table}" FOR EACH ROW EXECUTE FUNCTION act();
                """
            )
        finally:
            await connection.close()


@pytest.fixture
def tables(server: Server, forks: Forks, migrated_url: str) -> Tables:
    """The project's tables in a database of this test's own."""
    return Tables(server, forks, migrated_url)


async def test_the_examples_are_stored_whole_and_in_order(tables: Tables) -> None:
    result = await tables.demo()
    assert (result.status, result.stderr) == (0, "")
    conversation = json.loads((EXAMPLES / "conversation.json").read_text(encoding="utf-8"))
    character = json.loads((EXAMPLES / "character.json").read_text(encoding="utf-8"))
    assert await tables.messages(result.session_id) == conversation
    assert await tables.character(result.session_id) == character
    assert await tables.counts() == (1, len(conversation), 1)


async def test_the_summary_says_what_was_stored_and_where_to_look(tables: Tables) -> None:
    summary = (await tables.demo()).stdout
    assert "47 (26 user, 21 assistant)" in summary
    assert "Latin, Arabic, Devanagari" in summary
    assert '"Ines Okafor-Brandt"' in summary
    assert "make db-studio, then http://localhost:5555" in summary


async def test_other_files_are_stored_when_they_are_named(tables: Tables, tmp_path: Path) -> None:
    character: dict[str, Any] = {
        "name": "Þór \u001b[31m",
        "numbers": [1, 1.5, -0.0, 10**30, 1e300],
        "nothing": None,
        "yes": True,
        "": {},
    }
    path = tmp_path / "character.json"
    path.write_text(json.dumps(character), encoding="utf-8-sig")
    result = await tables.demo("--transcript", EXAMPLES / "journey.jsonl", "--character", path)
    assert (result.status, result.stderr) == (0, "")
    lines = (EXAMPLES / "journey.jsonl").read_text(encoding="utf-8").split("\n")
    messages = [json.loads(line) for line in lines if line]
    assert await tables.messages(result.session_id) == messages
    assert same_json(await tables.character(result.session_id), character)
    assert "\u001b" not in result.stdout


async def test_every_run_makes_a_session_of_its_own(tables: Tables) -> None:
    first, second = await asyncio.gather(run(tables.url), run(tables.url))
    assert first.session_id != second.session_id
    assert await tables.counts() == (2, 94, 2)


async def test_a_terminal_that_knows_only_ascii_gets_the_summary(tables: Tables) -> None:
    result = await run(tables.url, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (result.status, result.stderr) == (0, "")
    assert result.stdout.isascii()


@pytest.mark.parametrize(
    ("option", "content", "line"),
    [
        ("--transcript", '[\n{"role": "user", "content": "x"},\n{"role": "system", "content": "x"}\n]', 3),
        ("--transcript", '{"role": "user", "content": "x"}\n{"role": "user", "content": "\\u0000"}', 2),
        ("--character", '{"name": "A",\n"temperature": NaN}', 2),
        ("--character", '{"name": "A",\n"bio": [\n', 3),
    ],
)
async def test_a_broken_file_is_refused_in_one_sentence_and_nothing_is_stored(
    tables: Tables, tmp_path: Path, option: str, content: str, line: int
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    result = await tables.demo(option, path)
    assert (result.status, result.stdout) == (1, "")
    assert ONE_SENTENCE.fullmatch(result.stderr)
    assert f"{path}, line {line}: " in result.stderr
    assert await tables.counts() == (0, 0, 0)


async def test_a_file_that_is_not_there_is_refused(tables: Tables, tmp_path: Path) -> None:
    path = tmp_path / "absent.json"
    result = await tables.demo("--character", path)
    assert (result.status, result.stderr) == (1, f"error: {path} cannot be read: No such file or directory\n")
    assert await tables.counts() == (0, 0, 0)


async def test_a_wrong_option_ends_with_the_status_for_usage(tables: Tables) -> None:
    result = await tables.demo("--charakter", "x.json")
    assert (result.status, result.stdout) == (2, "")
    assert "unrecognized arguments" in result.stderr
    assert await tables.counts() == (0, 0, 0)


async def test_help_names_the_options(tables: Tables) -> None:
    result = await tables.demo("-h")
    assert (result.status, result.stderr) == (0, "")
    assert "--transcript FILE" in result.stdout
    assert "--character FILE" in result.stdout


async def test_what_was_stored_is_deleted_again_when_storing_fails_midway(tables: Tables) -> None:
    await tables.on_insert("CharacterFile", "RAISE 'the disk is full' USING ERRCODE = 'disk_full';")
    result = await tables.demo()
    assert (result.status, result.stdout) == (1, "")
    assert ONE_SENTENCE.fullmatch(result.stderr)
    assert "was not stored" in result.stderr
    assert "the disk is full" in result.stderr
    assert await tables.counts() == (0, 0, 0)


@pytest.mark.parametrize(
    ("table", "action", "what"),
    [
        ("Message", "IF NEW.content LIKE '%tray ordered' THEN NEW.content := 'no tray'; END IF;", "message 7"),
        ("CharacterFile", """NEW.content := NEW.content || '{"version": true}';""", "the character"),
    ],
    ids=["message", "character"],
)
async def test_what_reads_back_differently_is_named_and_nothing_stays(
    tables: Tables, table: str, action: str, what: str
) -> None:
    await tables.on_insert(table, action)
    result = await tables.demo()
    assert (result.status, result.stdout) == (1, "")
    assert result.stderr == f"error: {what} came back different from what was stored\n"
    assert await tables.counts() == (0, 0, 0)


async def test_ctrl_c_leaves_nothing_behind(tables: Tables) -> None:
    """The lock holds the demo at its first message until the signal is sent."""
    connection = await tables.connect()
    try:
        async with connection.transaction():
            await connection.execute('LOCK TABLE "Message" IN EXCLUSIVE MODE')
            process = await start(tables.url)
            await until_blocked(connection, process)
            process.send_signal(signal.SIGINT)
        result = await ended(process)
    finally:
        await connection.close()
    assert (result.status, result.stdout) == (130, "")
    assert await tables.counts() == (0, 0, 0)


async def until_blocked(connection: asyncpg.Connection[asyncpg.Record], process: Process) -> None:
    """Wait until somebody else waits for the lock that the connection holds."""
    # pg_locks is always up to date, pg_stat_activity stands still inside a transaction
    sql = "SELECT count(*) FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
    while not await connection.fetchval(sql):
        if process.returncode is not None or asyncio.get_running_loop().time() > deadline:
            process.kill()
            pytest.fail(f"the demo did not wait for the lock: {await ended(process)}")
        await asyncio.sleep(0.02)


async def test_a_server_that_is_not_there_is_one_sentence_without_the_password(forks: Forks) -> None:
    result = await run_fork(forks, f"postgresql://test:pa55word@127.0.0.1:{free_port()}/api?schema=public")
    assert (result.status, result.stdout) == (1, "")
    assert ONE_SENTENCE.fullmatch(result.stderr)
    assert "pa55word" not in result.stderr


async def test_a_database_without_tables_is_one_sentence(forks: Forks, database_url: str) -> None:
    result = await run_fork(forks, database_url)
    assert (result.status, result.stdout) == (1, "")
    assert ONE_SENTENCE.fullmatch(result.stderr)
