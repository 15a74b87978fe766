"""Import, export and prune, run as a user runs them: whole conversations go in and out, each once, whatever happens."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from database import DatabaseService
from database_url import DatabaseUrl
from export_conversations import Export
from fix_forks import Forks
from fix_hostile import Watch
from fix_postgres import Server
from import_conversations import Import
from postgres_server import free_port
from sources import files_of, lines_of
from steps import PROJECT

LONGEST_WAIT: Final = 60.0  # seconds; a bound for a machine under load, not an expectation
NOON: Final = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
TABLES: Final = ("Session", "Message", "CharacterFile")
HELLO: Final = '{"messages": [{"role": "user", "content": "Hello"}]}'
KILOBYTE: Final = "x" * 1000


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it printed."""

    status: int | None
    stdout: str
    stderr: str

    @property
    def summary(self) -> dict[str, Any]:
        """What `--json` has printed, which is all of stdout."""
        summary: dict[str, Any] = json.loads(self.stdout)
        return summary

    @property
    def error(self) -> str:
        """The one message of a program that failed."""
        assert self.status == 1, self
        errors = re.findall(r"^error: (.+)\n", self.stderr, re.MULTILINE)
        assert len(errors) == 1, self
        return str(errors[0])


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts, on a database of this test's own, and that database seen without them."""

    server: Server
    forks: Forks
    url: str

    async def start(self, name: str, *arguments: object, stdin: int = DEVNULL, stderr: int = PIPE) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *_command(name, *arguments)),
            env=self._environment(),
            stdin=stdin,
            stdout=PIPE,
            stderr=stderr,
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DATABASE_URL": self.url, "TERM": "xterm", "COLUMNS": "160"}

    async def run(self, name: str, *arguments: object, given: str = "") -> Ended:
        """Run a script to its end; it reads `given` from stdin."""
        command, environment = _command(name, *arguments), self._environment()
        done = await asyncio.to_thread(self.forks.run, *command, folder=PROJECT, environment=environment, given=given)
        assert "Traceback" not in done.stderr, done.stderr
        return Ended(done.returncode, done.stdout, done.stderr)

    async def imports(self, source: object, *arguments: str, given: str = "") -> dict[str, Any]:
        """Import all of something and return the summary."""
        result = await self.run("import_conversations", source, "--json", *arguments, given=given)
        assert result.status == 0, result
        return result.summary

    async def exports(self, target: object, *arguments: str) -> dict[str, Any]:
        """Export and return the summary."""
        result = await self.run("export_conversations", target, "--json", *arguments)
        assert result.status == 0, result
        return result.summary

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        """A connection of the test's own."""
        connection = await self.server.connect(DatabaseUrl.parse(self.url).database)
        try:
            yield connection
        finally:
            await connection.close()

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        async with self.connection() as connection:
            return [tuple(row) for row in await connection.fetch(sql)]

    async def state(self) -> str:
        """A checksum of all that is stored."""
        async with self.connection() as connection:
            return await Watch(connection).state(TABLES)

    async def counts(self) -> tuple[int, ...]:
        """How many sessions, messages and character files there are."""
        counts = [f'(SELECT count(*) FROM "{table}")' for table in TABLES]
        return (await self.rows(f"SELECT {', '.join(counts)}"))[0]

    async def clear(self) -> None:
        await self.rows('DELETE FROM "Session"')

    @asynccontextmanager
    async def holding(self, table: str, mode: str = "EXCLUSIVE") -> AsyncIterator[Callable[[Process], Any]]:
        """Lock a table; what comes back waits until a program waits for it, and returns its backend."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute(f'LOCK TABLE "{table}" IN {mode} MODE')

            async def until_blocked(process: Process) -> int:
                # pg_locks is always up to date, pg_stat_activity stands still inside a transaction
                sql = "SELECT pid FROM pg_locks WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
                while not (backend := await connection.fetchval(sql)):
                    assert process.returncode is None, await ended(process)
                    assert asyncio.get_running_loop().time() < deadline
                    await asyncio.sleep(0.02)
                return int(backend)

            yield until_blocked


def _command(name: str, *arguments: object) -> list[str]:
    return [str(PROJECT / "scripts" / f"{name}.py"), *map(str, arguments)]


async def ended(process: Process) -> Ended:
    stdout, stderr = await process.communicate()
    assert b"Traceback" not in (stderr or b""), stderr.decode()
    return Ended(process.returncode, stdout.decode(), (stderr or b"").decode())


@pytest.fixture
def scripts(server: Server, forks: Forks, migrated_url: str) -> Scripts:
    """The scripts on an empty database."""
    return Scripts(server, forks, migrated_url)


def lines(count: int, *, size: int = 1, first: int = 0) -> str:
    """So many conversations without ids, of two messages, of which one has so many kilobytes."""
    return "".join(
        json.dumps(
            [{"role": "user", "content": f"{number}"}, {"role": "assistant", "content": f"{number} {KILOBYTE * size}"}]
        )
        + "\n"
        for number in range(first, first + count)
    )


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def files_in(folder: Path) -> list[str]:
    """The names of the files in a folder and below it."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# What goes out and in again is the same

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
MOMENTS: Final = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001  # PostgreSQL's type has no zone
    datetime(9999, 12, 30),  # noqa: DTZ001  # the same
).map(lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000))
NUMBERS: Final = st.integers(-(10**1000), 10**1000).map(str) | st.builds(
    "{}.{}e{}".format, st.integers(), st.integers(0, 10**40), st.integers(-400, 400)
)
JSON_TEXTS: Final = st.recursive(
    st.sampled_from(["null", "true", "false"]) | NUMBERS | TEXTS.map(json.dumps),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(TEXTS.map(json.dumps), inner, max_size=4).map(
            lambda members: "{" + ", ".join(f"{name}: {value}" for name, value in members.items()) + "}"
        )
    ),
    max_leaves=10,
)
SESSIONS: Final = st.dictionaries(
    TEXTS,
    st.tuples(
        *(MOMENTS, MOMENTS),
        st.none() | st.tuples(JSON_TEXTS, MOMENTS, MOMENTS),
        st.lists(st.tuples(TEXTS, st.sampled_from(["user", "assistant"]), MOMENTS), max_size=4),
    ),
    min_size=3,
    max_size=8,
)


