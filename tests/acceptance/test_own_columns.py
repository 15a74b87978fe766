"""A project adds columns of every kind, and renames tables: everything in the module knows them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import pytest_asyncio

from database_url import DatabaseUrl
from fix_clients import generate
from fix_hostile import Watch
from fix_postgres import Server
from steps import PROJECT

SCHEMA: Final = PROJECT / "tests" / "schemas" / "own_columns.prisma"
TABLES: Final = ("chat sessions", "messages", "characters", "User")

CONVERSATION: Final[dict[str, Any]] = {
    "id": "one",
    "createdAt": "2024-05-06T12:00:00.000Z",
    "updatedAt": "2024-05-06T12:00:00.000Z",
    "title": "Mine",
    "language": "de",
    "model": None,
    "mood": "ANGRY",
    "tags": ["a", "ü"],
    "settings": {"deep": [1.5, None, {"a": "b"}]},
    "price": 1.25,
    "key": "AP8=",
    "size": 2**60,
    "ratio": 0.1,
    "pinned": True,
    "seenAt": "2024-05-06T12:00:00.123456Z",
    "userId": "ada",
    "characterFile": {"content": {"name": "Ada"}, "version": 7, "author": None},
    "messages": [
        {"role": "user", "content": "Hello", "language": "en", "mood": "CALM", "moods": ["ANGRY", "CALM"], "extra": []},
        {
            "role": "assistant",
            "content": "Hi",
            "language": "fr",
            "tokens": 5,
            "mood": None,
            "moods": [],
            "colour": "red",
        },
    ],
}

WRONG: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "a required column": ({"title": None}, "title is null, and the schema does not allow that"),
    "an enum": ({"mood": "GLAD"}, "mood is none of CALM, ANGRY"),
    "a list": ({"tags": "a"}, "tags is not a list"),
    "an item": ({"tags": ["a", 1]}, "tags[1] is not a text"),
    "a text": ({"model": "\0"}, "model: a text holds U+0000, which PostgreSQL cannot store"),
    "a number": ({"price": "1"}, "price is not a number"),
    "a whole number": ({"size": 1.5}, "size is not a whole number"),
    "a boolean": ({"pinned": 1}, "pinned is neither true nor false"),
    "bytes": ({"key": "!"}, "key is not Base64"),
    "a time": (
        {"seenAt": "2024-05-06T12:00:00"},
        "seenAt is in no time zone: 2024-05-06T12:00:00Z would be one of UTC",
    ),
    "a relation": ({"userId": "nobody"}, "Foreign key constraint failed"),
}


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder with the client in place of the project's own, and the tables' `create.sql`."""
    return generate("own_columns", SCHEMA.read_text(encoding="utf-8"))


@pytest_asyncio.fixture
async def watch(server: Server, database_url: str, folder: Path) -> AsyncIterator[Watch]:
    """A watch over a database with the schema's tables."""
    async with tables(server, database_url, folder) as connection:
        yield Watch(connection)


@asynccontextmanager
async def tables(server: Server, database_url: str, folder: Path) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A connection to a database, which gets the tables of a folder's schema."""
    connection = await server.connect(DatabaseUrl.parse(database_url).database)
    await connection.execute((folder / "create.sql").read_text(encoding="utf-8"))
    yield connection
    await connection.close()


@pytest.fixture
def run(folder: Path, database_url: str, watch: Watch) -> Callable[..., subprocess.CompletedProcess[str]]:  # noqa: ARG001  # makes the tables
    """Run a program with that client, on that database."""
    return partial(run_with, folder, database_url)


def run_with(folder: Path, database_url: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program with a folder's client, on a database."""
    return subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        env={**os.environ, "DATABASE_URL": database_url, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        cwd=folder,
        check=False,
        text=True,
        capture_output=True,
    )


async def test_ids_may_be_uuids_in_the_database(server: Server, database_url: str) -> None:
    schema = (PROJECT / "schema.prisma").read_text(encoding="utf-8").replace("= -1", '= -1\n  output = "./prisma"')
    with_uuids = re.sub(r"^( +(?:id|sessionId) +String.*)$", r"\1 @db.Uuid", schema, flags=re.MULTILINE)
    folder = generate("uuid_ids", with_uuids)
    async with tables(server, database_url, folder):
        done = run_with(folder, database_url, PROJECT / "tests" / "own_columns" / "uuid_ids.py")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


@pytest.mark.parametrize("program", ["repositories", "web"])
def test_every_method_and_the_chat_api_know_the_columns(
    program: str, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = run(PROJECT / "tests" / "own_columns" / f"{program}.py")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


async def test_a_conversation_is_imported_and_exported_with_its_columns(
    run: Callable[..., subprocess.CompletedProcess[str]], watch: Watch, tmp_path: Path
) -> None:
    exact = '"settings": {"n": 1.100000000000000000001, "big": 12345678901234567890123}'
    written = json.dumps({**CONVERSATION, "settings": None}).replace('"settings": null', exact)
    (tmp_path / "in.jsonl").write_text(written, encoding="utf-8")
    await watch.execute("""INSERT INTO "User" VALUES ('ada')""")

    done = run(PROJECT / "scripts" / "import_conversations.py", tmp_path / "in.jsonl", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dropped fields"] == ["colour"]
    before = await watch.state(TABLES)

    done = run(PROJECT / "scripts" / "export_conversations.py", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    [line] = text.splitlines()
    assert '"n": 1.100000000000000000001' in line
    assert '"big": 12345678901234567890123' in line
    told = json.loads(line)
    assert _within(CONVERSATION | {"settings": told["settings"], "messages": told["messages"]}, told)
    first, second = CONVERSATION["messages"]
    del second["colour"]
    assert _within(first, told["messages"][0])
    assert _within({**second, "extra": {}}, told["messages"][1])

    await watch.execute('DELETE FROM "chat sessions"')
    done = run(PROJECT / "scripts" / "import_conversations.py", tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert await watch.state(TABLES) == before


def _within(part: Any, whole: Any) -> bool:
    """Whether all that a part says is so in the whole."""
    if isinstance(part, dict):
        return all(_within(value, whole[name]) for name, value in part.items())
    return bool(part == whole)


async def test_what_a_column_cannot_hold_is_said_with_its_name(
    run: Callable[..., subprocess.CompletedProcess[str]], watch: Watch, tmp_path: Path
) -> None:
    await watch.execute("""INSERT INTO "User" VALUES ('ada')""")
    lines = [json.dumps({**CONVERSATION, "id": name, **change}) for name, (change, _) in WRONG.items()]
    lines.append(json.dumps({**CONVERSATION, "messages": [{"role": "user", "content": "no language"}]}))
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = run(PROJECT / "scripts" / "import_conversations.py", "--keep-going", tmp_path / "in.jsonl")
    said = [line.partition(": ")[2] for line in done.stderr.splitlines() if line.startswith("refused: ")]
    expected = [words for _, words in WRONG.values()]
    expected.append("messages[0].language is missing, and the schema has no default for it")
    for number, (sentence, words) in enumerate(zip(said, expected, strict=True), start=1):
        assert sentence.startswith(f"{tmp_path / 'in.jsonl'}, line {number}: {words}")
