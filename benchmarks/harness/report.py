"""The results of a run as Markdown and as JSON."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Callable, Sequence
from typing import Any, Final

from harness import footprint_report
from harness.distance import DELAYS
from harness.figures import Figures
from harness.limits import Footprint
from harness.peers import CONTROL, HAND_WRITTEN, OURS, PeerProgram
from harness.targets import verdicts
from harness.workloads import Workload
from prisma_engine.upstream import PRISMA_VERSION

_PACKAGES: Final = (
    *("prisma", "asyncpg", "uvloop", "pydantic", "wasmtime", "sqlalchemy", "psycopg", "tortoise-orm", "piccolo"),
    *("openai-agents", "langchain-postgres"),
)

Cell = Callable[[str, str], str]


def conditions(*, loop: str, rounds: int, postgres: str, node: str) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "node": node,
        "postgresql": postgres,
        "prisma": PRISMA_VERSION,
        "event loop": loop,
        "rounds": rounds,
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: version for name in _PACKAGES if (version := _version_of(name))},
    }


def _version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def as_json(
    figures: Figures,
    peers: Sequence[PeerProgram],
    workloads: Sequence[Workload],
    about: dict[str, Any],
    footprint: Footprint | None = None,
) -> dict[str, Any]:
    """Everything of a run but the single times."""
    return {
        "conditions": about,
        "peers": {peer.name: peer.title for peer in peers},
        "workloads": {workload.name: workload.title for workload in workloads},
        "figures": {
            workload.name: {
                peer.name: _figures_of(figures, peer.name, workload)
                for peer in peers
                if figures.has(peer.name, workload.name)
            }
            for workload in workloads
        },
        **({"footprint": footprint_report.as_json(footprint)} if footprint else {}),
    }


def _figures_of(figures: Figures, peer: str, workload: Workload) -> dict[str, float | None]:
    name = workload.name
    found: dict[str, float | None] = {
        "median_ms": figures.median_ms(peer, name),
        "p99_ms": figures.p99_ms(peer, name),
        "cpu_ms": figures.cpu_ms(peer, name),
        "round_trips": figures.round_trips.get((peer, name)),
        **{f"round_trips_worth_{delay}_ms": figures.trips_worth.get((peer, name, delay)) for delay in DELAYS},
    }
    if workload.is_throughput:
        found["per_second"] = figures.per_second(peer, name)
    if figures.has(OURS, name):
        ratio = figures.throughput_ratio if workload.is_throughput else figures.time_ratio
        found["ours_to_this"] = ratio(OURS, peer, name)
        found["ours_to_this_cpu"] = figures.cpu_ratio(OURS, peer, name)
    return {key: None if value is None else round(value, 4) for key, value in found.items()}


def as_markdown(
    figures: Figures,
    peers: Sequence[PeerProgram],
    workloads: Sequence[Workload],
    about: dict[str, Any],
    footprint: Footprint | None = None,
) -> str:
    """The same for people: one table a figure, peers in columns, and one for the footprint."""
    timed = [workload for workload in workloads if not workload.is_throughput]
    loaded = [workload for workload in workloads if workload.is_throughput]

    def ratio(peer: str, workload: str) -> str:
        value = figures.throughput_ratio if workload.startswith("throughput") else figures.time_ratio
        return f"{value(OURS, peer, workload):.2f}" if figures.has(OURS, workload) else ""

    def cpu_ratio(peer: str, workload: str) -> str:
        return f"{figures.cpu_ratio(OURS, peer, workload):.2f}" if figures.has(OURS, workload) else ""

    tables: list[tuple[str, Sequence[Workload], Cell]] = [
        ("Time of an operation: median, ms", timed, lambda peer, name: f"{figures.median_ms(peer, name):.3g}"),
        ("Chat turns a second, pool of 10", loaded, lambda peer, name: f"{figures.per_second(peer, name):,.0f}"),
        ("This project divided by the peer: time, below 1 is faster", timed, ratio),
        ("This project divided by the peer: throughput, above 1 is faster", loaded, ratio),
        ("Time of an operation: p99, ms", timed, lambda peer, name: f"{figures.p99_ms(peer, name):.3g}"),
        ("Client CPU of an operation, ms", workloads, lambda peer, name: f"{figures.cpu_ms(peer, name):.3g}"),
        ("This project divided by the peer: client CPU", workloads, cpu_ratio),
        (
            "Round trips of an operation",
            timed,
            lambda peer, name: f"{figures.round_trips[peer, name]:g}" if (peer, name) in figures.round_trips else "",
        ),
        *(_at_a_distance(figures, timed, delay) for delay in DELAYS),
    ]
    parts = ["# Results", _about(figures, workloads, about), _targets(figures, footprint)]
    if figures.turns:
        parts += [f"## {title}\n\n{_table(figures, peers, rows, cell)}" for title, rows, cell in tables]
    if footprint:
        parts.append(footprint_report.as_markdown(footprint))
    return "\n\n".join(parts) + "\n"


def _at_a_distance(figures: Figures, timed: Sequence[Workload], delay: int) -> tuple[str, Sequence[Workload], Cell]:
    def worth(peer: str, workload: str) -> str:
        value = figures.trips_worth.get((peer, workload, delay))
        return "" if value is None else f"{value:.2f}"

    singles = [workload for workload in timed if workload.is_single]
    return f"Time of an operation in round trips, where one takes {delay} ms more", singles, worth


def _about(figures: Figures, workloads: Sequence[Workload], about: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    text = (
        f"{about['rounds']} interleaved rounds on {about['processors']} processors: Python {about['python']} with "
        f"{about['event loop']}, Node {about['node']}, PostgreSQL {about['postgresql']}, Prisma {about['prisma']}; "
        f"{packages}."
    )
    noises = [
        abs(figures.time_ratio(CONTROL, HAND_WRITTEN, workload.name) - 1)
        for workload in workloads
        if figures.has(CONTROL, workload.name) and figures.has(HAND_WRITTEN, workload.name)
    ]
    if noises:
        text += f" The same program twice, as a control, differed by at most {max(noises):.0%}."
    return text


def _targets(figures: Figures, footprint: Footprint | None) -> str:
    found = [*verdicts(figures), *(footprint.verdicts() if footprint else ())]
    missed = [verdict for verdict in found if not verdict.is_met]
    lines = [f"Targets met: {len(found) - len(missed)} of {len(found)}."]
    lines += [
        f"- missed: {verdict.workload}, {verdict.what}: {verdict.value:.2f} "
        f"({'at least' if verdict.is_throughput else 'at most'} {verdict.bound:g})"
        for verdict in missed
    ]
    return "\n".join([lines[0], "", *lines[1:]]).rstrip()


def _table(figures: Figures, peers: Sequence[PeerProgram], workloads: Sequence[Workload], cell: Cell) -> str:
    rows = [["", *(peer.title for peer in peers)], ["---", *("---:" for _ in peers)]]
    rows += [
        [
            workload.title,
            *(cell(peer.name, workload.name) if figures.has(peer.name, workload.name) else "" for peer in peers),
        ]
        for workload in workloads
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
