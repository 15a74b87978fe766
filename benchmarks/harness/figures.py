"""What the turns come to: medians, p99, client CPU, and ratios of turns that were taken side by side."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, slots=True)
class Turn:
    """What one peer took for one workload in one round. Units: nanoseconds."""

    peer: str
    workload: str
    round: int
    times: list[int]
    wall: int
    cpu: int

    @property
    def time(self) -> float:
        """The median time of an operation."""
        return median(self.times)

    @property
    def time_of_all(self) -> float:
        """The time of all operations, divided by their number: the inverse of the throughput."""
        return self.wall / len(self.times)

    @property
    def cpu_time(self) -> float:
        """The client's CPU time for an operation."""
        return self.cpu / len(self.times)


@dataclass(slots=True)
class Figures:
    """All turns of a run, and what was counted and timed beside it.

    Shape: `round_trips` is by peer and workload; `trips_worth`, the time of an operation as a multiple of a round
    trip's, is by these and by the milliseconds that a round trip took more.
    """

    turns: dict[tuple[str, str], dict[int, Turn]] = field(default_factory=lambda: defaultdict(dict))
    round_trips: dict[tuple[str, str], float] = field(default_factory=dict)
    trips_worth: dict[tuple[str, str, int], float] = field(default_factory=dict)

    def add(self, turn: Turn) -> None:
        """Take one more turn."""
        self.turns[turn.peer, turn.workload][turn.round] = turn

    def has(self, peer: str, workload: str) -> bool:
        """Whether the peer took part in the workload."""
        return (peer, workload) in self.turns

    def median_ms(self, peer: str, workload: str) -> float:
        """The median time of all operations."""
        return median(self._times(peer, workload)) / 1e6

    def p99_ms(self, peer: str, workload: str) -> float:
        """The time that 99 % of the operations did not exceed."""
        times = sorted(self._times(peer, workload))
        return times[min(len(times) - 1, len(times) * 99 // 100)] / 1e6

    def cpu_ms(self, peer: str, workload: str) -> float:
        """The client's CPU time for an operation: the median of the rounds."""
        return median(turn.cpu_time for turn in self.turns[peer, workload].values()) / 1e6

    def per_second(self, peer: str, workload: str) -> float:
        """The operations a second: the median of the rounds."""
        return 1e9 / median(turn.time_of_all for turn in self.turns[peer, workload].values())

    def time_ratio(self, peer: str, other: str, workload: str) -> float:
        """The peer's time divided by the other's: the median of what the rounds say."""
        return median(mine.time / theirs.time for mine, theirs in self._pairs(peer, other, workload))

    def throughput_ratio(self, peer: str, other: str, workload: str) -> float:
        """The peer's throughput divided by the other's: the median of what the rounds say."""
        return median(theirs.time_of_all / mine.time_of_all for mine, theirs in self._pairs(peer, other, workload))

    def cpu_ratio(self, peer: str, other: str, workload: str) -> float:
        """The peer's CPU time divided by the other's: the median of what the rounds say."""
        return median(mine.cpu_time / theirs.cpu_time for mine, theirs in self._pairs(peer, other, workload))

    def _pairs(self, peer: str, other: str, workload: str) -> list[tuple[Turn, Turn]]:
        mine, theirs = self.turns[peer, workload], self.turns[other, workload]
        return [(mine[number], theirs[number]) for number in mine.keys() & theirs.keys()]

    def _times(self, peer: str, workload: str) -> list[int]:
        return [time for turn in self.turns[peer, workload].values() for time in turn.times]
