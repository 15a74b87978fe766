"""Reads from a streaming replica: they go there, and a session that was just written is read from the primary."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

import pytest
import pytest_asyncio
from prisma.engine.errors import EngineConnectionError
from prisma.errors import PrismaError

from database import DatabaseService
from fix_own_server import OwnServer
from steps import PROJECT

COUNT: Final = """
import asyncio, sys
from database import DatabaseService

async def count():
    async with DatabaseService.get_instance() as db:
        return len(await db.messages.get_messages_by_session_id(sys.argv[1])), await db.client.message.count()

print(*asyncio.run(count()))
"""
"""Prints how many messages a session has where it is read, and how many there are on the primary."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary and its replica."""

    primary: OwnServer
    replica: OwnServer

    def service(self) -> DatabaseService:
        """A service of one process; others know nothing of what it has written."""
        return DatabaseService(url=self.primary.url, replica_url=self.replica.url)

    async def wait_until_equal(self) -> None:
        """Wait until the replica has everything that is stored."""
        primary, replica = await self.primary.connect(), await self.replica.connect()
        written = await primary.fetchval("SELECT pg_current_wal_lsn()")
        is_there = "SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn"
        while not await replica.fetchval(is_there, written):  # noqa: ASYNC110  # a server has no events
            await asyncio.sleep(0.01)
        await primary.close()
        await replica.close()


@pytest.fixture(scope="module")
def servers(own_server: OwnServer) -> Iterator[Pair]:
    """The two servers."""
    with own_server.standby() as standby:
        yield Pair(own_server, standby)


@pytest_asyncio.fixture
async def pair(servers: Pair) -> AsyncIterator[Pair]:
    """The two with the project's tables and no rows; the replica follows again after the test."""
    tables = "\n".join(path.read_text("utf-8") for path in sorted(PROJECT.glob("migrations/*/migration.sql")))
    await servers.primary.execute(f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; {tables}")
    await servers.wait_until_equal()
    yield servers
    await servers.replica.execute("SELECT pg_wal_replay_resume()")


async def test_a_session_that_was_just_written_is_read_from_the_primary_and_others_from_the_replica(
    pair: Pair,
) -> None:
    async with pair.service() as writer, pair.service() as reader:
        session = await writer.sessions.create_session()
        await pair.wait_until_equal()
        await pair.replica.execute("SELECT pg_wal_replay_pause()")
        message = await writer.messages.create_message(content="new", role="user", session_id=session.id)
        file = await writer.character_files.create_character_file(content={}, session_id=session.id)

        assert await writer.messages.get_last_messages(session.id, 1) == [message]
        assert [one async for one in writer.messages.iter_messages(session.id)] == [message]
        assert await writer.character_files.get_character_file_by_session_id(session.id) == file
        complete = await writer.sessions.get_complete_session(session.id)
        assert complete is not None
        assert complete.messages == [message]
        assert await writer.messages.get_message_by_id(message.id) == message  # whose session nobody has said

        assert await reader.messages.get_last_messages(session.id, 1) == []
        assert [summary.messageCount for summary in await reader.sessions.list_sessions()] == [0]
        assert await reader.messages.search_messages("new") == []


async def test_what_a_transaction_wrote_is_read_from_the_primary(pair: Pair) -> None:
    await pair.replica.execute("SELECT pg_wal_replay_pause()")
    async with pair.service() as db:
        async with db.transaction() as tx:
            session = await tx.sessions.create_session()
            assert await tx.sessions.get_session_by_id(session.id) == session
            await tx.messages.create_messages(session.id, [{"content": "both", "role": "user"}])
        assert len(await db.messages.get_messages_by_session_id(session.id)) == 1


async def test_nothing_is_written_to_the_replica(pair: Pair) -> None:
    async with DatabaseService(url=pair.replica.url) as db:
        with pytest.raises(PrismaError, match="takes no writes now"):
            await db.sessions.create_session()
    async with pair.service() as db:
        session = await db.sessions.create_session()
        assert (await db.sessions.delete_session(session.id)).id == session.id


async def test_a_replica_url_with_the_primary_as_its_last_host_survives_the_replica(pair: Pair) -> None:
    either = pair.replica.url.replace(pair.replica.place, f"127.0.0.1:1,{pair.primary.place}")
    async with (
        pair.service() as writer,
        DatabaseService(url=pair.primary.url, replica_url=f"{either}?target_session_attrs=prefer-standby") as db,
    ):
        session = await writer.sessions.create_session()
        assert await db.sessions.get_session_by_id(session.id) == session


async def test_a_replica_that_is_away_fails_the_connection_and_leaves_nothing_open(pair: Pair) -> None:
    away = DatabaseService(url=pair.primary.url, replica_url="postgresql://me:w0rd@127.0.0.1:1/chat")
    with pytest.raises(EngineConnectionError, match="P1001"):
        await away.connect()
    await away.disconnect()


async def test_the_process_wide_service_reads_from_the_replica_that_the_environment_names(pair: Pair) -> None:
    async with pair.service() as writer:
        session = await writer.sessions.create_session()
        await pair.wait_until_equal()
        await pair.replica.execute("SELECT pg_wal_replay_pause()")
        await writer.messages.create_message(content="new", role="user", session_id=session.id)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", COUNT, session.id),
        env={**os.environ, "DATABASE_URL": pair.primary.url, "DATABASE_REPLICA_URL": pair.replica.url},
        stdout=asyncio.subprocess.PIPE,
    )
    assert (await program.communicate())[0] == b"0 1\n"
