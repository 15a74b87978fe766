"""Work through PgBouncer, in session mode and in transaction mode, where every statement may meet another server.

The whole suite runs behind it too: TEST_PGBOUNCER=session or TEST_PGBOUNCER=transaction (see `fix_postgres`).
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from database import DatabaseService
from fix_postgres import Server
from fix_soak import Soak, rounds
from prisma_engine.errors import UserFacingError
from prisma_engine.postgres import PostgresConnection, PostgresDatabase, parse

TASKS = 40
PATIENCE = timedelta(seconds=30)
LIMIT = 20  # connections of a client: as many as session mode has servers for, and many more than transaction mode


@pytest_asyncio.fixture
async def pooled_database(pooled: Server) -> AsyncIterator[PostgresDatabase]:
    name = await pooled.create()
    database = PostgresDatabase(parse(f"{pooled.url(name)}&connection_limit={LIMIT}"))
    yield database
    await database.close()
    await pooled.drop(name)


@pytest_asyncio.fixture
async def pooled_blog(pooled: Server, blog_client: Any, blog_template: str) -> AsyncIterator[Any]:
    """A connected client on a fresh database."""
    name = await pooled.create(template=blog_template)
    url = f"{pooled.url(name)}&connection_limit={LIMIT}"
    async with blog_client.Prisma(datasource={"url": url}, use_dotenv=False) as client:
        yield client
    await pooled.drop(name)


async def _one(connection: PostgresConnection, sql: str, *args: object) -> object:
    [row] = await connection.query(sql, args)
    return next(iter(row.values()))


async def test_every_answer_belongs_to_its_question(pooled_database: PostgresDatabase, soak: Soak) -> None:
    questions: list[tuple[str, Callable[[int], object]]] = [
        ("SELECT $1::int4", lambda number: number),
        ("SELECT $1::text", str),
        ("SELECT ARRAY[$1::text, 'x']", lambda number: [str(number), "x"]),
        ("SELECT jsonb_build_object('n', $1::int8)::text", lambda number: f'{{"n": {number}}}'),
        ("SELECT ($1::int4 + 1)::text || $2::text", lambda number: f"{number + 1}{number}"),
    ]
    wrong: list[object] = []
    servers: set[object] = set()

    async def ask(number: int) -> None:
        sql, expected = soak.random.choice(questions)
        async with pooled_database.acquire() as connection:
            answer = await _one(connection, sql, *([number] * (2 if "$2" in sql else 1)))
            if answer != expected(number):
                wrong.append((sql, number, answer))
            servers.add(await _one(connection, "SELECT pg_backend_pid()"))

    async def work(task: int) -> None:
        for number in range(rounds(25, 2_000)):
            await ask(task * 10_000 + number)

    await asyncio.gather(*(work(task) for task in range(TASKS)))
    assert wrong == []
    assert len(servers) > 1
    soak.record("Poolers", questions=TASKS * rounds(25, 2_000), wrong_answers=0, server_connections=len(servers))


async def test_a_transaction_stays_on_one_server_and_rolls_back_as_a_whole(pooled_blog: Any) -> None:
    async def work(row: int) -> bool:
        await pooled_blog.seat.count()
        async with pooled_blog.tx(max_wait=PATIENCE, timeout=PATIENCE) as tx:
            began = await tx.query_raw("SELECT pg_backend_pid() AS pid")
            await tx.seat.create({"row": row, "number": 1})
            await tx.seat.create_many([{"row": row, "number": number} for number in (2, 3)])
            ended = await tx.query_raw("SELECT pg_backend_pid() AS pid")
            if row % 2:
                return bool(began == ended)
            await tx.query_raw("SELECT 1 / 0")
        return False

    results = await asyncio.gather(*(work(row) for row in range(TASKS)), return_exceptions=True)
    assert [result for row, result in enumerate(results) if row % 2] == [True] * (TASKS // 2)
    assert {type(result).__name__ for row, result in enumerate(results) if not row % 2} == {"RawQueryError"}
    assert await pooled_blog.seat.count() == 3 * TASKS // 2


async def test_conversations_keep_their_order(pooled: Server, migrated_template: str) -> None:
    name = await pooled.create(template=migrated_template)
    turns = rounds(10, 200)
    async with DatabaseService(url=f"{pooled.url(name)}&connection_limit={LIMIT}") as db:

        async def talk() -> list[str]:
            session = await db.sessions.create_session()
            for turn in range(turns):
                await db.messages.create_message(content=str(turn), role="user", session_id=session.id)
            return [message.content for message in await db.messages.get_messages_by_session_id(session.id)]

        conversations = await asyncio.gather(*(talk() for _ in range(TASKS)))
    assert conversations == [[str(turn) for turn in range(turns)]] * TASKS
    await pooled.drop(name)


async def test_cancelled_calls_leave_their_answers_to_nobody(pooled_database: PostgresDatabase, soak: Soak) -> None:
    async def ask(number: int) -> object:
        async with pooled_database.acquire() as connection:
            return await _one(connection, "SELECT $1::int4 FROM pg_sleep(0.002)", number)

    for _ in range(rounds(3, 100)):
        calls = [asyncio.create_task(ask(number)) for number in range(TASKS)]
        for call in soak.random.sample(calls, TASKS // 2):
            await asyncio.sleep(0)
            call.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        kept = [(number, answer) for number, answer in enumerate(answers) if not isinstance(answer, BaseException)]
        assert [number for number, answer in kept if number != answer] == []
        assert {type(answer) for answer in answers} <= {int, asyncio.CancelledError}
    assert await ask(7) == 7


async def test_no_setting_stays_behind_on_the_servers(pooled_database: PostgresDatabase) -> None:
    """The driver asks for the types of enums and their lists, and would leave `jit` off somewhere."""

    async def settings() -> object:
        async with pooled_database.acquire() as connection, connection.transaction():
            sql = "SELECT concat_ws(' ', current_setting('jit'), current_setting('timezone')) FROM pg_sleep(0.01)"
            return await _one(connection, sql)

    before = await settings()
    async with pooled_database.acquire() as connection:
        await connection.execute_raw("CREATE TYPE mood AS ENUM ('glad', 'sad')", ())

    async def look_up() -> object:
        async with pooled_database.acquire() as connection:
            return await _one(connection, "SELECT $1::mood[] WHERE $2::mood = 'sad'", ["glad"], "sad")

    assert await asyncio.gather(*(look_up() for _ in range(TASKS))) == [["glad"]] * TASKS
    assert set(await asyncio.gather(*(settings() for _ in range(TASKS)))) == {before} == {"on UTC"}


async def test_what_pgbouncer_says_of_a_refused_login_is_part_of_the_error(pooled: Server) -> None:
    with pytest.raises(UserFacingError) as caught:
        await PostgresDatabase(parse(pooled.url("nowhere"))).connect()
    # newer ones pass the server's code on: 1.18 of Debian 12 does not, 1.26 of sid does
    told = {"P1017": '"nowhere" does not exist', "P1003": "`nowhere` does not exist"}
    assert told[str(caught.value.code)] in caught.value.message


def test_two_programs_never_name_a_statement_alike(server: Server) -> None:
    program = """
import asyncio, sys
from prisma_engine.postgres import PostgresDatabase, parse

async def main():
    database = PostgresDatabase(parse(sys.argv[1]))
    async with database.acquire() as connection:
        for name in await connection.query("SELECT name FROM pg_prepared_statements", ()):
            print(name["name"])
    await database.close()

asyncio.run(main())
"""
    url = server.direct.url(server.maintenance)
    names = [
        subprocess.run([sys.executable, "-c", program, url], check=True, capture_output=True, text=True).stdout.split()
        for _ in range(2)
    ]
    assert [len(of_one) for of_one in names] == [1, 1]
    assert names[0] != names[1]
