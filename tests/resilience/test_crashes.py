"""kill -9 of PostgreSQL, of the program, and of both, at random moments while the program writes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count, cycle, islice
from random import Random
from statistics import median
from time import monotonic
from typing import Final

import asyncpg
import pytest_asyncio

from fix_own_server import OwnServer
from fix_soak import Soak, rounds
from resilience import crash_writer
from resilience.crash_writer import BEGUN, FAILED, HOME, TASKS, pieces
from steps import PROJECT, StepError

_DURABLE: Final = {"fsync": "on"}  # with PostgreSQL's own synchronous_commit and full_page_writes, which are on
_PATIENCE: Final = 60.0  # seconds until a server or a program that does not come back counts as gone

_BACKENDS: Final = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
_PIECES: Final = f"""SELECT content AS piece FROM "Message"
    UNION ALL SELECT id || ' session' FROM "Session" WHERE id <> '{HOME}'
    UNION ALL SELECT (content ->> 'key') || ' file' FROM "CharacterFile" """


class Ledger:
    """What the program has told of its writes."""

    def __init__(self) -> None:
        self.begun: dict[str, float] = {}
        self.acknowledged: set[str] = set()
        self.failed: set[str] = set()
        self.errors: Counter[str] = Counter()
        self.latest = 0.0  # when a write was last acknowledged
        self.longest = 0.0  # seconds that a call took

    @property
    def untold(self) -> set[str]:
        """The writes of which the program did not tell how they ended."""
        return self.begun.keys() - self.acknowledged - self.failed

    def note(self, line: str) -> None:
        """Enter a line of the program."""
        event, key, text, *error = line.split()
        instant = float(text)
        if event == BEGUN:
            self.begun[key] = instant
            return
        self.longest = max(self.longest, instant - self.begun[key])
        self.errors.update(error)
        if event == FAILED:
            self.failed.add(key)
        else:
            self.acknowledged.add(key)
            self.latest = instant


class Scene:
    """A server and a program that writes to it; both can be killed and come back."""

    def __init__(self, server: OwnServer, chance: Random) -> None:
        self.server = server
        self.ledger = Ledger()
        self.recoveries: list[float] = []
        self._chance = chance
        self._names = count()
        self._program: Process
        self._reader: asyncio.Task[None]

    async def start_program(self) -> None:
        """Start the program and take down what it tells."""
        self._program = await asyncio.create_subprocess_exec(
            *(sys.executable, crash_writer.__file__, self.server.url, f"run{next(self._names)}"),
            stdin=PIPE,
            stdout=PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._reader = asyncio.ensure_future(self._read())

    async def stop_program(self) -> int:
        """Let the program come to its end and return its status; each of its writes has been told of then."""
        assert self._program.stdin is not None
        self._program.stdin.close()
        await self._reader
        return await self._program.wait()

    async def work(self) -> None:
        """Wait for some more acknowledged writes, and then for a moment that no write determines."""
        enough = len(self.ledger.acknowledged) + self._chance.randrange(1, 200)
        await self._until(lambda: len(self.ledger.acknowledged) >= enough)
        await asyncio.sleep(self._chance.uniform(0, 0.02))

    async def kill_program(self) -> None:
        """Kill the program; the server notices by itself."""
        if self._program.returncode is None:
            self._program.kill()
        await self._reader
        await self._program.wait()

    async def kill_backend(self) -> None:
        """Kill one of the server's processes that serve the program; the postmaster then restarts the server."""
        async with self._onlooker() as onlooker:
            backends = [row["pid"] for row in await onlooker.fetch(_BACKENDS)]
            _kill([self._chance.choice(backends)])
            await self._until(onlooker.is_closed)

    async def kill_postmaster(self) -> None:
        """Kill the server's first process; the others find out and leave."""
        assert self.server.postgres.pid is not None
        _kill([self.server.postgres.pid])

    async def kill_server(self) -> None:
        """Kill all processes of the server."""
        async with self._onlooker() as onlooker:
            others = [row["pid"] for row in await onlooker.fetch("SELECT pid FROM pg_stat_activity")]
            await self.kill_postmaster()
            _kill(others)

    async def kill_both(self) -> None:
        """Kill the program and the server, one as soon as the other."""
        await asyncio.gather(self.kill_program(), self.kill_server())

    async def come_back(self) -> None:
        """Start what is gone, and wait until a write is acknowledged again."""
        deadline = monotonic() + _PATIENCE
        while not await self._server_answers():
            assert monotonic() < deadline, "the server does not come back"
        answered = monotonic()
        survived = self._program.returncode is None
        if not survived:
            await self.start_program()
        await self._until(lambda: self.ledger.latest > answered)
        if survived:
            self.recoveries.append(monotonic() - answered)

    async def stored(self) -> Mapping[str, Sequence[str]]:
        """What the server has of each write."""
        found = defaultdict(list)
        async with self._onlooker() as onlooker:
            for row in await onlooker.fetch(_PIECES):
                found[row["piece"].partition(" ")[0]].append(row["piece"])
        return {key: sorted(pieces) for key, pieces in found.items()}

    async def _server_answers(self) -> bool:
        try:
            if self.server.postgres.pid is None:
                # fails while processes of the killed server are on their way out
                await asyncio.to_thread(self.server.start, **_DURABLE)
            async with self._onlooker():
                return True
        except (StepError, OSError, asyncpg.PostgresError):
            return False

    async def _read(self) -> None:
        assert self._program.stdout is not None
        async for line in self._program.stdout:
            self.ledger.note(line.decode())

    async def _until(self, condition: Callable[[], bool]) -> None:
        deadline = monotonic() + _PATIENCE
        while not condition():
            assert not self._reader.done(), "the program has ended by itself"
            assert monotonic() < deadline, "the program makes no progress"
            await asyncio.sleep(0.002)

    @asynccontextmanager
    async def _onlooker(self) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
        connection = await self.server.connect()
        try:
            yield connection
        finally:
            connection.terminate()