@settings(
    max_examples=8, phases=[Phase.explicit, Phase.generate]
)  # several sessions each; shrinking would take minutes
@given(sessions=SESSIONS)
def test_whatever_is_exported_and_imported_again_is_the_same(
    scripts: Scripts, tmp_path: Path, sessions: Mapping[str, Any]
) -> None:
    async def example() -> None:
        await scripts.clear()
        async with scripts.connection() as connection:
            await insert(connection, sessions)
        before = await scripts.state()
        first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
        await Export(DatabaseService(scripts.url), None).run(str(first))
        await scripts.clear()
        await Import(DatabaseService(scripts.url), keep_going=False).run(
            lines_of(files_of(str(first))), lambda done, count: None
        )
        assert await scripts.state() == before
        await Export(DatabaseService(scripts.url), None).run(str(second))
        assert second.read_bytes() == first.read_bytes()

    asyncio.run(example())


async def insert(connection: asyncpg.Connection[asyncpg.Record], sessions: Mapping[str, Any]) -> None:
    """Store sessions with what is theirs, behind the module's back."""
    for number, (id_, (created, updated, character, messages)) in enumerate(sessions.items()):
        await connection.execute('INSERT INTO "Session" VALUES ($1, $2, $3)', id_, created, updated)
        if character:
            await connection.execute(
                'INSERT INTO "CharacterFile" (id, content, "createdAt", "updatedAt", "sessionId")'
                " VALUES ($1, $2, $3, $4, $5)",
                *(f"{number}{id_}", *character, id_),
            )
        for position, message in enumerate(messages):
            await connection.execute(
                'INSERT INTO "Message" (id, content, role, "createdAt", "sessionId") VALUES ($1, $2, $3, $4, $5)',
                *(f"{number} {position}{id_}", *message, id_),
            )


