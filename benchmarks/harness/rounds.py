"""Rounds: in each, every peer does every workload once, and the peer that begins changes from workload to workload."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from harness.data import Data
from harness.figures import Turn
from harness.peers import RunningPeer
from harness.workloads import Workload
from steps import StepError


async def turn(peer: RunningPeer, workload: Workload, data: Data, **options: Any) -> dict[str, Any]:
    """Let a peer do one workload on data of its own, and see that it did.

    Errors: StepError when it returned or stored something else than it had to.
    """
    return await work(peer, workload, data, await sessions_for(peer, workload, data), **options)


async def sessions_for(peer: RunningPeer, workload: Workload, data: Data) -> list[str]:
    """The sessions for a turn, as the workload wants them."""
    sessions = await data.sessions_for(workload)
    if peer.program.own_tables:
        await _fill(peer, workload, sessions)
    return sessions


async def work(
    peer: RunningPeer, workload: Workload, data: Data, sessions: list[str], **options: Any
) -> dict[str, Any]:
    """Let a peer do one workload on these sessions, and see that it did. Errors: as for `turn`."""
    answer = await peer.ask(workload.call, workload.entries(sessions), tasks=workload.tasks, **options)
    if answer["size"] != workload.size:
        raise StepError(f"{peer.program.name}, {workload.name}: {answer['size']} in a result, not {workload.size}")
    if not peer.program.own_tables:
        await data.check(workload, sessions)
    return answer


async def _fill(peer: RunningPeer, workload: Workload, sessions: Sequence[str]) -> None:
    """Put into the peer's own tables what the harness's sessions have."""
    if workload.reads:
        sessions = [session for session in sessions if session not in peer.filled]
        peer.filled.update(sessions)
    count = workload.reads or workload.messages
    if sessions:
        await peer.ask("fill", [[session, count] for session in sessions])


async def rounds(
    peers: Sequence[RunningPeer],
    workloads: Sequence[Workload],
    data: Data,
    *,
    numbers: Iterable[int],
    took_turn: Callable[[Turn], None],
) -> None:
    """Go through the rounds and hand over what each turn took."""
    for number in numbers:
        for index, workload in enumerate(workloads):
            able = [peer for peer in peers if peer.program.does(workload) and number % peer.program.every == 0]
            first = (number + index) % max(len(able), 1)
            for peer in able[first:] + able[:first]:
                answer = await turn(peer, workload, data)
                took_turn(
                    Turn(peer.program.name, workload.name, number, answer["times"], answer["wall"], answer["cpu"])
                )
            await data.remove_fresh()
        for peer in peers:
            if peer.program.own_tables:
                await peer.ask("clear", [[list(data.permanent.values())]])
        await data.tidy()