@pytest_asyncio.fixture
async def scene(own_server: OwnServer, soak: Soak) -> AsyncIterator[Scene]:
    """A program at work on a server that keeps what it has acknowledged."""
    own_server.stop()
    own_server.start(**_DURABLE)
    for migration in sorted(PROJECT.glob("migrations/*/migration.sql")):
        await own_server.execute(migration.read_text(encoding="utf-8"))
    await own_server.execute(f"""INSERT INTO "Session" (id, "updatedAt") VALUES ('{HOME}', now())""")
    scene = Scene(own_server, soak.random)
    await scene.start_program()
    yield scene
    await scene.kill_program()


def _kill(processes: Iterable[int]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # ended by itself meanwhile
            os.kill(process, signal.SIGKILL)


FAULTS: Final[Mapping[str, Callable[[Scene], Awaitable[None]]]] = {
    "one server process": Scene.kill_backend,
    "the postmaster": Scene.kill_postmaster,
    "the whole server": Scene.kill_server,
    "the program": Scene.kill_program,
    "program and server": Scene.kill_both,
}


async def test_every_acknowledged_write_survives_kill_9_and_none_is_stored_half(scene: Scene, soak: Soak) -> None:
    faults = list(islice(cycle(FAULTS), rounds(6, 200)))
    soak.random.shuffle(faults)
    for fault in faults:
        await scene.work()
        await FAULTS[fault](scene)
        await scene.come_back()
    status = await scene.stop_program()
    ledger, stored = scene.ledger, await scene.stored()
    lost = ledger.acknowledged - stored.keys()
    twice = {key for key, found in stored.items() if len(set(found)) < len(found)}
    half = {key for key, found in stored.items() if set(found) != set(pieces(key))}
    soak.record(
        "An acknowledged write is there",
        rounds=len(faults),
        **{f"kill -9 of {fault}": number for fault, number in sorted(Counter(faults).items())},
        writes_begun=len(ledger.begun),
        writes_acknowledged=len(ledger.acknowledged),
        acknowledged_and_lost=len(lost),
        stored_more_than_once=len(twice),
        stored_half=len(half),
        writes_that_raised=len(ledger.failed),
        stored_although_they_raised=len(ledger.failed & stored.keys()),
        writes_that_died_with_the_program=len(ledger.untold),
        longest_call_in_s=ledger.longest,
        longest_recovery_in_s=max(scene.recoveries),
        median_recovery_in_s=median(scene.recoveries),
        errors=", ".join(f"{name} {number:,}" for name, number in ledger.errors.most_common()),
    )
    assert (lost, twice, half, stored.keys() - ledger.begun.keys()) == (set(), set(), set(), set())
    assert status == 0
    killed = sum("program" in fault for fault in faults)
    assert len(ledger.untold) <= killed * TASKS  # whoever lived was told how each write ended
