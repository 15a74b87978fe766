"""What makes a peer a program: calls come in as JSON lines on stdin, measurements go out on stdout.

A request names one of the peer's methods and a list of arguments for it:
{"call": "session_by_id", "arguments": [["…"]]}. Each entry is one operation. With "tasks": 16, so many tasks share the
entries. The answer tells the nanoseconds of each operation, of all together, and of the process's CPU; with
"instructions", also the number of Python bytecode instructions.

A synchronous peer blocks: its calls run one after the other, and no event loop is there while they do.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Any, Final

from typing_extensions import Self

Call = Callable[..., Awaitable[Any]]

LAST: Final = 20  # messages that a chat turn reads


class Peer(ABC):
    """One library at work. A method that it lacks is a workload that it does not take part in."""

    @classmethod
    @abstractmethod
    async def open(cls, url: str, connections: int) -> Self:
        """Connect, with at most so many connections, all of them open when this returns."""

    @abstractmethod
    async def close(self) -> None:
        """Disconnect."""

    async def create_message(self, session_id: str, role: str, content: str) -> Any:
        """Store one message and return it as the library has it."""
        raise NotImplementedError

    async def last_messages(self, session_id: str, count: int) -> Any:
        """The last messages of a session, oldest first."""
        raise NotImplementedError

    async def complete_session(self, session_id: str) -> Any:
        """The messages of a session that has a character file, which is read as well."""
        raise NotImplementedError

    async def find_first(self, session_id: str) -> Any:
        """The same, as Prisma's clients are asked for it."""
        return await self.complete_session(session_id)

    async def create_messages(self, session_id: str, contents: list[str]) -> Any:
        """Store many messages, and return them or their number."""
        raise NotImplementedError

    async def create_many(self, session_id: str, contents: list[str]) -> Any:
        """Store many messages, and return their number."""
        return await self.create_messages(session_id, contents)

    async def chat_turn(self, session_id: str, question: str, answer: str) -> Any:
        """What a chat program does in a turn; the answer takes its time, so these are separate steps."""
        await self.create_message(session_id, "user", question)
        await self.create_message(session_id, "assistant", answer)
        return await self.last_messages(session_id, LAST)


class SyncPeer(ABC):
    """One library at work without an event loop."""

    @classmethod
    @abstractmethod
    def open(cls, url: str, connections: int) -> Self:
        """Connect, with at most so many connections."""

    @abstractmethod
    def close(self) -> None:
        """Disconnect."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one request cost. Units: nanoseconds."""

    times: list[int]
    wall: int
    cpu: int
    size: int  # of the last result: messages read, rows written, or 1
    instructions: int


class InstructionCounter:
    """Counts the Python bytecode instructions that this thread executes."""

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count while the body runs."""
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Callable[..., Any]:
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, _frame: FrameType, event: str, _arg: object) -> Callable[..., Any]:
        self.count += event == "opcode"
        return self._step


async def measure(call: Call, arguments: Sequence[Sequence[Any]], *, tasks: int, instructions: bool) -> Measurement:
    """Do every operation, by so many tasks, and tell what it cost."""
    times: list[int] = []
    results: list[Any] = [None] * tasks
    waiting = iter(arguments)

    async def work(number: int) -> None:
        for entry in waiting:
            started = time.perf_counter_ns()
            results[number] = await call(*entry)
            times.append(time.perf_counter_ns() - started)

    counter = InstructionCounter()
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    if instructions:
        with counter.counting():
            await work(0)
    elif tasks == 1:
        await work(0)
    else:
        await asyncio.gather(*map(work, range(tasks)))
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    return Measurement(times=times, wall=wall, cpu=cpu, size=size_of(results[-1]), instructions=counter.count)


def measure_blocking(call: Callable[..., Any], arguments: Sequence[Sequence[Any]]) -> Measurement:
    """Do every operation of a synchronous peer, and tell what it cost."""
    times: list[int] = []
    result = None
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    for entry in arguments:
        started = time.perf_counter_ns()
        result = call(*entry)
        times.append(time.perf_counter_ns() - started)
    wall, cpu = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
    return Measurement(times=times, wall=wall, cpu=cpu, size=size_of(result), instructions=0)


def size_of(result: Any) -> int:
    """How much there is in a result, so that nobody is fast by reading nothing."""
    if isinstance(result, int):
        return result
    if isinstance(result, (list, tuple)) and not hasattr(result, "_fields"):
        return len(result)
    return 0 if result is None else 1


async def serve(peer_type: type[Peer], url: str, connections: int) -> None:
    """Answer requests until stdin ends."""
    peer = await peer_type.open(url, connections)
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    try:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            request = json.loads(line)
            measurement = await measure(
                getattr(peer, request["call"]),
                request["arguments"],
                tasks=request.get("tasks", 1),
                instructions=request.get("instructions", False),
            )
            print(json.dumps(asdict(measurement)), flush=True)
    finally:
        await peer.close()


def serve_blocking(peer_type: type[SyncPeer], url: str, connections: int) -> None:
    """Answer requests to a synchronous peer until stdin ends."""
    peer = peer_type.open(url, connections)
    print("ready", flush=True)
    try:
        for line in sys.stdin:
            request = json.loads(line)
            measurement = measure_blocking(getattr(peer, request["call"]), request["arguments"])
            print(json.dumps(asdict(measurement)), flush=True)
    finally:
        peer.close()


def main(peer_type: type[Peer]) -> None:
    """Run a peer as its module's command line says."""
    arguments = _arguments(peer_type)
    serving = serve(peer_type, arguments.url, arguments.connections)
    if arguments.loop == "uvloop":
        import uvloop

        uvloop.run(serving)
    else:
        asyncio.run(serving)


def main_blocking(peer_type: type[SyncPeer]) -> None:
    """Run a synchronous peer as its module's command line says; the choice of an event loop is not for it."""
    arguments = _arguments(peer_type)
    serve_blocking(peer_type, arguments.url, arguments.connections)


def _arguments(peer_type: type[Any]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=peer_type.__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], required=True)
    return parser.parse_args()
