"""A program that chats in several processes or threads at once: for test_processes.

    process_program.py alone
    process_program.py forks
    process_program.py forks-with-a-client
    process_program.py forks-with-connections
    process_program.py pool fork|spawn
    process_program.py threads

It tells, as JSON, which server process served whom: DATABASE_URL gives each event loop one connection only.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Barrier
from typing import Any, Final

from database import DatabaseService

CHILDREN: Final = ("ada", "bob", "eve")
MESSAGES: Final = 20
PARENT_BEFORE, PARENT, PARENT_AFTER = "parent before", "parent", "parent after"


def texts(name: str) -> list[str]:
    """What somebody of this name stores in a chat."""
    return [f"{name} {number}" for number in range(MESSAGES)]


async def chat(name: str, db: DatabaseService | None = None) -> int:
    """Store the messages at once, see that each caller gets its own, and return the server process behind it."""
    db = db or DatabaseService.get_instance()
    session = await db.sessions.create_session()
    storing = [db.messages.create_message(content=text, role="user", session_id=session.id) for text in texts(name)]
    answers = [message.content for message in await asyncio.gather(*storing)]
    if answers != texts(name):
        raise AssertionError(f"{name} got {answers}")
    [row] = await db.client.query_raw("SELECT pg_backend_pid() AS pid")
    return int(row["pid"])


def chat_alone(name: str) -> int:
    """Chat in an event loop of its own."""
    return asyncio.run(chat(name))


def _alone() -> None:
    _tell("alone", chat_alone("alone"))


def _forks() -> None:
    _chat_while_forked(asyncio.run)


def _forks_with_a_client() -> None:
    DatabaseService.get_instance()
    _chat_while_forked(asyncio.run)


def _forks_with_connections() -> None:
    """The parent's event loop stands still while the processes begin."""
    loop = asyncio.new_event_loop()
    run = loop.run_until_complete
    _tell(PARENT_BEFORE, run(chat(PARENT_BEFORE)))
    _chat_while_forked(run)
    _tell(PARENT_AFTER, run(chat(PARENT_AFTER)))
    run(DatabaseService.get_instance().disconnect())
    loop.close()


def _chat_while_forked(run: Callable[[Coroutine[Any, Any, int]], int]) -> None:
    children = [_forked(name) for name in CHILDREN]
    _tell(PARENT, run(chat(PARENT)))
    for child in children:
        if os.waitpid(child, 0)[1] != 0:
            raise AssertionError("a child has failed")


def _forked(name: str) -> int:
    child = os.fork()
    if child == 0:
        _tell(name, chat_alone(name))
        sys.exit(0)
    return child


async def _pool() -> None:
    """The parent is in the middle of its calls when the workers start."""
    async with DatabaseService.get_instance():
        _tell(PARENT_BEFORE, await chat(PARENT_BEFORE))
        busy = asyncio.ensure_future(chat(PARENT))
        await asyncio.sleep(0)
        with ProcessPoolExecutor(len(CHILDREN), mp_context=multiprocessing.get_context(sys.argv[2])) as pool:
            running = asyncio.get_running_loop()
            served = await asyncio.gather(*(running.run_in_executor(pool, chat_alone, name) for name in CHILDREN))
        for name, server_process in zip(CHILDREN, served, strict=True):
            _tell(name, server_process)
        _tell(PARENT, await busy)
        _tell(PARENT_AFTER, await chat(PARENT_AFTER))


def _threads() -> None:
    """All threads are the first to ask for the service, and have their event loops at the same time."""
    barrier = Barrier(len(CHILDREN))

    async def talk(name: str) -> int:
        barrier.wait()
        served = await chat(name)
        barrier.wait()
        return served

    def work(name: str) -> int:
        return asyncio.run(talk(name))

    with ThreadPoolExecutor(len(CHILDREN)) as threads:
        for name, served in zip(CHILDREN, threads.map(work, CHILDREN), strict=True):
            _tell(name, served)


def _tell(name: str, server_process: int) -> None:
    os.write(sys.stdout.fileno(), f"{json.dumps([name, server_process])}\n".encode())  # whole, whoever else writes


_WAYS: Final[Mapping[str, Callable[[], None]]] = {
    "alone": _alone,
    "forks": _forks,
    "forks-with-a-client": _forks_with_a_client,
    "forks-with-connections": _forks_with_connections,
    "pool": lambda: asyncio.run(_pool()),
    "threads": _threads,
}

if __name__ == "__main__":
    _WAYS[sys.argv[1]]()
