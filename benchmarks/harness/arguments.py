"""The arguments of `make bench`, `make bench-check` and `make bench-large`, and the peers that they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from harness.peers import BENCHMARKS, CHECKED, PEERS, PeerProgram
from harness.workloads import WORKLOADS


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What a command line says; of this process, where none is given."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("action", choices=["run", "check", "store", "large"])
    parser.add_argument("--rounds", type=int, default=40, help="0 leaves only the footprint")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="uvloop", help="of every Python peer")
    parser.add_argument("--results", type=Path, default=BENCHMARKS / "results")
    parser.add_argument("--peers", nargs="*", choices=[peer.name for peer in PEERS], help="only these")
    parser.add_argument("--workloads", nargs="*", choices=[workload.name for workload in WORKLOADS], help="only these")
    parser.add_argument("--footprint", action="store_true", help="also with --peers or --workloads")
    parser.add_argument("--size", type=int, help="messages among which calls shall take as long as among 100,000")
    parser.add_argument("--partitions", type=int, help="messages to put into partitions while they are used")
    return parser.parse_args(arguments)


def peers_for(arguments: argparse.Namespace) -> list[PeerProgram]:
    """The peers that the action measures."""
    if arguments.action == "large":
        return []
    names = arguments.peers if arguments.action == "run" else CHECKED
    return [peer for peer in PEERS if not names or peer.name in names]
