"""The harness's command line; `make bench`, `make bench-check` and `make bench-large` call it."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from harness.arguments import parse, peers_for
from harness.chart import chart
from harness.check import Ratios, changes, measure_ratios
from harness.data import Data
from harness.distance import measure_distance
from harness.figures import Figures
from harness.footprint import measure_footprint
from harness.growth import measure_growth
from harness.large import measure_large
from harness.partitions import measure_partitions
from harness.peers import PeerProgram, running_peers
from harness.report import as_json, as_markdown, conditions
from harness.rounds import rounds
from harness.server import Server, running_server
from harness.wire import count_round_trips
from harness.workloads import WORKLOADS, Workload
from node import newest_node, version_of
from postgres_server import embedded_version
from steps import StepError, main, say, step

_BASELINE: Final = "baseline.json"
_WARM_UP_ROUNDS: Final = 3


async def _run(arguments: argparse.Namespace) -> None:
    programs = peers_for(arguments)
    workloads = [w for w in WORKLOADS if not arguments.workloads or w.name in arguments.workloads]
    is_whole = not arguments.peers and not arguments.workloads
    figures, footprint = Figures(), None
    async with running_server() as server:
        data = await Data.create(server.url)
        if arguments.rounds:
            await _compare(arguments, programs, workloads, server=server, data=data, figures=figures)
        if is_whole or arguments.footprint:
            footprint = await measure_footprint(server, data, loop=arguments.loop)
        await data.close()
    about = conditions(
        loop=arguments.loop, rounds=arguments.rounds, postgres=embedded_version(), node=_node_of(programs)
    )
    results = {
        "results.md": as_markdown(figures, programs, workloads, about, footprint),
        "results.json": json.dumps(as_json(figures, programs, workloads, about, footprint), indent=1) + "\n",
    }
    if arguments.rounds:
        results["chart.svg"] = chart(figures, programs, workloads)
    _write(arguments.results, results)
    if is_whole and arguments.rounds:
        await _store(arguments)


async def _compare(
    arguments: argparse.Namespace,
    programs: list[PeerProgram],
    workloads: list[Workload],
    *,
    server: Server,
    data: Data,
    figures: Figures,
) -> None:
    async with running_peers(programs, server.url, loop=arguments.loop) as peers:
        with step("warm up"):
            await rounds(peers, workloads, data, numbers=range(_WARM_UP_ROUNDS), took_turn=lambda _: None)
        with step(f"{arguments.rounds} rounds of {len(peers)} peers"):
            await rounds(peers, workloads, data, numbers=range(arguments.rounds), took_turn=figures.add)
    with step("count round trips"):
        await count_round_trips(programs, workloads, server, data, figures, loop=arguments.loop)
    with step("measure at a distance"):
        await measure_distance(programs, workloads, server, data, figures, loop=arguments.loop)


def _node_of(programs: Sequence[PeerProgram]) -> str:
    node = newest_node()
    return version_of(node) if node is not None and any(program.is_node for program in programs) else "none"


def _write(folder: Path, results: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in results.items():
        (folder / name).write_text(text, encoding="utf-8")
        say(f"wrote {folder / name}")


async def _measured(arguments: argparse.Namespace, baseline: Ratios | None = None) -> Ratios:
    async with running_server() as server:
        data = await Data.create(server.url)
        with step("measure beside hand-written code"):
            ratios = await measure_ratios(server, data, loop=arguments.loop, baseline=baseline)
        await data.close()
    return ratios


async def _store(arguments: argparse.Namespace) -> None:
    path = arguments.results / _BASELINE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(await _measured(arguments), indent=1) + "\n", encoding="utf-8")
    say(f"wrote {path}")


async def _check(arguments: argparse.Namespace) -> None:
    path = arguments.results / _BASELINE
    if not path.exists():
        raise StepError(f"there is no baseline {path}: run make bench first")
    baseline: Ratios = json.loads(path.read_text(encoding="utf-8"))
    found = changes(baseline, await _measured(arguments, baseline))
    for change in found:
        mark = "  WORSE" if change.is_worse else ""
        say(f"{change.workload:<30}{change.figure:<14}{change.before:8.2f} -> {change.now:8.2f}{mark}")
    worse = [f"{change.workload} ({change.figure})" for change in found if change.is_worse]
    if worse:
        raise StepError(f"worse by more than 25 % beside hand-written code than the baseline: {', '.join(worse)}")


async def _large(arguments: argparse.Namespace) -> None:
    async with running_server() as server:
        if arguments.partitions:
            await measure_partitions(server, arguments.partitions)
        elif arguments.size:
            await measure_growth(server, arguments.size)
        else:
            await measure_large(server)


_ACTIONS: Final = {"run": _run, "store": _store, "check": _check, "large": _large}


def _chosen() -> None:
    arguments = parse()
    asyncio.run(_ACTIONS[arguments.action](arguments))


if __name__ == "__main__":
    main(_chosen)
