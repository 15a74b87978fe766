"""make bench-check: compares our weight beside hand-written code with what it was when the baseline was stored.

Three figures, which load on the machine moves little: Python bytecode instructions and round trips are counted; the
client's CPU time is the median ratio of many turns side by side, and a workload gets more rounds before it is worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.data import Data
from harness.figures import Figures
from harness.peers import CHECKED, HAND_WRITTEN, OURS, PEERS, RunningPeer, running_peers
from harness.rounds import rounds, turn
from harness.server import Server
from harness.wire import count_round_trips
from harness.workloads import WORKLOADS, Workload

Ratios = dict[str, dict[str, float]]  # by workload, by figure

WORSE: Final = 1.25
_ROUNDS: Final = 12
_ATTEMPTS: Final = 4
_WORKLOADS: Final = tuple(workload for workload in WORKLOADS if not workload.is_throughput)
_BOTH: Final = [peer for peer in PEERS if peer.name in CHECKED]


@dataclass(frozen=True, slots=True)
class Change:
    """A figure, then and now."""

    workload: str
    figure: str
    before: float
    now: float

    @property
    def is_worse(self) -> bool:
        """Whether it got worse by more than we accept."""
        return self.now > self.before * WORSE


async def measure_ratios(server: Server, data: Data, *, loop: str, baseline: Ratios | None = None) -> Ratios:
    """Our figures divided by the hand-written code's; what is worse than a baseline gets more rounds."""
    figures = Figures()
    await count_round_trips(_BOTH, _WORKLOADS, server, data, figures, loop=loop)
    async with running_peers(_BOTH, server.url, loop=loop) as peers:
        instructions = {workload.name: await _instructions(peers, workload, data) for workload in _WORKLOADS}
        workloads: Sequence[Workload] = _WORKLOADS
        for attempt in range(_ATTEMPTS):
            numbers = range(attempt * _ROUNDS, (attempt + 1) * _ROUNDS)
            await rounds(peers, workloads, data, numbers=numbers, took_turn=figures.add)
            workloads = [w for w in workloads if baseline and _cpu(figures, w) > baseline[w.name]["cpu"] * WORSE]
            if not workloads:
                break
    return {
        workload.name: {
            "instructions": round(instructions[workload.name], 4),
            "round_trips": round(_round_trips(figures, workload), 4),
            "cpu": round(_cpu(figures, workload), 4),
        }
        for workload in _WORKLOADS
    }


def changes(baseline: Ratios, now: Ratios) -> list[Change]:
    """Every figure, then and now."""
    return [
        Change(workload, figure, before, now[workload][figure])
        for workload, stored in baseline.items()
        for figure, before in stored.items()
    ]


def _cpu(figures: Figures, workload: Workload) -> float:
    return figures.cpu_ratio(OURS, HAND_WRITTEN, workload.name)


def _round_trips(figures: Figures, workload: Workload) -> float:
    return figures.round_trips[OURS, workload.name] / figures.round_trips[HAND_WRITTEN, workload.name]


async def _instructions(peers: Sequence[RunningPeer], workload: Workload, data: Data) -> float:
    counts: dict[str, float] = {}
    for peer in peers:
        await turn(peer, workload, data)  # what is done once only does not count
        answer = await turn(peer, workload, data, instructions=True)
        counts[peer.program.name] = answer["instructions"] / len(answer["times"])
    await data.remove_fresh()
    return counts[OURS] / counts[HAND_WRITTEN]