async def example(scripts: Scripts, count: int = 3) -> None:
    """Store some sessions, a day apart, the last at noon."""
    day = timedelta(days=1)
    start = NOON.replace(tzinfo=None) - (count - 1) * day
    sessions = {
        f"session {number}": (
            *(start + number * day, start + number * day),
            ('{"name": "Ada"}', start, start) if number % 2 else None,
            [(f"message {position}", "user", start) for position in range(number)],
        )
        for number in range(count)
    }
    async with scripts.connection() as connection:
        await insert(connection, sessions)


async def test_all_conversations_go_to_a_file_a_folder_or_stdout_and_come_back(
    scripts: Scripts, tmp_path: Path
) -> None:
    await example(scripts)
    before = await scripts.state()
    file, folder = tmp_path / "all.jsonl", tmp_path / "each"
    assert (await scripts.exports(file))["written"] == 3
    assert (await scripts.exports(f"{folder}/"))["messages"] == 3
    output = (await scripts.run("export_conversations", "-")).stdout
    assert output == file.read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.iterdir()) == [f"session%20{number}.jsonl" for number in range(3)]
    for source, given_ in ((file, ""), (folder, ""), ("-", output)):
        await scripts.clear()
        summary = await scripts.imports(source, given=given_)
        assert (summary["stored"], summary["messages"], summary["skipped"]) == (3, 3, 0)
        assert await scripts.state() == before
    assert (await scripts.imports(file))["skipped"] == 3


async def test_one_session_is_exported_alone(scripts: Scripts, tmp_path: Path) -> None:
    await example(scripts)
    await scripts.exports(tmp_path / "one.jsonl", "--session", "session 1")
    line = json.loads((tmp_path / "one.jsonl").read_text(encoding="utf-8"))
    day = "2024-05-05T12:00:00.000Z"
    first = "2024-05-04T12:00:00.000Z"
    assert line == {
        "id": "session 1",
        "createdAt": day,
        "updatedAt": day,
        "characterFile": {"id": "1session 1", "createdAt": first, "updatedAt": first, "content": {"name": "Ada"}},
        "messages": [{"id": "1 0session 1", "role": "user", "content": "message 0", "createdAt": first}],
    }
    absent = await scripts.run("export_conversations", tmp_path / "none.jsonl", "--session", "absent")
    assert absent.error == "there is no session with the id absent"
    assert not (tmp_path / "none.jsonl").exists()


# What people have


FORMS: Final = [
    ("list.jsonl", '[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]\n\n'),
    (
        "byte order mark.jsonl",
        '\ufeff[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]\r\n',
    ),
    (
        "many lines.json",
        '{"messages": [\n{"role": "user", "content": "Hello"},\n{"role": "assistant", "content": "Hi"}\n]\n}',
    ),
    (
        "ids.jsonl",
        '[{"id": "b", "role": "user", "content": "Hello"}, {"id": "a", "role": "assistant", "content": "Hi"}]',
    ),
    (
        "nulls.jsonl",
        '{"id": null, "characterFile": null, "messages": [{"id": null, "createdAt": null, "role": "user",'
        ' "content": "Hello"}, {"role": "assistant", "content": "Hi"}]}',
    ),
]
"""Files, each with the same conversation."""


async def test_what_a_conversation_lacks_is_made_and_a_second_run_knows_it(
    scripts: Scripts, db: DatabaseService, tmp_path: Path
) -> None:
    for name, text in FORMS:
        written(tmp_path / name, text)
    assert (await scripts.imports(tmp_path))["stored"] == len(FORMS)
    for session in await db.sessions.list_sessions():
        messages = await db.messages.get_messages_by_session_id(session.id)
        assert [(message.role, message.content) for message in messages] == [("user", "Hello"), ("assistant", "Hi")]
        assert session.createdAt == session.updatedAt == messages[0].createdAt
    assert (await scripts.imports(tmp_path))["skipped"] == len(FORMS)
    assert await scripts.counts() == (len(FORMS), 2 * len(FORMS), 0)


