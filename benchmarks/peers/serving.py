"""What makes a peer a program: calls come in as JSON lines on stdin, measurements go out on stdout.

A request names one of the peer's methods and a list of arguments for it:
{"call": "session_by_id", "arguments": [["…"]]}. Each entry is one operation. With "tasks": 16, so many tasks share the
entries. The answer tells the nanoseconds of each operation, of all together, and of the process's CPU; with
"instructions", also the number of Python bytecode instructions.
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

    async def chat_turn(self, session_id: str, question: str, answer: str) -> Any:
        """What a chat program does in a turn; the answer takes its time, so these are separate steps."""
        await self.create_message(session_id, "user", question)
        await self.create_message(session_id, "assistant", answer)
        return await self.last_messages(session_id, LAST)


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


def main(peer_type: type[Peer]) -> None:
    """Run a peer as its module's command line says."""
    parser = argparse.ArgumentParser(description=peer_type.__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], required=True)
    arguments = parser.parse_args()
    serving = serve(peer_type, arguments.url, arguments.connections)
    if arguments.loop == "uvloop":
        import uvloop

        uvloop.run(serving)
    else:
        asyncio.run(serving)
