"""What the project promises beside speed: memory, starts, a loop that is never blocked for long, linear cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from harness.targets import Verdict

Parts = dict[str, float]

_MEGABYTE: Final = 1e6
_OURS: Final = "footprint"
_LARGE, _MEDIUM = 10_000, 1_000
_COUNTED: Final = "Python bytecode instructions of a row"


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure's name, the most that it may be, and how it is measured in one sentence."""

    title: str
    unit: str
    bound: float
    how: str
    is_own: bool = False  # set by this benchmark, rather than by what the project promises


def _blocked(work: str, how: str) -> Limit:
    measured = "the longest gap of a timer that ticks each ms, without Python's garbage collection in it"
    return Limit(f"event loop blocked: {work}", "ms", 20, f"{how}; {measured}")


def _linear(title: str, how: str) -> Limit:
    return Limit(title, "\N{MULTIPLICATION SIGN}", 1.3, how, is_own=True)


LIMITS: Final = {
    "memory": Limit(
        "memory above the imports",
        "MB",
        25,
        "Resident in a process that has connected and done each workload once, minus one that imports asyncpg and the "
        "generated client; median of the starts",
    ),
    "memory_connected": Limit(
        "memory after connecting",
        "MB",
        66,
        "Resident in a process that has imported `database` and connected; median of the starts",
    ),
    "flatness": Limit(
        "memory growth over 100,000 queries of 10,000 shapes",
        "MB",
        5,
        "Each shape comes ten times, 500 shapes in turn, from 8 tasks on 4 connections; resident at the end minus "
        "after the first 2,000 shapes, when every cache is full",
    ),
    "cold_start": Limit(
        "cold start",
        "\N{MULTIPLICATION SIGN}",
        1.5,
        "From the start of the process to the first answered query, divided by that of a program that imports the "
        "generated client and asks asyncpg; starts take turns, the median of their ratios",
    ),
    "import_database": Limit(
        "import of `database`", "s", 0.33, "In a process that has imported nothing of it; median of the starts"
    ),
    "first_use": Limit(
        "first use of a shape",
        "ms",
        1.5,
        "From the call to its result, of 200 new shapes one after the other; the median",
    ),
    "loose_rows": Limit(
        "create_many, optional fields left out at random",
        "\N{MULTIPLICATION SIGN}",
        1.3,
        "Time of 1,000 rows that each have some of five optional fields, divided by that of equal rows, in turns",
    ),
    "blocked_connect": _blocked("connect", "The first connect() of the process"),
    "blocked_new_shapes": _blocked("100 new shapes", "100 queries of new shapes, one after the other"),
    "blocked_nested_create": _blocked("nested create", "A session created with 200 messages nested in it, a new shape"),
    "blocked_read_10000": _blocked("read 10,000", "10,000 messages through the repository"),
    "blocked_create_1000": _blocked("write 1,000", "1,000 messages by one create_many"),
    "blocked_create_10000": _blocked("write 10,000", "10,000 messages by one create_many"),
    "blocked_close": _blocked("close", "disconnect() with 10 open connections"),
    "rows_read": _linear("cost of a row, reading", f"{_COUNTED} when 10,000 messages are read, divided by of 1,000"),
    "rows_written": _linear(
        "cost of a row, writing", f"{_COUNTED} in one create_many of 10,000 messages, divided by of 1,000"
    ),
    "shapes_seen": _linear("session by id after 5,000 shapes", "Divided by the same after 10 shapes, in turns"),
    "tables": _linear("session by id with 60 models", "Divided by the same with a schema of 3 models, in turns"),
    "last_messages": _linear(
        "last 20 of 10,000 messages", "Time of find_many with take 20, divided by the same in a session of 50, in turns"
    ),
    "last_messages_instructions": _linear(
        "last 20 of 10,000 messages, without the server", "Python bytecode instructions of the same calls, counted"
    ),
}


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a run measured: a value for each limit, and tables that say more."""

    values: Mapping[str, float]
    details: Mapping[str, Parts]

    def verdicts(self) -> Iterator[Verdict]:
        """Every value beside its bound."""
        for name, limit in LIMITS.items():
            yield Verdict(_OURS, f"{limit.title}, {limit.unit}", self.values[name], limit.bound)


def memory_above(working: Sequence[Mapping[str, int]], importing: Sequence[Mapping[str, int]]) -> Parts:
    """How much more is resident, now and at the peak. Units: bytes in, megabytes out."""
    return {
        name: (median(sample[name] for sample in working) - median(sample["now"] for sample in importing)) / _MEGABYTE
        for name in ("now", "peak")
    }


def growth(samples: Sequence[int]) -> float:
    """From the first sample to the last. Units: bytes in, megabytes out."""
    return (samples[-1] - samples[0]) / _MEGABYTE


def ratio_of_turns(mine: Iterable[float], theirs: Iterable[float]) -> float:
    """The median of the ratios of turns that were taken side by side."""
    return median(one / other for one, other in zip(mine, theirs, strict=True))


def growth_of_a_row(costs: Mapping[int, float]) -> float:
    """What a row costs among many, divided by what it costs among a tenth of them; costs are by the number of rows."""
    return (costs[_LARGE] / _LARGE) / (costs[_MEDIUM] / _MEDIUM)


def medians(samples: Sequence[Mapping[str, float]]) -> Parts:
    """The median of each part, in the order of the first sample."""
    return {name: median(sample[name] for sample in samples) for name in samples[0]}
