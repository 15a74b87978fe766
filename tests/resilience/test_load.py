"""Many tasks on few connections, many turns, several processes: nothing fails, nothing is lost, order is kept."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from database import DatabaseService
from fix_soak import Soak, rounds
from resilience import chat_program
from resilience.chat_program import content

SECTION: Final = "Load"
TASKS: Final = 1000
POOL: Final = "connection_limit=10&pool_timeout=60"  # how long a task waits for its turn is the machine's business
_FLAT: Final = 24 * 1024 * 1024
"""Bytes that a program may grow after its first turns; 256 for each of 100,000 turns would show."""


async def _chat(url: str, name: str, turns: int, sessions: Sequence[str]) -> dict[str, Any]:
    """Run the program of this name, which may not fail or complain, and return what it measured."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, chat_program.__file__, f"{url}&{POOL}", name, str(turns), *sessions),
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        stdout, stderr = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, stderr.decode()) == (0, "")
    measured: dict[str, Any] = json.loads(stdout)
    return measured


async def _sessions(db: DatabaseService, number: int) -> list[str]:
    return [(await db.sessions.create_session()).id for _ in range(number)]


def _written(name: str, task: int, turns: int) -> list[tuple[str, str]]:
    return [(role, content(name, task, turn)) for turn in range(turns) for role in ("user", "assistant")]


async def _stored(db: DatabaseService, session: str) -> list[tuple[str, str]]:
    messages = await db.messages.get_messages_by_session_id(session)
    return [(message.role, message.content) for message in messages]


async def test_a_thousand_tasks_on_ten_connections_lose_nothing_keep_order_and_stay_small(
    migrated_url: str, soak: Soak
) -> None:
    turns = rounds(2, 100)
    async with DatabaseService(url=migrated_url) as db:
        sessions = await _sessions(db, TASKS)
        measured = await _chat(migrated_url, "chat", turns, sessions)
        wrong = [
            session
            for task, session in enumerate(sessions)
            if await _stored(db, session) != _written("chat", task, turns)
        ]
        stored = await db.client.message.count()
    soak.record(
        SECTION,
        tasks=TASKS,
        turns=TASKS * turns,
        messages_acknowledged=2 * TASKS * turns,
        messages_stored=stored,
        sessions_with_a_message_lost_or_doubled_or_out_of_order=len(wrong),
        longest_turn_in_s=measured["longest"],
        turns_a_second=TASKS * turns / measured["seconds"],
        memory_in_MiB=measured["used"] / 2**20,
        memory_grown_since_a_tenth_of_the_turns_in_MiB=measured["grown"] / 2**20,
    )
    assert wrong == []
    assert measured["grown"] < _FLAT


async def test_two_processes_that_write_the_same_session_lose_nothing(migrated_url: str, soak: Soak) -> None:
    turns = rounds(5, 500)
    tasks, names = 20, ("one", "two")
    async with DatabaseService(url=migrated_url) as db:
        [session] = await _sessions(db, 1)
        await asyncio.gather(*(_chat(migrated_url, name, turns, [session] * tasks) for name in names))
        stored = await _stored(db, session)
    expected = {(name, task): _written(name, task, turns) for name in names for task in range(tasks)}
    missing = Counter(message for written in expected.values() for message in written) - Counter(stored)
    doubled = [message for message, times in Counter(stored).items() if times > 1]
    soak.record(
        SECTION,
        processes=len(names),
        tasks=len(names) * tasks,
        messages_acknowledged=len(names) * tasks * turns * 2,
        messages_stored=len(stored),
        lost=missing.total(),
        doubled=len(doubled),
    )
    assert (missing, doubled, len(stored)) == (Counter(), [], len(names) * tasks * turns * 2)
    for (name, task), written in expected.items():
        assert [message for message in stored if message[1].startswith(f"{name} {task} ")] == written
