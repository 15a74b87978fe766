"""What a health check says."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from database import DatabaseService
from fix_postgres import Server
from postgres_server import free_port
from stop_watch import ending_within

TIMEOUT = 0.5


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


async def test_a_healthy_database_says_who_it_is_and_what_the_pool_holds(db: DatabaseService) -> None:
    health = await db.health()

    assert (health.is_up, health.takes_writes, health.error) == (True, True, None)
    assert health.server_version is not None
    assert health.milliseconds > 0
    assert (health.pool.open, health.pool.idle, health.pool.busy) == (1, 1, 0)


async def test_a_check_connects_a_service_that_is_not_connected_yet(migrated_url: str) -> None:
    service = DatabaseService(url=migrated_url)
    assert (await service.health()).is_up
    await service.disconnect()


@pytest.mark.direct("the connections of the server outlive those of its clients")
async def test_every_check_asks_anew(db: DatabaseService, server: Server, migrated_url: str) -> None:
    name = migrated_url.rpartition("/")[2].partition("?")[0]
    assert (await db.health()).takes_writes

    await server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    assert not (await db.health()).takes_writes

    await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    refused = await db.health()
    assert (refused.is_up, refused.takes_writes, refused.server_version) == (False, False, None)
    assert refused.error is not None
    assert name in refused.error


async def test_a_check_neither_waits_for_a_full_pool_nor_takes_from_it(migrated_url: str) -> None:
    async with DatabaseService(url=f"{migrated_url}&connection_limit=1") as service:
        async with service.client.tx(timeout=timedelta(minutes=1)):
            waiting = asyncio.create_task(service.sessions.create_session())
            while (health := await service.health()).pool.waiting == 0:
                assert health.is_up
            assert (health.is_up, health.pool.busy, health.pool.limit) == (True, 1, 1)
        await waiting


async def test_a_server_that_is_not_there_is_reported_with_prismas_code() -> None:
    service = DatabaseService(url=f"postgresql://nobody:secret-word@127.0.0.1:{free_port()}/nothing")
    health = await service.health()

    assert not health.is_up
    assert health.error is not None
    assert health.error.startswith("P1001")
    assert "secret-word" not in repr(health)
    await service.disconnect()


async def test_a_server_that_never_answers_is_given_up_in_time(silent_port: int) -> None:
    service = DatabaseService(url=f"postgresql://nobody@127.0.0.1:{silent_port}/nothing?sslmode=disable")
    with ending_within(TIMEOUT):
        health = await service.health(timeout=TIMEOUT)

    assert health.error == f"P1002: The database did not answer within {TIMEOUT:g} s."
    await service.disconnect()
