"""Messages in partitions by session: moved there while programs work, and every method of the repositories on them."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final, get_args

import asyncpg
import pytest
import pytest_asyncio
from prisma.models import Message

from database import DatabaseService, IdTakenError, SearchMode, SessionNotFoundError, SessionOrder
from database_url import DatabaseUrl
from db_partitions import with_session_in_key
from fix_clients import generate, prisma
from fix_database import MORE_VARIABLE
from fix_postgres import Server
from message_partitions import read_table
from partition_online import are_partitioned, connected, partition
from prisma_engine.namespace import Table
from steps import PROJECT, StepError

pytestmark = pytest.mark.direct("a move into partitions is one session of the server")

TABLE: Final = Table("public", "Message", {name: name for name in ("id", "content", "role", "createdAt", "sessionId")})
COLUMNS: Final = Table("public", "messages", {"id": "id", "sessionId": "session"})
NOON: Final = datetime(2024, 5, 6, 12, tzinfo=timezone.utc)
WORDS: Final = ("tea", "coffee", "milk", "sugar")
SESSIONS: Final = ["first", "second", "third", "fourth"]
LIMITS: Final = (1, 2, 7, 100)
SUITES: Final = (
    "chat_store",
    "create_messages",
    "repositories",
    "search_messages",
    "search_words",
    "activity",
    "delete_sessions",
)
WANTED: Final = (
    "(not test_repositories or async) and not whatever_the_word and not adds_the_index"
    " and not json and not other_roles and not cannot_store and not any_text and not nothing_is_sent"
)
# The way without async is the same below; where there are partitions, plans and migrations are others. What is
# checked before a query, and what a character file may hold, have nothing to do with them.
KEYS: Final = """
SELECT conrelid = '"Message"'::regclass, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype IN ('p', 'f') AND conrelid <> 0 ORDER BY 1, 2, 3
"""
INDEXES: Final = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
OWNERS: Final = """
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
WHERE relname ~ '^messages' AND relkind IN ('r', 'p')
"""
HAS_LOCKS: Final = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1)"
REFERS: Final = """
SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass('"Message_p00"'))
"""
OWN_INDEXES: Final = """
SELECT relname, indisunique, pg_get_expr(indexprs, indrelid), pg_get_expr(indpred, indrelid)
FROM pg_index JOIN pg_class ON oid = indexrelid WHERE indrelid = '"Message"'::regclass AND NOT indisprimary ORDER BY 1
"""
SETTINGS: Final = """
SELECT DISTINCT relkind::text, reloptions, relreplident::text, obj_description(oid, 'pg_class') FROM pg_class
WHERE relname ~ '^Message(_p..)?$' ORDER BY 1
"""
LEFTOVERS: Final = """
SELECT relname FROM pg_class WHERE relname LIKE '%\\_new%' OR relname LIKE '%\\_p0%' OR relname = 'changed_messages'
UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


@pytest_asyncio.fixture
async def connection(migrated_url: str) -> AsyncIterator[Any]:
    """A connection as the move has it."""
    async with connected(migrated_url) as connection:
        yield connection


@pytest.fixture(scope="session")
def client_folder() -> Path:
    """The folder with the client for messages in partitions."""
    schema = with_session_in_key((PROJECT / "schema.prisma").read_text(encoding="utf-8"))
    return generate("partitions", schema.replace("generator client {", 'generator client {\n  output = "./prisma"'))


@pytest.fixture
def run(client_folder: Path) -> Callable[..., None]:
    """Run a Python program with that client; it has to succeed."""

    def run(*arguments: object, **variables: str) -> None:
        path = os.pathsep.join([str(client_folder), *sys.path])
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": path, **variables},
            cwd=PROJECT,
            check=False,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


