"""The module without async: the same methods, from any thread, in any process."""

from __future__ import annotations

import asyncio
import inspect
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import database
from database import sync
from prisma_engine import WriteConflictError

NAMES = ("SessionRepository", "MessageRepository", "CharacterFileRepository")


@pytest.mark.parametrize("name", NAMES)
def test_every_method_of_a_repository_is_there_with_its_signature_and_its_docstring(name: str) -> None:
    asynchronous, blocking = getattr(database, name), getattr(sync, name)
    names = {method for method in vars(asynchronous) if not method.startswith("_")}
    assert names == {method for method in vars(blocking) if not method.startswith("_")}
    for method in names:
        theirs, ours = getattr(asynchronous, method), getattr(blocking, method)
        assert inspect.signature(ours) == inspect.signature(theirs)
        assert (ours.__doc__, ours.__name__) == (theirs.__doc__, method)
        assert inspect.unwrap(ours) is theirs


def test_every_method_of_the_service_is_there() -> None:
    theirs = {name for name in vars(database.DatabaseService) if not name.startswith("_")}
    assert theirs <= {name for name in vars(sync.DatabaseService) if not name.startswith("_")}


def test_threads_share_a_service_and_the_last_one_to_leave_closes(migrated_url: str) -> None:
    db = sync.DatabaseService(url=migrated_url)

    def work(number: int) -> list[str]:
        with db:
            session = db.sessions.create_session(id=str(number))
            db.messages.create_messages(session.id, [{"content": str(n), "role": "user"} for n in range(600)])
            return [message.content for message in db.messages.iter_messages(session.id)]

    with ThreadPoolExecutor(8) as threads:
        for contents in threads.map(work, range(16)):
            assert contents == [str(number) for number in range(600)]
    assert repr(db) == "<DatabaseService not connected>"
    assert len(db.sessions.list_sessions(order="activity")) == 16
    assert db.health().takes_writes
    db.disconnect()


def test_a_transaction_is_all_or_none_and_is_run_again_after_a_conflict(migrated_url: str) -> None:
    with sync.DatabaseService(url=migrated_url) as db:
        with pytest.raises(KeyError), db.transaction() as tx:
            tx.sessions.create_session()
            raise KeyError
        assert db.sessions.list_sessions() == []

        attempts = 0
        for attempt in db.transaction(isolation="Serializable", retries=2):
            with attempt as tx:
                attempts += 1
                tx.character_files.create_character_file(content={}, session_id=tx.sessions.create_session().id)
                if attempts == 1:
                    raise WriteConflictError
        assert (attempts, len(db.sessions.list_sessions())) == (2, 1)


def test_it_works_inside_an_event_loop_as_in_a_notebook(migrated_url: str) -> None:
    async def cell() -> str:
        with sync.DatabaseService(url=migrated_url) as db:
            return db.sessions.create_session().id

    assert asyncio.run(cell())


def _in_child(db: Any, session_id: str) -> None:
    assert db.sessions.get_session_by_id(session_id) is not None
    os._exit(7)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(migrated_url: str) -> None:
    with sync.DatabaseService(url=migrated_url) as db:
        session = db.sessions.create_session()
        child = multiprocessing.get_context("fork").Process(target=_in_child, args=(db, session.id))
        child.start()
        child.join(60)
        assert child.exitcode == 7
        assert db.sessions.get_session_by_id(session.id) == session


def test_a_program_that_does_not_disconnect_ends_without_a_word(migrated_url: str, tmp_path: Path) -> None:
    program = (
        "from database.sync import DatabaseService, SessionRepository\n"
        "db = DatabaseService.get_instance()\n"
        "assert db is DatabaseService.get_instance()\n"
        "session = db.sessions.create_session()\n"
        "print(SessionRepository().get_session_by_id(session.id) == session)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "DATABASE_URL": migrated_url},
        cwd=tmp_path,
        check=False,
        text=True,
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_a_call_in_the_thread_that_runs_the_calls_is_refused(migrated_url: str) -> None:
    names: list[str] = []

    async def password() -> str:
        names.append(threading.current_thread().name)
        db.sessions.list_sessions()
        return ""

    db = sync.DatabaseService(url=migrated_url, password=password)
    with pytest.raises(Exception, match="P1000"):
        db.connect()
    assert names
    db.disconnect()
