"""A server that is far away: the time of an operation as a multiple of a round trip's, which a proxy makes longer."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from harness.data import Data
from harness.figures import Figures
from harness.peers import BARE, PEERS, PeerProgram, running_peers
from harness.proxy import Proxy
from harness.rounds import rounds
from harness.server import Server
from harness.workloads import Workload

DELAYS: Final = (1, 5)  # milliseconds that a round trip takes more
_ROUNDS: Final = 2
_TRIPS: Final = 50
_BARE: Final = next(peer for peer in PEERS if peer.name == BARE)


async def measure_distance(
    programs: Sequence[PeerProgram],
    workloads: Sequence[Workload],
    server: Server,
    data: Data,
    figures: Figures,
    *,
    loop: str,
) -> None:
    """Time what a person waits for, by the peers that are not slow, over one connection each."""
    programs = [program for program in programs if program.every == 1]
    workloads = [workload for workload in workloads if workload.is_single]
    for delay in DELAYS:
        proxy = Proxy(server.host, server.port, delay=delay / 2_000)
        far = server.behind(await proxy.start())
        times = Figures()
        trips: list[int] = []
        async with running_peers([*programs, _BARE], far.url, loop=loop, connections=1) as [*peers, bare]:
            for number in range(_ROUNDS):
                trips += (await bare.ask("round_trip", [[]] * _TRIPS))["times"]
                await rounds(peers, workloads, data, numbers=[number], took_turn=times.add)
        for peer, workload in times.turns:
            figures.trips_worth[peer, workload, delay] = times.median_ms(peer, workload) * 1e6 / median(trips)
        proxy.stop()
