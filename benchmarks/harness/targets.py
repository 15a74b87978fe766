"""What the project promises: how its time, and its throughput, compare to the peers' at most, or at least."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from harness.figures import Figures
from harness.peers import BARE, HAND_WRITTEN, OURS, OURS_SYNC, OURS_SYNC_CLIENT, PSYCOPG, PSYCOPG_SYNC, RECORDS
from harness.workloads import WORKLOADS, Workload

PRISMA_TS: Final = "prisma_ts"
_PRISMAS: Final = (PRISMA_TS, "prisma_ts_named")  # the faster of both counts
_SQLALCHEMY: Final = "sqlalchemy"
_MOST_CPU: Final = 1.2  # of the hand-written code's
FAR: Final = 5  # milliseconds that a round trip takes more where bounds are for a distance


@dataclass(frozen=True, slots=True)
class Target:
    """Bounds for one workload.

    Shape: `time` is by peer, for our ratio to it; `cpu` likewise. `sync` is for the ratio of what we have without async
    to psycopg, `round_trips` for their number, and `far` for the time at a distance. Units: the last in round trips.
    """

    time: Mapping[str, float]
    cpu: Mapping[str, float] = field(default_factory=dict)
    sync: float | None = None
    round_trips: float | None = None
    far: float | None = None


_BULK: Final = {HAND_WRITTEN: 1.2, RECORDS: 0.85, PRISMA_TS: 0.25, _SQLALCHEMY: 1.0}

TARGETS: Final = {
    "create_session": Target({HAND_WRITTEN: 0.9, PRISMA_TS: 0.75, _SQLALCHEMY: 0.4}, round_trips=1),
    "create_message": Target({HAND_WRITTEN: 0.85, PRISMA_TS: 0.75, _SQLALCHEMY: 0.4}, sync=1.1, round_trips=1),
    "session_by_id": Target(
        {BARE: 1.5, HAND_WRITTEN: 0.95, PSYCOPG: 0.9, PRISMA_TS: 0.7, _SQLALCHEMY: 0.25},
        cpu={BARE: 1.5},
        sync=2.0,
        round_trips=1,
    ),
    "messages": Target({HAND_WRITTEN: 0.95, RECORDS: 1.0, PRISMA_TS: 1.2, _SQLALCHEMY: 0.35}, sync=1.1, round_trips=1),
    "complete_session": Target({HAND_WRITTEN: 0.85, PRISMA_TS: 0.85, _SQLALCHEMY: 0.3}, round_trips=1, far=1.2),
    "find_unique": Target({}, round_trips=1),
    "find_first": Target({}, round_trips=1),
    "character_file": Target({HAND_WRITTEN: 0.85, PRISMA_TS: 0.5, _SQLALCHEMY: 0.3}, round_trips=1),
    "chat_turn": Target({HAND_WRITTEN: 0.85, PRISMA_TS: 0.85, _SQLALCHEMY: 0.35}, round_trips=3),
    "create_messages": Target(_BULK, round_trips=1),
    "create_many": Target(_BULK, round_trips=1),
    "delete_session": Target({HAND_WRITTEN: 0.95, PRISMA_TS: 0.8, _SQLALCHEMY: 0.35}, round_trips=1),
    "middle_session": Target({HAND_WRITTEN: 1.1, PRISMA_TS: 0.85, _SQLALCHEMY: 0.5}, round_trips=1),
    "long_session": Target({HAND_WRITTEN: 1.1, PRISMA_TS: 1.0, _SQLALCHEMY: 0.5}, round_trips=1),
    "throughput_1": Target({HAND_WRITTEN: 1.0, PRISMA_TS: 1.3, _SQLALCHEMY: 3.0}),
    "throughput_16": Target({HAND_WRITTEN: 1.3, PRISMA_TS: 1.3, _SQLALCHEMY: 3.0}),
    "throughput_64": Target({HAND_WRITTEN: 1.3, PRISMA_TS: 1.3, _SQLALCHEMY: 3.0}),
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
        target = TARGETS[workload.name]
        if figures.has(OURS, workload.name):
            yield from _of_time(figures, workload, target)
            yield from _of_cpu(figures, workload, target)
        yield from _of_sync(figures, workload, target)
        yield from _of_round_trips(figures, workload, target)


def _of_time(figures: Figures, workload: Workload, target: Target) -> Iterator[Verdict]:
    ratio = figures.throughput_ratio if workload.is_throughput else figures.time_ratio
    for peer, bound in target.time.items():
        peers = _PRISMAS if peer == PRISMA_TS else (peer,)
        other = faster(figures, peers, workload.name, is_throughput=workload.is_throughput)
        if other is not None:
            value = ratio(OURS, other, workload.name)
            yield Verdict(workload.name, f"to {other}", value, bound, workload.is_throughput)


def _of_cpu(figures: Figures, workload: Workload, target: Target) -> Iterator[Verdict]:
    for peer, bound in ({HAND_WRITTEN: _MOST_CPU} | dict(target.cpu)).items():
        if figures.has(peer, workload.name):
            yield Verdict(workload.name, f"CPU to {peer}", figures.cpu_ratio(OURS, peer, workload.name), bound)


def _of_sync(figures: Figures, workload: Workload, target: Target) -> Iterator[Verdict]:
    name = workload.name
    if target.sync is not None and figures.has(PSYCOPG_SYNC, name):
        for peer in (OURS_SYNC, OURS_SYNC_CLIENT):
            if figures.has(peer, name):
                value = figures.time_ratio(peer, PSYCOPG_SYNC, name)
                yield Verdict(name, f"{peer} to {PSYCOPG_SYNC}", value, target.sync)


def _of_round_trips(figures: Figures, workload: Workload, target: Target) -> Iterator[Verdict]:
    name = workload.name
    found, worth = figures.round_trips.get((OURS, name)), figures.trips_worth.get((OURS, name, FAR))
    if found is not None:
        if target.round_trips is not None:
            yield Verdict(name, "round trips", found, target.round_trips)
        for peer in (BARE, HAND_WRITTEN):
            if (peer, name) in figures.round_trips:
                yield Verdict(name, f"round trips beside those of {peer}", found, figures.round_trips[peer, name])
    if worth is not None and target.far is not None:
        yield Verdict(name, f"time in round trips of {FAR} ms more", worth, target.far)
