"""Round trips of an operation, counted by a proxy in a pass of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.data import Data
from harness.figures import Figures
from harness.peers import PeerProgram, running_peer
from harness.proxy import Proxy
from harness.rounds import sessions_for, turn, work
from harness.server import Server
from harness.workloads import Workload

_WARM_UP: Final = 2  # statements are prepared in the first turn, on some libraries in the sixth operation


async def count_round_trips(
    programs: Sequence[PeerProgram],
    workloads: Sequence[Workload],
    server: Server,
    data: Data,
    figures: Figures,
    *,
    loop: str,
) -> None:
    """Count each peer's round trips of each workload."""
    for program in programs:
        proxy = Proxy(server.host, server.port)
        port = await proxy.start()
        async with running_peer(program, server.behind(port).url, loop=loop, connections=1) as peer:
            for workload in workloads:
                if workload.is_throughput or not program.does(workload):
                    continue
                for _ in range(_WARM_UP):
                    await turn(peer, workload, data)
                sessions = await sessions_for(peer, workload, data)
                before = proxy.round_trips
                answer = await work(peer, workload, data, sessions)
                figures.round_trips[program.name, workload.name] = (proxy.round_trips - before) / len(answer["times"])
        proxy.stop()
        await data.remove_fresh()