async def test_times_of_any_zone_are_kept_and_a_session_begins_with_its_first_message(
    scripts: Scripts, db: DatabaseService
) -> None:
    messages = [
        {"role": "user", "content": "a", "createdAt": "2024-05-06T17:30:00.123999+05:30"},
        {"role": "assistant", "content": "b"},
    ]
    await scripts.imports("-", given=json.dumps(messages))
    [session] = await db.sessions.list_sessions()
    times = [message.createdAt for message in await db.messages.get_messages_by_session_id(session.id)]
    first = NOON.replace(microsecond=123_000)
    assert times == [first, first + timedelta(milliseconds=1)]
    assert session.createdAt == first


async def test_fields_that_have_no_place_are_named(scripts: Scripts) -> None:
    conversation = {"model": "m", "messages": [{"role": "user", "content": "a", "refusal": None, "sessionId": "s"}]}
    assert (await scripts.imports("-", given=json.dumps(conversation)))["dropped fields"] == ["model", "refusal"]


async def test_of_several_conversations_with_one_id_the_first_is_stored(scripts: Scripts) -> None:
    text = "".join(f'{{"id": "a", "messages": [{{"role": "user", "content": "{n}"}}]}}\n' for n in range(3))
    summary = await scripts.imports("-", given=text)
    assert (summary["stored"], summary["skipped"]) == (1, 2)
    assert await scripts.rows('SELECT content FROM "Message"') == [("0",)]


# What cannot be stored


REFUSED: Final[list[tuple[str, str | None]]] = [
    ("{", "this is not JSON (Expecting property name enclosed in double quotes, column 2)"),
    ("7", 'a conversation is a list of messages, or an object with such a list as "messages"'),
    (
        '{"role": "user", "content": "a"}',
        'a conversation is a list of messages, or an object with such a list as "messages"',
    ),
    ("[7]", "messages[0] is not an object"),
    ('[{"role": "user"}]', "messages[0].content is missing"),
    ('[{"role": "user", "content": 5}]', "messages[0].content is not a text"),
    (
        '[{"role": "user", "content": "\\u0000"}]',
        "messages[0].content: a text holds U+0000, which PostgreSQL cannot store",
    ),
    (
        '[{"role": "user", "content": "\\ud800"}]',
        "messages[0].content: a text holds U+D800, which PostgreSQL cannot store",
    ),
    (
        '[{"role": "model", "content": "a"}]',
        "messages[0].role is 'model', and only user, assistant, system, developer and tool are stored",
    ),
    (
        '[{"role": "user", "content": "a", "createdAt": "now"}]',
        "messages[0].createdAt is not a time such as 2024-05-06T12:00:00.000Z",
    ),
    (
        '[{"role": "user", "content": "a", "createdAt": 5}]',
        "messages[0].createdAt is not a time such as 2024-05-06T12:00:00.000Z",
    ),
    (
        '{"createdAt": "2024-05-06", "messages": []}',
        "createdAt is in no time zone: 2024-05-06T12:00:00Z would be one of UTC",
    ),
    ('{"id": 5, "messages": []}', "id is not a text"),
    ('{"characterFile": [], "messages": []}', "characterFile is not an object with content"),
    ('{"characterFile": {"content": NaN}, "messages": []}', "NaN is not a number that JSON can hold"),
    ('{"characterFile": {"content": "\\u0000"}, "messages": []}', None),
    (f'{{"characterFile": {{"content": {"9" * 5000}}}, "messages": []}}', None),
    ('{"createdAt": "9999-12-31T23:59:00-10:00", "messages": []}', None),
    ('{"x": ' + "[" * 100_000, "lists and objects are nested too deep"),
    (
        '[{"id": "taken", "role": "user", "content": "a"}]',
        "the id of one of its messages or of its character file is taken by another one",
    ),
]
"""Lines, and what is wrong with them; where that is PostgreSQL's to say, None."""