class Users:
    """Programs that write, change, delete and read messages, and know what must be there in the end."""

    def __init__(self, db: DatabaseService, sessions: list[str]) -> None:
        self._db = db
        self._sessions = sessions
        self._over = asyncio.Event()
        self.kept: dict[str, str] = {}
        self.turns = 0

    async def write(self, number: int) -> None:
        """Take turns at writing, in ways that differ from turn to turn, until it is over."""
        mine: list[str] = []
        while not self._over.is_set():
            session = self._sessions[(number + self.turns) % len(self._sessions)]
            message = await self._db.messages.create_message(session_id=session, role="user", content="first")
            self.kept[message.id] = "first"
            mine.append(message.id)
            if len(mine) % 3 == 0:
                await self._db.messages.replace_content(mine[-2], "second")
                self.kept[mine[-2]] = "second"
            if len(mine) % 5 == 0:
                await self._db.messages.delete_message(mine[-4])
                del self.kept[mine[-4]]
            if len(mine) % 7 == 0:
                await self._gone()
            self.turns += 1

    async def _gone(self) -> None:
        """A session comes and goes with its messages."""
        session = await self._db.sessions.create_session()
        await self._db.messages.create_messages(session.id, [{"role": "user", "content": "gone"}] * 3)
        await self._db.sessions.delete_session(session.id)

    async def read(self) -> None:
        """Read until it is over: what was there from the start is always there."""
        while not self._over.is_set():
            session = await self._db.sessions.get_session_with_messages(random.choice(self._sessions))
            assert session is not None
            assert session.messages is not None
            assert [message.content for message in session.messages[:2]] == ["0", "1"]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Have them work for the block."""
        everyone = asyncio.gather(*(self.write(number) for number in range(3)), self.read(), self.read())
        try:
            yield
        finally:
            self._over.set()
            await everyone


async def filled(db: DatabaseService, sessions: int, each: int) -> tuple[list[str], dict[str, str]]:
    """Store messages, and return their sessions and what each is."""
    ids: list[str] = []
    contents: dict[str, str] = {}
    for _ in range(sessions):
        session = await db.sessions.create_session()
        new: Any = [{"role": "user", "content": str(number)} for number in range(each)]
        stored = await db.messages.create_messages(session.id, new)
        ids.append(session.id)
        contents |= {message.id: message.content for message in stored}
    return ids, contents


async def until(connection: Any, question: str, *, during: asyncio.Future[None]) -> None:
    """Wait for a yes, which has to come before something is over."""
    while not await connection.fetchval(question):
        assert not during.done(), during
        await asyncio.sleep(0.01)


@asynccontextmanager
async def reading(server: Server, url: str, table: str, *, mode: str = "ACCESS SHARE") -> AsyncIterator[Any]:
    """A transaction that has read a table, or locked it in a mode, and stays open for the block."""
    connection = await server.connect(DatabaseUrl.parse(url).database)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(f'LOCK TABLE "{table}" IN {mode} MODE')
    yield connection
    await transaction.rollback()
    await connection.close()


async def contents_of(connection: Any) -> dict[str, str]:
    return dict(await connection.fetch('SELECT id, content FROM "Message"'))


async def test_messages_move_while_programs_read_and_write_them(db: DatabaseService, connection: Any) -> None:
    sessions, contents = await filled(db, sessions=20, each=100)
    users = Users(db, sessions)
    async with users.at_work():
        await asyncio.sleep(0.1)
        before = users.turns
        await partition(connection, TABLE)
        during = users.turns - before
        await asyncio.sleep(0.1)
    assert during > 0
    assert await are_partitioned(connection, TABLE)
    assert await contents_of(connection) == contents | users.kept
    assert len(await connection.fetch('SELECT DISTINCT tableoid FROM "Message"')) > 1
    await db.sessions.delete_session(sessions[0])
    assert await db.messages.get_messages_by_session_id(sessions[0]) == []


async def test_the_move_and_the_migration_make_the_same_tables(
    server: Server, migrated_template: str, db: DatabaseService, connection: Any
) -> None:
    await db.client.execute_raw(await db.messages.word_index_sql())
    script = (await read_table(connection, TABLE)).migration()
    await partition(connection, TABLE)
    name = await server.create(template=migrated_template)
    async with DatabaseService(server.url(name)) as other:
        await filled(other, sessions=3, each=2)
        await other.client.execute_raw(await other.messages.word_index_sql())
    migrated = await server.connect(name)
    await migrated.execute(script)
    assert await migrated.fetch(KEYS) == await connection.fetch(KEYS)
    assert await migrated.fetch(INDEXES) == await connection.fetch(INDEXES)
    assert len(await contents_of(migrated)) == 6
    await migrated.close()
    await server.drop(name)


async def test_a_move_waits_for_a_long_transaction_and_keeps_nobody_waiting_for_long(
    server: Server, db: DatabaseService, connection: Any, migrated_url: str
) -> None:
    [session], contents = await filled(db, sessions=1, each=3)
    async with reading(server, migrated_url, "Message"):
        move = asyncio.ensure_future(partition(connection, TABLE))
        for _ in range(40):  # longer than the move needs alone
            await asyncio.wait_for(db.messages.get_last_messages(session, 1), 10)
            await asyncio.sleep(0.05)
        assert not move.done()
    await move
    assert await contents_of(connection) == contents


async def test_a_move_that_is_stopped_leaves_nothing_and_can_be_made_again(
    db: DatabaseService, connection: Any, server: Server, migrated_url: str
) -> None:
    _, contents = await filled(db, sessions=2, each=2)
    # as a session's writer does: no foreign key is made meanwhile, and the clean-up does not wait
    async with reading(server, migrated_url, "Session", mode="ROW EXCLUSIVE") as writer:
        move = asyncio.ensure_future(partition(connection, TABLE))
        await until(writer, "SELECT to_regclass('changed_messages') IS NOT NULL", during=move)
        move.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(move, 30)
    assert await connection.fetch(LEFTOVERS) == []
    await partition(connection, TABLE)
    assert await contents_of(connection) == contents
    assert [row[0] for row in await connection.fetch(LEFTOVERS) if "_p0" not in row[0]] == []


class Stopping(asyncpg.Connection):
    """A connection that stops a move as it begins one of its transactions, counted from 1."""

    move: asyncio.Future[None]
    begun = 0
    last: int

    async def execute(self, query: str, *args: Any, **options: Any) -> Any:
        if query.startswith("BEGIN"):
            self.begun += 1
            if self.begun == self.last:
                self.move.cancel()
        return await super().execute(query, *args, **options)


async def test_a_move_may_be_stopped_as_it_begins_any_of_its_transactions(
    db: DatabaseService, connection: Any, migrated_url: str
) -> None:
    _, contents = await filled(db, sessions=2, each=2)
    parsed = DatabaseUrl.parse(migrated_url)
    transactions = 0
    while not await are_partitioned(connection, TABLE):
        transactions += 1
        own = await asyncpg.connect(parsed.connection_string(parsed.database), connection_class=Stopping)
        own.last, own.move = transactions, asyncio.ensure_future(partition(own, TABLE))
        try:
            with suppress(asyncio.CancelledError):
                await own.move
        finally:
            await own.close()
        if not await are_partitioned(connection, TABLE):
            assert own.move.cancelled()
            assert await connection.fetch(LEFTOVERS) == []
    assert transactions > 5
    assert await contents_of(connection) == contents


async def test_a_move_that_is_stopped_after_its_foreign_keys_waits_for_who_reads_sessions_and_leaves_nothing(
    db: DatabaseService,
    connection: Any,
    server: Server,
    migrated_url: str,
    *,
    migrated_template: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, contents = await filled(db, sessions=1, each=3)
    async with (
        server.fresh(template=migrated_template) as other_url,
        reading(server, other_url, "Session"),  # for longer, a table that has the same number in another database
        reading(server, migrated_url, "Session") as reader,
    ):
        pid, since = await reader.fetchrow("SELECT pg_backend_pid(), to_char(now(), 'YYYY-MM-DD HH24:MI:SS TZ')")
        move = asyncio.ensure_future(partition(connection, TABLE))
        await until(reader, REFERS, during=move)
        move.cancel()
        said = f"waiting for process {pid} of the server, which is in a transaction since {since}\n"
        while said not in capsys.readouterr().out:
            assert not move.done()
            await asyncio.sleep(0.05)
        assert len(await asyncio.wait_for(db.sessions.list_sessions(), 10)) == 1
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(move, 30)
    assert await connection.fetch(LEFTOVERS) == []
    assert await contents_of(connection) == contents


async def test_messages_that_are_truncated_during_a_move_do_not_come_back(
    db: DatabaseService, connection: Any, server: Server, migrated_url: str
) -> None:
    [session], _ = await filled(db, sessions=1, each=3)
    async with reading(server, migrated_url, "Session") as reader:
        move = asyncio.ensure_future(partition(connection, TABLE))
        await until(reader, REFERS, during=move)
        await db.client.execute_raw('TRUNCATE "Message"')
        message = await db.messages.create_message(session_id=session, role="user", content="last")
    await move
    assert await contents_of(connection) == {message.id: "last"}


async def test_a_move_that_lost_its_connection_can_be_made_again(
    db: DatabaseService, connection: Any, server: Server, migrated_url: str
) -> None:
    _, contents = await filled(db, sessions=2, each=2)
    async with reading(server, migrated_url, "Session") as reader:
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        move = asyncio.ensure_future(partition(connection, TABLE))
        await until(reader, "SELECT to_regclass('changed_messages') IS NOT NULL", during=move)
        await reader.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)):
            await move
        assert await reader.fetch(LEFTOVERS) != []
        while await reader.fetchval(HAS_LOCKS, pid):  # noqa: ASYNC110  # a server has no events
            await asyncio.sleep(0.01)  # it says goodbye, then goes
    async with connected(migrated_url) as other:
        await partition(other, TABLE)
        assert await contents_of(other) == contents
        assert [row[0] for row in await other.fetch(LEFTOVERS) if "_p0" not in row[0]] == []


async def test_a_move_keeps_rights_sequences_and_names(server: Server, database_url: str) -> None:
    folder = generate("own_columns", (PROJECT / "tests/schemas/own_columns.prisma").read_text(encoding="utf-8"))
    name = DatabaseUrl.parse(database_url).database
    await server.execute((folder / "create.sql").read_text(encoding="utf-8"), database=name)
    async with connected(database_url) as connection:
        await connection.execute(f"""
            CREATE ROLE "a reader of {name}";
            GRANT SELECT ON messages TO "a reader of {name}" WITH GRANT OPTION;
            CREATE ROLE "an owner of {name}";
            ALTER TABLE messages OWNER TO "an owner of {name}";
            INSERT INTO "chat sessions" VALUES ('s', now(), now(), 'title');
            INSERT INTO messages (id, text, role, session, language) VALUES ('a', 'a', 'user', 's', 'en');
        """)
        await partition(connection, COLUMNS)
        await connection.execute(
            "INSERT INTO messages (id, text, role, session, language) VALUES ('b', 'b', 'user', 's', 'en')"
        )
        numbers = await connection.fetch("SELECT number FROM messages ORDER BY id")
        assert [row[0] for row in numbers] == [1, 2]
        [rights] = await connection.fetch("SELECT relacl::text FROM pg_class WHERE relname = 'messages'")
        assert f'"a reader of {name}"' in rights[0].replace("\\", "")
        owners = await connection.fetch(OWNERS)
        assert [row[0] for row in owners] == [f"an owner of {name}"]
        for role in (f'"a reader of {name}"', f'"an owner of {name}"'):
            await connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        (
            'CREATE TABLE "File" (message text REFERENCES "Message")',
            'constraint File_message_fkey on table "File"',
        ),
        ('CREATE VIEW "Latest" AS SELECT content FROM "Message"', 'rule _RETURN on view "Latest"'),
        ('CREATE TABLE later () INHERITS ("Message")', "table later"),
        ('CREATE TABLE former (message "Message")', "column message of table former"),
        ("CREATE FUNCTION shown(\"Message\") RETURNS text LANGUAGE sql AS 'SELECT 1'", 'function shown("Message")'),
        (
            'CREATE FUNCTION said() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM "Message"; END',
            "function said()",
        ),
        ('CREATE TABLE rows (); ALTER TABLE "Message" INHERIT rows', "its parent rows"),
        ('CREATE UNIQUE INDEX "one_time" ON "Message" ("createdAt")', "unique index one_time"),
        ('CREATE PUBLICATION "others" FOR TABLE "Message"', 'publication of table "Message" in publication others'),
        ('CREATE POLICY "mine" ON "Message"', 'policy mine on table "Message"'),
        (
            'CREATE TRIGGER "own" BEFORE UPDATE ON "Message" FOR EACH ROW '
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            'trigger own on table "Message"',
        ),
        ('CREATE UNIQUE INDEX "covering" ON "Message" (id) INCLUDE ("sessionId")', "unique index covering"),
        (
            'ALTER TABLE "Message" ADD CONSTRAINT once UNIQUE (role, "sessionId") DEFERRABLE',
            "constraint once",
        ),
        ("ALTER TABLE \"Message\" ADD CONSTRAINT long CHECK (content <> '') NOT VALID", "constraint long"),
        ('ALTER TABLE "Message" ADD CONSTRAINT one EXCLUDE (role WITH =)', "constraint one"),
        ('ALTER TABLE "Message" ADD number int GENERATED BY DEFAULT AS IDENTITY', "identity column number"),
        ('GRANT SELECT (content) ON "Message" TO PUBLIC', "rights for column content"),
        ('CREATE RULE "own" AS ON DELETE TO "Message" DO ALSO NOTHING', 'rule own on table "Message"'),
        ('ALTER TABLE "Message" ENABLE ROW LEVEL SECURITY', "row level security"),
        ('ALTER TABLE "Message" REPLICA IDENTITY USING INDEX "Message_pkey"', "an index as replica identity"),
    ],
)
async def test_what_partitions_cannot_keep_is_named_before_anything_is_done(
    connection: Any, sql: str, named: str
) -> None:
    if "ATOMIC" in sql and connection.get_server_version() < (14,):
        pytest.skip("before PostgreSQL 14, no function has BEGIN ATOMIC")
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute(sql)
    with pytest.raises(StepError, match=f"because of {re.escape(named)}$"):
        await partition(connection, TABLE)
    assert not await are_partitioned(connection, TABLE)
    await transaction.rollback()  # the next test gets the same database


async def test_a_move_keeps_what_is_unique_in_a_session(connection: Any) -> None:
    await connection.execute('CREATE UNIQUE INDEX "first" ON "Message" ("sessionId") WHERE role = \'system\'')
    await connection.execute("""INSERT INTO "Session" VALUES ('s', now(), now())""")
    system = """INSERT INTO "Message" (id, content, role, "sessionId") VALUES ($1, '', 'system', 's')"""
    await connection.execute(system, "a")
    await partition(connection, TABLE)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(system, "b")


async def test_a_move_keeps_what_the_database_generates(db: DatabaseService, connection: Any) -> None:
    await connection.execute('ALTER TABLE "Message" ADD length int GENERATED ALWAYS AS (length(content)) STORED')
    sessions, _ = await filled(db, sessions=3, each=2)
    async with Users(db, sessions).at_work():
        await partition(connection, TABLE)
    assert not await connection.fetchval('SELECT count(*) FROM "Message" WHERE length <> length(content)')
    assert await connection.fetchval('SELECT count(length) FROM "Message"')


async def test_a_move_keeps_indexes_and_checks_of_any_name(connection: Any) -> None:
    await connection.execute("""
        CREATE INDEX "a USING b" ON "Message" (role) WHERE content <> ' USING ';
        CREATE UNIQUE INDEX "a "" ON c" ON "Message" ("sessionId", (role || ' ON '));
        ALTER TABLE "Message" ADD CHECK (content <> role);
    """)
    before = await connection.fetch(OWN_INDEXES)
    await partition(connection, TABLE)
    assert await connection.fetch(OWN_INDEXES) == before
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute('INSERT INTO "Message" (id, content, role, "sessionId") VALUES (1, 2, 2, 3)')


async def test_a_move_keeps_what_is_set_for_the_table(connection: Any) -> None:
    await connection.execute("""
        ALTER TABLE "Message" SET (fillfactor = 70, autovacuum_enabled = false), REPLICA IDENTITY FULL;
        COMMENT ON TABLE "Message" IS 'what is said'
    """)
    await partition(connection, TABLE)
    assert [tuple(row) for row in await connection.fetch(SETTINGS)] == [
        ("p", None, "f", "what is said"),
        ("r", ["fillfactor=70", "autovacuum_enabled=false"], "f", None),
    ]


async def test_a_table_of_somebody_else_with_a_name_of_the_moves_is_left_alone(connection: Any) -> None:
    await connection.execute('CREATE TABLE "Message_new" ()')
    with pytest.raises(asyncpg.DuplicateTableError):
        await partition(connection, TABLE)
    assert [row[0] for row in await connection.fetch(LEFTOVERS)] == ["Message_new"]


@pytest.mark.parametrize("block", ["\n\n  @@index([createdAt])", ""])
def test_the_schema_gets_the_session_into_the_key_of_messages_alone(block: str) -> None:
    head = "model Session {\n  id String @id\n}\n\nmodel Message {\n  id String"
    schema = f"{head} @id @default(uuid())\n  sessionId String{block}\n}}\n"
    written = with_session_in_key(schema)
    assert written.startswith(f"{head} @default(uuid())\n  sessionId String\n\n  @@id([id, sessionId])")
    assert written.endswith(f"{block[1:]}\n}}\n")
    with pytest.raises(StepError, match="write the key of model Message"):
        with_session_in_key(written)


def test_the_schema_loses_the_name_of_the_old_key() -> None:
    schema = "model Message {\n  id String @id%s @default(uuid())\n}\n"
    assert with_session_in_key(schema % '(map: "a (key)")') == with_session_in_key(schema % "")
    with pytest.raises(StepError, match="write the key of model Message"):
        with_session_in_key(schema % "(sort: Desc)")


async def walked(read: Callable[..., Awaitable[list[Any]]], limit: int) -> list[Any]:
    """All pages, one after the other."""
    found: list[Any] = []
    while page := await read(limit=limit, after=found[-1] if found else None):
        found += page
    return found


async def told(db: DatabaseService, chance: random.Random) -> list[Any]:
    """What pages of all kinds have, of lengths and words by chance."""
    found: list[Any] = []
    for by, session in product(get_args(SearchMode), (None, "0", "1")):
        search = partial(db.messages.search_messages, chance.choice(WORDS), by=by, session_id=session)
        found += await walked(search, limit=chance.choice(LIMITS))
    for session in "0", "1":
        get = partial(db.messages.get_messages_by_session_id, session)
        found += await walked(get, limit=chance.choice(LIMITS))
        found += await get(limit=3, before=found[-1])
    for order in get_args(SessionOrder):
        found += await walked(partial(db.sessions.list_sessions, order=order), limit=chance.choice(LIMITS))
    return found


async def test_pages_and_searches_are_those_of_a_table_without_partitions(
    server: Server, migrated_template: str, db: DatabaseService, connection: Any
) -> None:
    chance = random.Random(7)
    sessions: Any = [{"id": str(number), "createdAt": NOON, "updatedAt": NOON} for number in range(9)]
    messages: Any = [
        {
            "id": str(number),
            "content": " ".join(chance.sample(WORDS, 2)),
            "role": "user",
            "createdAt": NOON + timedelta(seconds=chance.choice((0, 1, 90, 5_000, 90_000_000))),
            "sessionId": chance.choice("012345678"),
        }
        for number in range(90)
    ]
    name = await server.create(template=migrated_template)
    async with DatabaseService(server.url(name)) as plain:
        for each in (db, plain):
            await each.client.session.create_many(data=sessions)
            await each.client.message.create_many(data=messages)
            await each.client.execute_raw(await each.messages.word_index_sql())
        await partition(connection, TABLE)
        for number in range(3):
            found = await told(db, random.Random(number))
            assert found == await told(plain, random.Random(number))
            assert len(found) > 100
    await server.drop(name)


async def test_messages_of_one_id_and_time_are_found_each_in_its_session(db: DatabaseService, connection: Any) -> None:
    await db.client.execute_raw(await db.messages.word_index_sql())
    await partition(connection, TABLE)
    for name in SESSIONS:
        await db.sessions.create_session(id=name)
        await db.messages.create_message(id="1", session_id=name, content=f"word {name}", role="user", createdAt=NOON)
    for by in get_args(SearchMode):
        for limit in (1, 2, len(SESSIONS)):
            found = await walked(partial(db.messages.search_messages, "word", by=by), limit)
            assert [message.sessionId for message in found] == sorted(SESSIONS, reverse=True)
        for name in SESSIONS:
            [message] = await db.messages.search_messages(name, by=by)
            assert (message.sessionId, message.content) == (name, f"word {name}")


async def test_two_moves_at_once_are_one(connection: Any, migrated_url: str) -> None:
    async with connected(migrated_url) as other:
        moves = [partition(connection, TABLE), partition(other, TABLE)]
        found = await asyncio.gather(*moves, return_exceptions=True)
    [refused] = [result for result in found if result is not None]
    assert "another command changes this database" in str(refused)
    assert await are_partitioned(connection, TABLE)


Call = Callable[[DatabaseService, list[Message]], Awaitable[object]]

FLUSH: Final = "SELECT pg_stat_force_next_flush()"  # a connection's own counts, when the statement is over
SCANNED: Final = "SELECT relname FROM pg_stat_user_tables WHERE relname LIKE 'Message%' AND seq_scan + idx_scan > 0"
IN_ONE: Final[dict[str, Call]] = {
    "a page": lambda db, m: db.messages.get_messages_by_session_id(m[0].sessionId, after=m[0], limit=2),
    "the last messages": lambda db, m: db.messages.get_last_messages(m[0].sessionId, 2),
    "a session with its messages": lambda db, m: db.sessions.get_session_with_messages(m[0].sessionId),
    "a text in a session": lambda db, m: db.messages.search_messages("1", session_id=m[0].sessionId),
    "messages after one": lambda db, m: db.messages.delete_messages_after(m[0].sessionId, m[1]),
    "all messages of a session": lambda db, m: db.messages.delete_messages_by_session_id(m[0].sessionId),
    "a session and its messages": lambda db, m: db.sessions.delete_session(m[0].sessionId),
}
IN_ALL: Final[dict[str, Call]] = {
    "a message by its id": lambda db, _: db.messages.get_message_by_id("nobody's"),  # one that is there ends the search
    "a text": lambda db, _: db.messages.search_messages("x"),
    "sessions by activity": lambda db, _: db.sessions.list_sessions(order="activity"),
}


async def scanned(db: DatabaseService, call: Callable[[], Awaitable[object]]) -> int:
    """How many partitions the server has read for a call, over the only connection."""
    await db.client.query_raw(FLUSH)
    await db.client.query_raw("SELECT pg_stat_reset()")
    await call()
    await db.client.query_raw(FLUSH)
    return len(await db.client.query_raw(SCANNED))


@pytest.mark.parametrize(("calls", "expected"), [(IN_ONE, 1), (IN_ALL, 16)], ids=["one", "all"])
async def test_what_names_a_session_reads_one_partition(
    calls: dict[str, Call], expected: int, migrated_url: str, connection: Any
) -> None:
    if connection.get_server_version() < (15,):
        pytest.skip("before PostgreSQL 15, what a call has read is counted when the server finds the time")
    await partition(connection, TABLE)
    await connection.execute(FLUSH)
    async with DatabaseService(f"{migrated_url}&connection_limit=1") as db:
        for name, call in calls.items():
            for _ in range(8):  # the server plans a statement for its values a few times, then maybe for all
                await filled(db, sessions=1, each=4)
                session = (await db.sessions.list_sessions(limit=1))[0].id
                messages = await db.messages.get_messages_by_session_id(session)
                found = await scanned(db, partial(call, db, messages))
            assert found == expected, name


async def test_every_method_works_with_the_client_for_partitions(
    server: Server, connection: Any, run: Callable[..., None], tmp_path: Path
) -> None:
    script = tmp_path / "partitions.sql"
    script.write_text((await read_table(connection, TABLE)).migration(), encoding="utf-8")
    suites = [f"tests/integration/test_{name}.py" for name in SUITES]
    variables = {MORE_VARIABLE: str(script), "TEST_DATABASE_URL": server.url(server.maintenance)}
    run(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-p",
        "no:anyio",
        *suites,
        "-k",
        WANTED,
        **variables,
    )


async def test_conversations_come_and_go_with_the_client_for_partitions(
    migrated_url: str, connection: Any, run: Callable[..., None], tmp_path: Path
) -> None:
    await partition(connection, TABLE)
    told = {"id": "one", "messages": [{"role": "user", "content": str(number)} for number in range(3)]}
    (tmp_path / "in.jsonl").write_text(json.dumps(told), encoding="utf-8")
    for _ in range(2):
        run("scripts/import_conversations.py", tmp_path / "in.jsonl", DATABASE_URL=migrated_url)
    run("scripts/export_conversations.py", tmp_path / "out.jsonl", DATABASE_URL=migrated_url)
    [written] = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    assert [message["content"] for message in json.loads(written)["messages"]] == ["0", "1", "2"]


async def test_prismas_commands_see_no_difference(migrated_url: str, connection: Any, tmp_path: Path) -> None:
    migration = (await read_table(connection, TABLE)).migration()
    await partition(connection, TABLE)
    shutil.copytree(PROJECT / "migrations", tmp_path / "migrations")
    script = tmp_path / "migrations" / "29991231000000_message_partitions" / "migration.sql"
    script.parent.mkdir()
    script.write_text(migration, encoding="utf-8")
    schema = with_session_in_key((PROJECT / "schema.prisma").read_text(encoding="utf-8"))
    (tmp_path / "schema.prisma").write_text(schema, encoding="utf-8")

    def asked(command: str) -> str:
        return prisma(*command.split(), folder=tmp_path, environment={"DATABASE_URL": migrated_url})

    for start in ("--from-config-datasource", "--from-migrations migrations"):
        assert "No difference" in asked(f"migrate diff {start} --to-schema schema.prisma --exit-code")
    assert "already in sync" in asked("db push --skip-generate")
    assert "@@id([id, sessionId])" in asked("db pull --print")


async def test_a_client_that_knows_no_partitions_goes_on(db: DatabaseService, connection: Any) -> None:
    [session], contents = await filled(db, sessions=1, each=3)
    first, *_ = contents
    await partition(connection, TABLE)
    assert (await db.messages.replace_content(first, "new")).content == "new"
    assert (await db.messages.delete_message(first)).content == "new"
    assert await db.messages.get_message_by_id(first) is None
    await db.messages.create_message(session_id=session, role="user", content="a", id="a")
    with pytest.raises(IdTakenError):
        await db.messages.create_message(session_id=session, role="user", content="a", id="a")
    with pytest.raises(SessionNotFoundError):
        await db.messages.create_message(session_id="nobody's", role="user", content="a")
