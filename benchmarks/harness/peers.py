"""The peers and their processes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.workloads import Workload
from node import newest_node
from steps import StepError

BENCHMARKS: Final = Path(__file__).resolve().parent.parent
CONNECTIONS: Final = 10
_LONGEST_LINE: Final = 1 << 26  # an answer has one number for each operation

_MESSAGES_ONLY: Final = frozenset(
    {"create_message", "messages", "chat_turn", "create_messages", "delete_session", "last_messages"}
)
_SYNCHRONOUS: Final = frozenset({"session_by_id", "messages", "create_message"})


@dataclass(frozen=True, slots=True)
class PeerProgram:
    """One peer: its program, what has to be installed for it, and which calls it has where it does not have all.

    Shape: `extra` names the project's optional dependencies that it needs beside every peer's. A peer with `own_tables`
    fills them itself by its call `fill`, and empties them by `clear`.
    """

    name: str
    title: str
    module: str
    options: tuple[str, ...] = ()
    extra: str | None = None
    calls: frozenset[str] | None = None
    own_tables: bool = False
    every: int = 1  # takes part in every so many rounds: some are slow
    package: str = "peers"

    @property
    def is_node(self) -> bool:
        """Whether Node.js runs it."""
        return self.module.endswith(".mjs")

    def does(self, workload: Workload) -> bool:
        """Whether the peer takes part in the workload."""
        has_call = self.calls is None or workload.call in self.calls
        return has_call and (workload.peers is None or self.name in workload.peers)

    def command(self, url: str, *, loop: str, connections: int) -> list[str]:
        """The command that starts it."""
        if self.is_node:
            program = [str(newest_node()), str(BENCHMARKS / "peers" / self.module)]
        else:
            program = [sys.executable, "-m", f"{self.package}.{self.module}"]
        return [*program, f"--url={url}", f"--connections={connections}", f"--loop={loop}", *self.options]


def footprint_peer(module: str) -> PeerProgram:
    """A program in `footprint/` that speaks as peers do."""
    return PeerProgram(module, module, module, package="footprint")


OURS: Final = "ours"
BARE: Final = "bare"
HAND_WRITTEN: Final = "hand_written"
RECORDS: Final = "pool_records"
PSYCOPG: Final = "psycopg"
OURS_SYNC: Final = "ours_sync"
OURS_SYNC_CLIENT: Final = "ours_sync_client"
PSYCOPG_SYNC: Final = "psycopg_sync"
CONTROL: Final = "control"
CHECKED: Final = (OURS, HAND_WRITTEN, OURS_SYNC, PSYCOPG_SYNC)  # by `make bench-check`

PEERS: Final = (
    PeerProgram(OURS, "this project", "ours"),
    PeerProgram(BARE, "bare asyncpg", "bare"),
    PeerProgram(HAND_WRITTEN, "hand-written (asyncpg pool, Pydantic)", "hand_written"),
    PeerProgram(CONTROL, "control: hand-written again", "hand_written"),
    PeerProgram(
        RECORDS,
        "asyncpg pool, records, executemany",
        "pool_records",
        calls=frozenset({"messages", "create_messages", "create_many"}),
    ),
    PeerProgram("prisma_ts", "Prisma TypeScript", "prisma_ts.mjs", extra="bench-typescript"),
    PeerProgram(
        "prisma_ts_named", "Prisma TypeScript, named statements", "prisma_ts.mjs", ("--named",), "bench-typescript"
    ),
    PeerProgram("sqlalchemy", "SQLAlchemy ORM", "sqlalchemy_orm", extra="bench-sqlalchemy"),
    PeerProgram(PSYCOPG, "psycopg 3, Pydantic", "psycopg_pool_models", extra="bench-psycopg"),
    PeerProgram(OURS_SYNC, "this project, synchronous", "ours_sync", calls=_SYNCHRONOUS),
    PeerProgram(OURS_SYNC_CLIENT, "this project, synchronous client", "ours_sync_client", calls=_SYNCHRONOUS),
    PeerProgram(
        PSYCOPG_SYNC, "psycopg 3, synchronous, Pydantic", "psycopg_sync", extra="bench-psycopg", calls=_SYNCHRONOUS
    ),
    PeerProgram("tortoise", "Tortoise ORM", "tortoise_orm", extra="bench-tortoise"),
    PeerProgram("piccolo", "Piccolo", "piccolo_orm", extra="bench-piccolo"),
    PeerProgram(
        "openai_agents",
        "OpenAI Agents SQLAlchemySession",
        "openai_agents",
        extra="bench-openai-agents",
        calls=_MESSAGES_ONLY,
        own_tables=True,
        every=4,
    ),
    PeerProgram(
        "langchain",
        "langchain-postgres history",
        "langchain_history",
        extra="bench-langchain",
        calls=_MESSAGES_ONLY,
        own_tables=True,
        every=4,
    ),
)


@dataclass(slots=True)
class RunningPeer:
    """A peer's process, and what it says."""

    program: PeerProgram
    process: asyncio.subprocess.Process
    filled: set[str] = field(default_factory=set)  # permanent sessions that are in the peer's own tables

    async def ask(self, call: str, arguments: list[list[Any]], **options: Any) -> dict[str, Any]:
        """Let it do these operations. Errors: StepError when its process ended instead."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"call": call, "arguments": arguments, **options}).encode() + b"\n")
        await self.process.stdin.drain()
        answer: dict[str, Any] = json.loads(await self._line())
        return answer

    async def is_ready(self) -> None:
        """Wait until it is connected."""
        await self._line()

    async def _line(self) -> bytes:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise StepError(f"the peer {self.program.name} ended with status {await self.process.wait()}")
        return line


@asynccontextmanager
async def running_peer(
    program: PeerProgram, url: str, *, loop: str, connections: int = CONNECTIONS, path: Path | None = None
) -> AsyncIterator[RunningPeer]:
    """Start a peer, maybe with one more folder to import from; it has ended afterwards."""
    process = await asyncio.create_subprocess_exec(
        *program.command(url, loop=loop, connections=connections),
        cwd=BENCHMARKS,
        env=_importing_from(path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    peer = RunningPeer(program, process)
    try:
        await peer.is_ready()
        yield peer
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


def _importing_from(path: Path | None) -> dict[str, str]:
    folders = [str(path), os.environ.get("PYTHONPATH", "")] if path else [os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}


@asynccontextmanager
async def running_peers(
    programs: Sequence[PeerProgram], url: str, *, loop: str, connections: int = CONNECTIONS
) -> AsyncIterator[list[RunningPeer]]:
    """Start these peers, one after the other."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(running_peer(program, url, loop=loop, connections=connections))
            for program in programs
        ]
