"""What the project promises: how its time, and its throughput, compare to the peers' at most, or at least."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from harness.figures import Figures
from harness.peers import HAND_WRITTEN, OURS
from harness.workloads import WORKLOADS

PRISMA_TS: Final = ("prisma_ts", "prisma_ts_named")  # the faster of both counts
_SQLALCHEMY: Final = "sqlalchemy"
_MOST_CPU: Final = 1.2  # of the hand-written code's


@dataclass(frozen=True, slots=True)
class Target:
    """Bounds for our ratios to these peers, and for our round trips."""

    hand_written: float
    prisma_ts: float
    sqlalchemy: float
    round_trips: float | None = None


TARGETS: Final = {
    "create_session": Target(0.9, 0.75, 0.4, 1),
    "create_message": Target(0.9, 0.75, 0.4, 1),
    "session_by_id": Target(0.95, 0.7, 0.25, 1),
    "messages": Target(0.95, 1.2, 0.35, 1),
    "complete_session": Target(1.0, 0.85, 0.3, 3),
    "character_file": Target(0.95, 0.5, 0.3, 1),
    "chat_turn": Target(0.85, 0.85, 0.35, 3),
    "create_messages": Target(1.2, 0.25, 1.0, 5),
    "delete_session": Target(0.95, 0.8, 0.35, 1),
    "long_session": Target(1.1, 1.2, 0.5, 1),
    "throughput_1": Target(1.0, 1.3, 3.0),
    "throughput_16": Target(1.0, 1.3, 3.0),
    "throughput_64": Target(1.0, 1.3, 3.0),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure beside its bound."""

    workload: str
    what: str
    value: float
    bound: float
    is_throughput: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the bound holds."""
        return self.value >= self.bound if self.is_throughput else self.value <= self.bound


def faster(figures: Figures, names: tuple[str, ...], workload: str, *, is_throughput: bool) -> str | None:
    """The faster of these peers in a workload, None where none took part."""
    present = [name for name in names if figures.has(name, workload)]
    if is_throughput:
        return max(present, key=lambda name: figures.per_second(name, workload), default=None)
    return min(present, key=lambda name: figures.median_ms(name, workload), default=None)


def verdicts(figures: Figures) -> Iterator[Verdict]:
    """Every target of which this run has the figures."""
    for workload in WORKLOADS:
        name, target = workload.name, TARGETS[workload.name]
        if not figures.has(OURS, name):
            continue
        bounds = (
            ((HAND_WRITTEN,), target.hand_written),
            (PRISMA_TS, target.prisma_ts),
            ((_SQLALCHEMY,), target.sqlalchemy),
        )
        for peers, bound in bounds:
            other = faster(figures, peers, name, is_throughput=workload.is_throughput)
            if other is not None:
                ratio = figures.throughput_ratio if workload.is_throughput else figures.time_ratio
                yield Verdict(name, f"to {other}", ratio(OURS, other, name), bound, workload.is_throughput)
        if figures.has(HAND_WRITTEN, name):
            yield Verdict(name, f"CPU to {HAND_WRITTEN}", figures.cpu_ratio(OURS, HAND_WRITTEN, name), _MOST_CPU)
        if target.round_trips is not None and (OURS, name) in figures.round_trips:
            yield Verdict(name, "round trips", figures.round_trips[OURS, name], target.round_trips)
