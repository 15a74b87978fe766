"""make bench-check: compares our weight beside code by hand with what it was when the baseline was stored.

Three figures, which load on the machine moves little: Python bytecode instructions and round trips are counted; the
client's CPU time is the median ratio of many turns side by side, and a workload gets more rounds before it is worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.data import Data
from harness.figures import Figures
from harness.limits import Parts
from harness.loose_rows import instructions_of_loose_rows
from harness.peers import CHECKED, HAND_WRITTEN, OURS, OURS_SYNC, PEERS, PSYCOPG_SYNC, RunningPeer, running_peers
from harness.rounds import rounds, turn
from harness.server import Server
from harness.wire import count_round_trips
from harness.workloads import WORKLOADS, Workload

Ratios = dict[str, Parts]  # by workload, by figure

WORSE: Final = 1.25
_ROUNDS: Final = 12
_ATTEMPTS: Final = 4
_WORKLOADS: Final = tuple(workload for workload in WORKLOADS if not workload.is_throughput)
_PEERS: Final = {peer.name: peer for peer in PEERS if peer.name in CHECKED}
_LOOSE_ROWS: Final = "loose_rows"


@dataclass(frozen=True, slots=True)
class Pair:
    """A workload, and the two that are compared in it."""

    workload: Workload
    mine: str = OURS
    theirs: str = HAND_WRITTEN

    @property
    def name(self) -> str:
        """Under which its figures are stored."""
        return self.workload.name if self.mine == OURS else f"{self.workload.name}, synchronous"


PAIRS: Final = (
    *map(Pair, _WORKLOADS),
    *(Pair(workload, OURS_SYNC, PSYCOPG_SYNC) for workload in _WORKLOADS if _PEERS[OURS_SYNC].does(workload)),
)


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
    """Our figures divided by those of the code beside; what is worse than a baseline gets more rounds."""
    figures, ratios = Figures(), {pair.name: Parts() for pair in PAIRS}
    await count_round_trips(list(_PEERS.values()), _WORKLOADS, server, data, figures, loop=loop)
    async with running_peers(list(_PEERS.values()), server.url, loop=loop) as peers:
        for pair in PAIRS:
            ratios[pair.name]["round_trips"] = _round_trips(figures, pair)
            if pair.mine == OURS:  # a synchronous client's work may be in another thread
                ratios[pair.name]["instructions"] = await _instructions(peers, pair, data)
        await _time(peers, data, figures, baseline or {})
    for pair in PAIRS:
        ratios[pair.name]["cpu"] = _cpu(figures, pair)
    ratios[_LOOSE_ROWS] = {"instructions": await instructions_of_loose_rows(server, loop=loop)}
    return {name: {figure: round(value, 4) for figure, value in parts.items()} for name, parts in ratios.items()}


async def _time(peers: Sequence[RunningPeer], data: Data, figures: Figures, baseline: Ratios) -> None:
    """Take turns, and more of them in what seems to be worse than the baseline."""
    workloads: Sequence[Workload] = _WORKLOADS
    for attempt in range(_ATTEMPTS):
        numbers = range(attempt * _ROUNDS, (attempt + 1) * _ROUNDS)
        await rounds(peers, workloads, data, numbers=numbers, took_turn=figures.add)
        worse = {
            pair.workload.name
            for pair in PAIRS
            if pair.name in baseline and _cpu(figures, pair) > baseline[pair.name]["cpu"] * WORSE
        }
        workloads = [workload for workload in workloads if workload.name in worse]
        if not workloads:
            break


def changes(baseline: Ratios, now: Ratios) -> list[Change]:
    """Every figure, then and now."""
    return [
        Change(workload, figure, before, now[workload][figure])
        for workload, stored in baseline.items()
        for figure, before in stored.items()
    ]


def _cpu(figures: Figures, pair: Pair) -> float:
    return figures.cpu_ratio(pair.mine, pair.theirs, pair.workload.name)


def _round_trips(figures: Figures, pair: Pair) -> float:
    mine, theirs = (figures.round_trips[peer, pair.workload.name] for peer in (pair.mine, pair.theirs))
    return mine / theirs


async def _instructions(peers: Sequence[RunningPeer], pair: Pair, data: Data) -> float:
    counts: dict[str, float] = {}
    for peer in peers:
        if peer.program.name in {pair.mine, pair.theirs}:
            await turn(peer, pair.workload, data)  # what is done once only does not count
            answer = await turn(peer, pair.workload, data, instructions=True)
            counts[peer.program.name] = answer["instructions"] / len(answer["times"])
    await data.remove_fresh()
    return counts[pair.mine] / counts[pair.theirs]
