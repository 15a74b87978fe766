"""The shared instance: tasks, threads and event loops come and go, and nobody loses his connections to another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from prisma.engine.errors import EngineConnectionError
from prisma.errors import PrismaError

from database import DatabaseService
from fix_postgres import Server

ROUNDS = 30


async def _come_and_go(db: DatabaseService, number: int) -> None:
    """Be inside again and again, for a while that differs from task to task."""
    for round_ in range(ROUNDS):
        async with db:
            for _ in range((number + round_) % 3):
                session = await db.sessions.create_session()
                assert await db.client.session.find_unique(where={"id": session.id}) == session
            async with db.transaction() as tx:
                await tx.messages.create_message(
                    session_id=(await tx.sessions.create_session()).id, content="Hello", role="user"
                )
        if round_ % 5 == number % 5:
            await asyncio.sleep(0.001)  # let the others leave


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async def wait() -> None:
        while not await condition():
            pass

    await asyncio.wait_for(wait(), 30)


async def _all_closed(server: Server, url: str) -> None:
    async def none() -> bool:
        return await server.connections(url) == 0

    await _until(none)


@pytest.mark.direct("its connections to the server outlive the client's")
async def test_tasks_that_come_and_go_all_end_well_and_the_last_one_closes(migrated_url: str, server: Server) -> None:
    db = DatabaseService(url=migrated_url)
    await asyncio.gather(*(_come_and_go(db, number) for number in range(9)))
    assert not db.client.is_connected()
    await _all_closed(server, migrated_url)


@pytest.mark.direct("its connections to the server outlive the client's")
async def test_threads_with_event_loops_of_their_own_all_end_well(migrated_url: str, server: Server) -> None:
    db = DatabaseService(url=migrated_url)
    failures: list[BaseException] = []

    async def two(number: int) -> None:
        await asyncio.gather(_come_and_go(db, number), _come_and_go(db, number + 1))

    def work(number: int) -> None:
        try:
            asyncio.run(two(number))
        except BaseException as exc:  # noqa: BLE001  # whatever happens in the thread belongs to the test
            failures.append(exc)

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert failures == []
    assert not db.client.is_connected()
    await _all_closed(server, migrated_url)


async def test_whoever_stays_inside_keeps_his_connections(migrated_url: str) -> None:
    db = DatabaseService(url=migrated_url)
    async with db:
        session = await db.sessions.create_session()
        async with db.transaction() as tx:
            await _come_and_go(db, 1)
            await tx.messages.create_message(session_id=session.id, content="still here", role="user")
        assert db.client.is_connected()
        assert len(await db.messages.get_messages_by_session_id(session.id)) == 1
    assert not db.client.is_connected()


async def test_a_query_connects_again_whoever_makes_it(migrated_url: str) -> None:
    db = DatabaseService(url=migrated_url)

    async def transaction() -> int:
        async with db.client.tx() as tx:
            return await tx.session.count()

    async def batch() -> int:
        async with db.client.batch_() as batch:
            batch.session.create(data={"id": "batch"})
        return 0

    async def raw() -> int:
        [row] = await db.client.query_raw("SELECT 0 AS n")
        return int(row["n"])

    queries: list[Callable[[], Awaitable[int]]] = [db.client.session.count, transaction, raw, batch]
    for query in queries:
        assert await query() == 0
        await db.disconnect()
        assert not db.client.is_connected()
    assert await db.client.session.count() == 1
    await db.disconnect()


@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_who_cannot_come_in_is_not_counted(server: Server, migrated_template: str) -> None:
    name = "test_later_" + migrated_template[5:]
    db = DatabaseService(url=server.url(name))
    for _ in range(2):
        with pytest.raises(EngineConnectionError, match="P1003"):
            async with db:
                raise AssertionError
        assert not db.client.is_connected()
    with pytest.raises(PrismaError, match="does not exist"):
        await db.client.session.count()
    with pytest.raises(EngineConnectionError, match="P1003"):
        await db.connect()
    await server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated_template}"')
    try:
        async with db:
            assert await db.client.session.count() == 0
        assert not db.client.is_connected()
    finally:
        await server.drop(name)
