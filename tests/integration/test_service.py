"""The service and the shared client: connecting, disconnecting, finding the database, outliving event loops."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from prisma.engine.errors import EngineConnectionError

from database import DatabaseService
from fix_forks import Forks
from fix_postgres import Server

CREATE = """
import asyncio, warnings
warnings.simplefilter("error")
from database import SessionRepository, DatabaseService
"""


@pytest.fixture
def run(migrated_url: str, tmp_path: Path, forks: Forks) -> Callable[[str], str]:
    """Run a program of its own, so that each has a fresh process-wide instance."""

    def run_program(program: str) -> str:
        environment = {**os.environ, "DATABASE_URL": migrated_url}
        done = forks.run("-c", CREATE + program, folder=tmp_path, environment=environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    return run_program


async def test_connecting_and_disconnecting_twice_is_allowed(migrated_url: str) -> None:
    db = DatabaseService(url=migrated_url)
    await db.connect()
    await db.connect()
    await db.sessions.create_session()
    await db.disconnect()
    await db.disconnect()
    assert repr(db) == "<DatabaseService not connected>"


async def test_a_service_connects_again_after_disconnecting(migrated_url: str) -> None:
    db = DatabaseService(url=migrated_url)
    async with db:
        session = await db.sessions.create_session()
    async with db:
        assert await db.sessions.get_session_by_id(session.id) == session


async def test_the_first_queries_connect_together(migrated_url: str, server: Server) -> None:
    db = DatabaseService(url=f"{migrated_url}&connection_limit=3")
    sessions = await asyncio.gather(*(db.sessions.create_session() for _ in range(20)))
    assert len({session.id for session in sessions}) == 20
    assert await server.connections(migrated_url) <= 3
    await db.disconnect()


def test_there_is_one_process_wide_instance(run: Callable[[str], str]) -> None:
    output = run(
        "async def main():\n"
        "    async with DatabaseService.get_instance() as db:\n"
        "        session = await db.sessions.create_session()\n"
        "        print(await SessionRepository().get_session_by_id(session.id) == session)\n"
        "print(DatabaseService.get_instance() is DatabaseService.get_instance())\n"
        "asyncio.run(main())\n"
    )
    assert output.split() == ["True", "True"]


def test_a_repository_works_alone_and_leaves_nothing_open(run: Callable[[str], str]) -> None:
    output = run(
        "async def main():\n"
        "    repository = SessionRepository()\n"
        "    sessions = await asyncio.gather(*(repository.create_session() for _ in range(10)))\n"
        "    print(len({s.id for s in sessions}))\n"
        "asyncio.run(main())\n"
    )
    assert output == "10"


def test_a_repository_outlives_its_event_loop(run: Callable[[str], str]) -> None:
    output = run(
        "repository = SessionRepository()\n"
        "first = asyncio.run(repository.create_session())\n"
        "second = asyncio.run(repository.get_session_by_id(first.id))\n"
        "print(first == second)\n"
    )
    assert output == "True"


def test_event_loops_in_two_threads_share_the_client(migrated_url: str) -> None:
    db = DatabaseService(url=migrated_url)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(_create_and_read(db))
        except BaseException as exc:  # noqa: BLE001  # whatever happens in the thread belongs to the test
            failures.append(exc)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(db.disconnect())
    assert failures == []


async def _create_and_read(db: DatabaseService) -> None:
    for _ in range(20):
        session = await db.sessions.create_session()
        assert await db.sessions.get_session_by_id(session.id) == session


@pytest.mark.parametrize(
    ("in_environment", "in_file"),
    [("{url}", None), (None, "{url}"), ("{url}", "postgresql://nobody:nothing@127.0.0.1:1/none")],
    ids=["environment", "dotenv", "the environment wins"],
)
def test_the_url_comes_from_the_environment_or_the_nearest_dotenv(
    migrated_url: str, tmp_path: Path, forks: Forks, in_environment: str | None, in_file: str | None
) -> None:
    if in_file:
        (tmp_path / ".env").write_text(f'DATABASE_URL="{in_file.format(url=migrated_url)}"\n')
    folder = tmp_path / "below" / "deeper"
    folder.mkdir(parents=True)
    environment = dict(os.environ)
    if in_environment:
        environment["DATABASE_URL"] = in_environment.format(url=migrated_url)
    program = CREATE + "asyncio.run(SessionRepository().create_session()); import os; print(len(os.environ))"
    done = forks.run("-c", program, folder=folder, environment=environment)
    assert (done.stdout.strip(), done.stderr) == (str(len(environment)), "")


def test_without_a_url_the_error_says_what_to_do(tmp_path: Path, forks: Forks) -> None:
    done = forks.run("-c", CREATE + "DatabaseService()", folder=tmp_path, environment=os.environ)
    assert "ConfigurationError: P1012: There is no database URL" in done.stderr
    assert "DATABASE_URL" in done.stderr


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda url: url.replace("test:", "test:wrong"), "P1000"),
        (lambda url: url.replace("/test_", "/no_such_database_"), "P1003"),
        (lambda url: "postgresql://test:secret@127.0.0.1:1/api", "P1001"),  # a URL of its own
        (lambda url: url.replace("postgresql://", "mysql://"), "P1013"),
    ],
    ids=["wrong password", "wrong database", "unreachable", "wrong scheme"],
)
@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_a_database_that_cannot_be_used_is_one_sentence_with_prismas_code(
    migrated_url: str, change: Callable[[str], str], code: str
) -> None:
    url = change(migrated_url)
    with pytest.raises(EngineConnectionError) as caught:
        await DatabaseService(url=url).connect()
    assert str(caught.value).startswith(f"{code}: ")
    assert "secret" not in str(caught.value)
    assert url not in repr(caught.value)


@pytest.mark.direct("PgBouncer itself answers when the server refuses a login")
async def test_a_service_recovers_when_its_first_connection_failed(server: Server, migrated_template: str) -> None:
    name = "test_late_" + migrated_template[5:]
    db = DatabaseService(url=server.url(name))
    with pytest.raises(EngineConnectionError, match="P1003"):
        await db.sessions.create_session()
    await server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated_template}"')
    try:
        await db.sessions.create_session()
        await db.disconnect()
    finally:
        await server.drop(name)
