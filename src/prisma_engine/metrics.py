"""What `Prisma.get_metrics()` tells: counters, gauges and histograms, and the two forms that they are written in."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate
from time import perf_counter
from typing import Any, Final, Protocol

__all__ = ["BOUNDS", "Histogram", "Metrics", "Pool", "as_prometheus"]

BOUNDS: Final = (0, 1, 5, 10, 50, 100, 500, 1000, 5000, 50000)
"""The upper bounds of the histograms' buckets, in milliseconds."""

_NOT_IN_LABEL: Final = re.compile(r"^(?=\d)|\W", re.ASCII)
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Pool(Protocol):
    """How many connections there are now."""

    @property
    def open(self) -> int:
        """Connections to the database."""
        ...

    @property
    def idle(self) -> int:
        """Those that nobody uses."""
        ...

    @property
    def busy(self) -> int:
        """Those that are in use."""
        ...

    @property
    def waiting(self) -> int:
        """Calls that wait for one."""
        ...


class Histogram:
    """How many observations were in each range of milliseconds.

    Nothing here locks: two threads that observe at the same instant may lose one observation, and no call waits.
    """

    __slots__ = ("_counts", "_sum")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)  # the last range has no upper bound
        self._sum = 0.0

    def observe(self, milliseconds: float) -> None:
        """Count one observation."""
        self._counts[bisect_left(BOUNDS, milliseconds)] += 1
        self._sum += milliseconds

    @property
    def count(self) -> int:
        """How many observations there were."""
        return sum(self._counts)

    def value(self) -> dict[str, Any]:
        """Prisma's form of it: each bucket counts whatever is not above its bound."""
        totals = accumulate(self._counts)
        return {
            "sum": self._sum,
            "count": self.count,
            "buckets": [[float(bound), total] for bound, total in zip(BOUNDS, totals, strict=False)],
        }


class Metrics:
    """What happened since the client connected, counted where it happens."""

    __slots__ = ("active", "closed", "opened", "queries", "statements", "waits")

    def __init__(self) -> None:
        self.queries = Histogram()
        self.waits = Histogram()
        self.statements = Histogram()
        self.active = 0
        self.opened = 0
        self.closed = 0

    def begin(self) -> float:
        """A call of the client begins; `end` wants what this returns."""
        self.active += 1
        return perf_counter()

    def end(self, began: float) -> None:
        """A call of the client has ended, with or without an error."""
        self.active -= 1
        self.queries.observe((perf_counter() - began) * 1000)

    def report(self, pool: Pool, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Everything in the form of the client's `Metrics` model, each metric with these labels."""
        return {
            kind: [
                {"key": key, "value": read(self, pool), "labels": dict(labels or {}), "description": description}
                for key, (description, read) in table.items()
            ]
            for kind, table in _TABLES.items()
        }


_Table = Mapping[str, tuple[str, Callable[[Metrics, Pool], Any]]]

_COUNTERS: Final[_Table] = {
    "prisma_client_queries_total": (
        "The total number of Prisma Client queries executed",
        lambda metrics, _: metrics.queries.count + metrics.active,
    ),
    "prisma_datasource_queries_total": (
        "The total number of datasource queries executed",
        lambda metrics, _: metrics.statements.count,
    ),
    "prisma_pool_connections_closed_total": (
        "The total number of pool connections closed",
        lambda metrics, _: metrics.closed,
    ),
    "prisma_pool_connections_opened_total": (
        "The total number of pool connections opened",
        lambda metrics, _: metrics.opened,
    ),
}

_GAUGES: Final[_Table] = {
    "prisma_client_queries_active": (
        "The number of currently active Prisma Client queries",
        lambda metrics, _: float(metrics.active),
    ),
    "prisma_client_queries_wait": (
        "The number of datasource queries currently waiting for a free connection",
        lambda _, pool: float(pool.waiting),
    ),
    "prisma_pool_connections_busy": (
        "The number of pool connections currently executing datasource queries",
        lambda _, pool: float(pool.busy),
    ),
    "prisma_pool_connections_idle": (
        "The number of pool connections that are not busy running a query",
        lambda _, pool: float(pool.idle),
    ),
    "prisma_pool_connections_open": (
        "The number of pool connections currently open",
        lambda _, pool: float(pool.open),
    ),
}

_HISTOGRAMS: Final[_Table] = {
    "prisma_client_queries_duration_histogram_ms": (
        "The distribution of the time Prisma Client queries took to run end to end",
        lambda metrics, _: metrics.queries.value(),
    ),
    "prisma_client_queries_wait_histogram_ms": (
        "The distribution of the time all datasource queries spent waiting for a free connection",
        lambda metrics, _: metrics.waits.value(),
    ),
    "prisma_datasource_queries_duration_histogram_ms": (
        "The distribution of the time datasource queries took to run",
        lambda metrics, _: metrics.statements.value(),
    ),
}

_TABLES: Final = {"counters": _COUNTERS, "gauges": _GAUGES, "histograms": _HISTOGRAMS}


def as_prometheus(report: Mapping[str, Any]) -> str:
    """Write a report in Prometheus' text format."""
    return "\n".join(_blocks(report))


def _blocks(report: Mapping[str, Any]) -> Iterator[str]:
    for kind, metrics in report.items():
        for metric in metrics:
            head = [
                f"# HELP {metric['key']} {metric['description']}",
                f"# TYPE {metric['key']} {kind.removesuffix('s')}",
            ]
            yield "\n".join([*head, *_samples(metric), ""])


def _samples(metric: Mapping[str, Any]) -> Iterator[str]:
    key, value, labels = metric["key"], metric["value"], metric["labels"]
    if not isinstance(value, dict):
        yield _sample(key, labels, value)
        return
    for bound, total in [*value["buckets"], [float("inf"), value["count"]]]:
        yield _sample(f"{key}_bucket", {**labels, "le": _number(bound)}, total)
    yield _sample(f"{key}_sum", labels, value["sum"])
    yield _sample(f"{key}_count", labels, value["count"])


def _sample(key: str, labels: Mapping[str, str], value: float) -> str:
    written = ",".join(f'{_NOT_IN_LABEL.sub("_", name)}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
    return f"{key}{{{written}}} {_number(value)}" if written else f"{key} {_number(value)}"


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(value)