async def test_what_is_wrong_with_a_line_is_one_sentence_and_nothing_of_it_is_stored(
    scripts: Scripts, tmp_path: Path
) -> None:
    await scripts.rows("""INSERT INTO "Session" VALUES ('other', now(), now())""")
    await scripts.rows("""INSERT INTO "Message" VALUES ('taken', 'Hello', 'user', now(), 'other')""")
    path = written(tmp_path / "chats.jsonl", "".join(f"{line}\n" for line, _ in REFUSED))
    result = await scripts.run("import_conversations", path, "--keep-going", "--json")
    assert (result.status, result.summary["refused"]) == (1, len(REFUSED))
    sentences = re.findall(r"^refused: (.*)$", result.stderr, re.MULTILINE)
    for number, (sentence, (_, problem)) in enumerate(zip(sentences, REFUSED, strict=True), start=1):
        place = f"{path}, line {number}: "
        assert sentence.startswith(place)
        assert problem in {None, sentence.removeprefix(place)}
    assert await scripts.counts() == (1, 1, 0)


async def test_an_import_ends_at_the_first_line_that_cannot_be_stored_and_keeps_those_before_it(
    scripts: Scripts, tmp_path: Path
) -> None:
    good = lines(3)
    path = written(tmp_path / "chats.jsonl", f"{good}\n{{\n{HELLO}\n")
    error = (await scripts.run("import_conversations", path)).error
    assert error.startswith(f"{path}, line 5: this is not JSON")
    assert "the same command skips it and goes on" in error
    assert await scripts.counts() == (3, 6, 0)
    written(path, f"{good}\n{HELLO}\n")
    summary = await scripts.imports(path)
    assert (summary["stored"], summary["skipped"]) == (1, 3)


async def test_a_document_of_many_lines_is_refused_with_the_line_that_is_wrong(
    scripts: Scripts, tmp_path: Path
) -> None:
    path = written(tmp_path / "chat.json", '{"messages": [\n{"role": "user",\n"content": }]}')
    error = (await scripts.run("import_conversations", path)).error
    assert error.startswith(f"{path}, line 3: this is not JSON (Expecting value, column 12)")


async def test_those_that_cannot_be_stored_are_all_named_and_the_others_stored_when_told_to_keep_going(
    scripts: Scripts, tmp_path: Path
) -> None:
    good, bad = lines(3).splitlines(), '[{"role": "model", "content": "a"}]'
    path = written(tmp_path / "chats.jsonl", "\n".join([good[0], bad, good[1], "{", good[2]]))
    result = await scripts.run("import_conversations", path, "--keep-going", "--json")
    assert result.status == 1
    assert (result.summary["stored"], result.summary["refused"]) == (3, 2)
    assert re.findall(r"^refused: .*, line (\d): ", result.stderr, re.MULTILINE) == ["2", "4"]


async def test_bytes_that_are_no_text_are_refused_with_their_line(scripts: Scripts, tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    path.write_bytes(HELLO.encode() + b'\n[{"role": "user", "content": "caf\xe9"}]\n')
    error = (await scripts.run("import_conversations", path)).error
    assert error.startswith(f"{path}, line 2: this is not UTF-8 text")


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("import_conversations", []),
        ("export_conversations", ["-", "--json"]),
        ("prune_sessions", []),
        ("prune_sessions", ["--older-than", "90"]),
        ("prune_sessions", ["--older-than", f"{10**10}d"]),
    ],
)
async def test_a_command_that_says_too_little_or_nonsense_ends_with_the_status_for_usage(
    scripts: Scripts, script: str, arguments: list[str]
) -> None:
    result = await scripts.run(script, *arguments)
    assert (result.status, result.stdout) == (2, "")
    assert "usage: " in result.stderr


async def test_an_empty_folder_and_a_path_that_leads_nowhere_are_refused(scripts: Scripts, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "has no files" in (await scripts.run("import_conversations", tmp_path / "folder")).error
    assert "does not exist" in (await scripts.run("import_conversations", tmp_path / "absent")).error


async def test_a_server_that_is_not_there_is_one_sentence_without_the_password(scripts: Scripts) -> None:
    nowhere = replace(scripts, url=f"postgresql://test:pa55word@127.0.0.1:{free_port()}/api")
    for name, argument in (("import_conversations", "-"), ("export_conversations", "-"), ("prune_sessions", "--yes")):
        arguments = [argument, *(["--older-than=1d"] if name == "prune_sessions" else [])]
        error = (await nowhere.run(name, *arguments)).error
        assert "P1001" in error
        assert "pa55word" not in error


# Interruptions


async def test_after_kill_9_in_the_middle_the_same_command_stores_the_rest_and_nothing_twice(scripts: Scripts) -> None:
    process = await scripts.start("import_conversations", "-", stdin=PIPE)
    whole = lines(400, size=10)
    await first_batch(process, whole)
    async with scripts.holding("Message") as until_blocked:
        assert process.stdin is not None
        process.stdin.write(whole[-1_500_000:].encode())
        await until_blocked(process)
        process.kill()
        await process.wait()
    sessions, messages, _ = await scripts.counts()
    assert 0 < sessions < 400
    assert messages == 2 * sessions
    summary = await scripts.imports("-", given=whole)
    assert (summary["stored"], summary["skipped"]) == (400 - sessions, sessions)
    rows = await scripts.rows(
        """SELECT array_agg(content ORDER BY "createdAt", id) FROM "Message" GROUP BY "sessionId" """
    )
    assert sorted(int(contents[0]) for (contents,) in rows) == list(range(400))
    assert all(contents[1].startswith(f"{contents[0]} ") for (contents,) in rows)


async def first_batch(process: Process, text: str) -> None:
    """Give a program the first part of its input, and wait until some of it is stored."""
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(text[:1_500_000].encode())
    assert b"import: " in await asyncio.wait_for(process.stderr.readline(), LONGEST_WAIT)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_an_import_that_is_stopped_while_it_stores_says_how_to_go_on(
    scripts: Scripts, stop: signal.Signals
) -> None:
    async with scripts.holding("Message") as until_blocked:
        process = await scripts.start("import_conversations", "-", "--json", stdin=PIPE)
        assert process.stdin is not None
        process.stdin.write(HELLO.encode())
        process.stdin.close()
        await until_blocked(process)
        process.send_signal(stop)
        result = await ended(process)
    assert (result.status, result.summary["stored"]) == (130, 0)
    assert "interrupted; what was stored stays: the same command skips it and goes on\n" in result.stderr
    assert await scripts.counts() == (0, 0, 0)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_an_import_that_is_stopped_while_it_waits_for_input_ends(scripts: Scripts, stop: signal.Signals) -> None:
    process = await scripts.start("import_conversations", "-", "--json", stdin=PIPE)
    await first_batch(process, lines(200, size=10))
    assert process.stdout is not None
    process.send_signal(stop)
    output = await asyncio.wait_for(process.stdout.read(), LONGEST_WAIT)
    await process.communicate()
    assert process.returncode == 130
    assert json.loads(output)["stored"] == (await scripts.counts())[0] > 0


async def test_an_import_that_loses_its_connection_says_how_to_go_on(scripts: Scripts) -> None:
    async with scripts.holding("Message") as until_blocked:
        process = await scripts.start("import_conversations", "-", stdin=PIPE)
        assert process.stdin is not None
        process.stdin.write(HELLO.encode())
        process.stdin.close()
        backend = await until_blocked(process)
        await scripts.rows(f"SELECT pg_terminate_backend({backend})")
        result = await ended(process)
    assert result.error.endswith("; what was stored stays: the same command skips it and goes on")
    assert (await scripts.imports("-", given=HELLO))["stored"] == 1


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_an_export_that_is_stopped_leaves_the_file_that_was_there(
    scripts: Scripts, tmp_path: Path, stop: signal.Signals
) -> None:
    await example(scripts)
    path = written(tmp_path / "all.jsonl", "yesterday's")
    async with scripts.holding("CharacterFile", "ACCESS EXCLUSIVE") as until_blocked:
        process = await scripts.start("export_conversations", path)
        await until_blocked(process)
        process.send_signal(stop)
        result = await ended(process)
    assert path.read_text(encoding="utf-8") == "yesterday's"
    if stop != signal.SIGKILL:
        assert result.status == 130
        assert files_in(tmp_path) == [path.name]
    await scripts.exports(path)
    assert files_in(tmp_path) == [path.name]
    assert path.read_text(encoding="utf-8").count("\n") == 3


async def test_an_export_is_of_one_moment(scripts: Scripts, db: DatabaseService) -> None:
    await example(scripts)
    async with scripts.holding("CharacterFile", "ACCESS EXCLUSIVE") as until_blocked:
        process = await scripts.start("export_conversations", "-")
        await until_blocked(process)
        await db.messages.create_message(content="later", role="user", session_id="session 1")
        await db.sessions.create_session()
    result = await ended(process)
    assert "later" not in result.stdout
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["session 2", "session 1", "session 0"]


async def test_an_export_to_a_folder_goes_on_where_it_was_interrupted(scripts: Scripts, tmp_path: Path) -> None:
    await example(scripts)
    written(tmp_path / "session%201.jsonl", "as it was")
    summary = await scripts.exports(tmp_path)
    assert (summary["written"], summary["skipped"]) == (2, 1)
    assert (tmp_path / "session%201.jsonl").read_text(encoding="utf-8") == "as it was"


async def test_no_id_leads_out_of_the_folder_or_is_too_long_for_a_file(scripts: Scripts, tmp_path: Path) -> None:
    ids = ["", "..", "../../out", "/etc/out", "a/b", "x" * 1000, "ä" * 200, "CON:"]
    text = "".join(json.dumps({"id": id_, "messages": []}) + "\n" for id_ in ids)
    await scripts.imports("-", given=text)
    before = await scripts.state()
    folder = tmp_path / "a" / "b"
    assert (await scripts.exports(f"{folder}/"))["written"] == len(ids)
    assert len(list(folder.iterdir())) == len(ids)
    assert files_in(tmp_path) == sorted(path.name for path in folder.iterdir())
    await scripts.clear()
    assert (await scripts.imports(folder))["stored"] == len(ids)
    assert await scripts.state() == before


async def test_an_export_does_not_replace_what_is_no_file(scripts: Scripts, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file" in (await scripts.run("export_conversations", tmp_path / "pipe")).error


# Retention


async def test_prune_deletes_what_is_older_and_a_dry_run_only_counts(scripts: Scripts) -> None:
    await example(scripts)
    before = ("--before", "2024-05-05T22:00:00.5-02")  # Python 3.10 reads fewer times
    dry = await scripts.run("prune_sessions", *before, "--dry-run", "--json")
    assert (dry.summary["found"], dry.summary["deleted"]) == (2, 0)
    assert await scripts.counts() == (3, 3, 1)
    wet = await scripts.run("prune_sessions", *before, "--yes", "--json", "--batch-size", "1")
    assert (wet.status, wet.summary["found"], wet.summary["deleted"]) == (0, 2, 2)
    assert await scripts.rows('SELECT id FROM "Session"') == [("session 2",)]
    again = await scripts.run("prune_sessions", *before, "--json")
    assert (again.status, again.summary["found"]) == (0, 0)


async def test_prune_by_activity_keeps_what_was_used_since(scripts: Scripts) -> None:
    await example(scripts)
    await scripts.rows("""INSERT INTO "Message" VALUES ('new', 'Hello', 'user', '2024-05-07', 'session 0')""")
    options = ("--before", "2024-05-06", "--by", "activity", "--json")
    found = (await scripts.run("prune_sessions", *options, "--dry-run")).summary["found"]
    gone = (await scripts.run("prune_sessions", *options, "--yes")).summary["deleted"]
    assert found == gone
    left = await scripts.rows('SELECT DISTINCT "sessionId" FROM "Message" WHERE "createdAt" >= \'2024-05-06\'')
    assert ("session 0",) in left
    assert (
        await scripts.rows("""SELECT id FROM "Session" s WHERE NOT EXISTS
        (SELECT FROM "Message" WHERE "sessionId" = s.id AND "createdAt" >= '2024-05-06')
        AND EXISTS (SELECT FROM "Message" WHERE "sessionId" = s.id)""")
        == []
    )
    assert (await scripts.run("prune_sessions", "--older-than=1d", "--by=activity")).error.startswith(
        f"this deletes {3 - gone} sessions without activity since "
    )


async def test_an_age_is_counted_from_now(scripts: Scripts) -> None:
    ages = "(VALUES ('a', 47), ('b', 49), ('c', 15 * 24)) AS ages (id, hours)"
    created = "now() AT TIME ZONE 'UTC' - hours * interval '1 hour'"
    await scripts.rows(f'INSERT INTO "Session" SELECT id, {created}, now() FROM {ages}')
    for age, count in {"46h": 3, "2d": 2, "2w": 1, "3w": 0}.items():
        result = await scripts.run("prune_sessions", f"--older-than={age}", "--dry-run", "--json")
        assert result.summary["found"] == count, age


async def test_prune_deletes_nothing_when_nobody_can_agree(scripts: Scripts) -> None:
    await example(scripts)
    error = (await scripts.run("prune_sessions", "--older-than=1d")).error
    assert error.startswith("this deletes 3 sessions created before ")
    assert await scripts.counts() == (3, 3, 1)


@pytest.mark.parametrize(("answer", "left"), [("y", 0), ("", 3)])
async def test_prune_asks_who_sits_at_a_terminal(scripts: Scripts, answer: str, left: int) -> None:
    await example(scripts)
    terminal, programs_side = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    process = await scripts.start("prune_sessions", "--older-than=1d", stdin=programs_side)
    os.close(programs_side)
    result = await ended(process)
    os.close(terminal)
    assert "Delete 3 sessions created before " in result.stderr
    assert result.status == (0 if answer == "y" else 1)
    assert (await scripts.counts())[0] == left


# What a person sees


async def test_who_watches_sees_a_bar_with_the_rate_and_the_time_left(scripts: Scripts, tmp_path: Path) -> None:
    path = written(tmp_path / "chats.jsonl", lines(300, size=10))
    shown = await watched(scripts, "import_conversations", path)
    assert "━" in shown
    assert re.search(r"\d+%", shown)
    assert re.search(r"\d messages, [\d,]+/s", shown)
    assert "left" in shown
    assert re.search(r"stored +300\r\n", shown)
    assert "━" in await watched(scripts, "export_conversations", tmp_path / "all.jsonl")
    assert "━" in await watched(scripts, "prune_sessions", "--before=2100-01-01", "--yes")


async def watched(scripts: Scripts, name: str, *arguments: object) -> str:
    """What a script shows on a terminal."""
    terminal, programs_side = pty.openpty()
    process = await scripts.start(name, *arguments, stderr=programs_side)
    os.close(programs_side)
    shown = bytearray()
    loop = asyncio.get_running_loop()
    closed = loop.create_future()

    def read() -> None:
        try:
            shown.extend(os.read(terminal, 65_536))
        except OSError:  # the other side is closed
            loop.remove_reader(terminal)
            closed.set_result(None)

    loop.add_reader(terminal, read)
    assert (await ended(process)).status == 0, shown
    await asyncio.wait_for(closed, LONGEST_WAIT)
    os.close(terminal)
    return shown.decode()


async def test_a_log_gets_plain_lines(scripts: Scripts, tmp_path: Path) -> None:
    result = await scripts.run("import_conversations", written(tmp_path / "chats.jsonl", lines(3)))
    assert result.stdout == ""
    assert re.match(r"import: 6 messages, [\d,]+/s, 100%, 0 s left\n", result.stderr)
    assert "\x1b" not in result.stderr
    assert re.search(r"^  stored +3$", result.stderr, re.MULTILINE)
    assert re.search(r"^  messages +6$", result.stderr, re.MULTILINE)
