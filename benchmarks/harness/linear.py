"""Whether cost grows only with the rows: the same peers' protocol, and turns side by side, as for the workloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from harness.data import Data
from harness.limits import Parts, growth_of_a_row
from harness.peers import HAND_WRITTEN, PEERS, RunningPeer, footprint_peer, running_peer
from harness.server import Server
from harness.sized_clients import generated_clients, sized_schema
from harness.turns import Turn, ratio, take_turns, time_of
from harness.workloads import LONG, SHORT, TEXT

ROWS: Final = (100, 1_000, 10_000)
_OPERATIONS: Final = {100: 20, 1_000: 5, 10_000: 2}  # of a turn
_ROUNDS: Final = 9
_HOT_ROUNDS: Final = 25
_HOT_OPERATIONS: Final = 100
_OPERATIONS_OF_LAST: Final = 20
_FEW_SHAPES, _MANY_SHAPES = 10, 5_000
_FEW_MODELS, _MANY_MODELS = 3, 60
_LAST: Final = 20
_BY_HAND: Final = next(peer for peer in PEERS if peer.name == HAND_WRITTEN)


async def linear_cost(server: Server, data: Data, *, loop: str) -> tuple[Parts, Parts]:
    """Ratios by the names of their limits, and times of a row. Units: microseconds for the latter."""
    growing = footprint_peer("ours_growing")
    async with AsyncExitStack() as stack:
        few, many, by_hand = [
            await stack.enter_async_context(running_peer(program, server.url, loop=loop))
            for program in (growing, growing, _BY_HAND)
        ]
        read, written = await _rows_read(few, data), await _rows_written(few, data)
        details = _rows("this project", read, written)
        details |= _rows("hand-written", await _rows_read(by_hand, data), await _rows_written(by_hand, data))
        last, last_of_others = await _last_messages(few, data), await _last_messages(by_hand, data)
        shapes = await _shapes_seen(few, many, data)
    details["hand-written: last 20 of 10,000 messages, divided by of 50"] = last_of_others["last_messages"]
    ratios = {
        "rows_read": growth_of_a_row(read.instructions),
        "rows_written": growth_of_a_row(written.instructions),
        "shapes_seen": shapes,
    }
    return ratios | last | {"tables": await _tables(server, data, loop=loop)}, details


@dataclass(frozen=True, slots=True)
class Growing:
    """What one operation costs, by the number of its rows. Units: seconds, bytecode instructions."""

    times: Mapping[int, float]
    instructions: Mapping[int, float]


def _rows(peer: str, read: Growing, written: Growing) -> Parts:
    return {
        f"{peer}: {word} one of {rows:,}": growing.times[rows] / rows * 1e6
        for word, growing in (("read", read), ("write", written))
        for rows in ROWS
    }


async def _rows_read(peer: RunningPeer, data: Data) -> Growing:
    sessions = {rows: (await data.add(1, rows))[0] for rows in ROWS}
    await data.tidy()
    turns = [Turn(peer, "messages", [[sessions[rows]]] * _OPERATIONS[rows]) for rows in ROWS]
    growing = await _growing(turns)
    await data.remove_fresh()
    return growing


async def _rows_written(peer: RunningPeer, data: Data) -> Growing:
    (session,) = await data.add(1, 0)
    turns = [Turn(peer, "create_many", [[session, [TEXT] * rows]] * _OPERATIONS[rows]) for rows in ROWS]
    growing = await _growing(turns)
    await data.remove_fresh()
    await data.tidy()
    return growing


async def _growing(turns: Sequence[Turn]) -> Growing:
    answers = await take_turns(turns, rounds=_ROUNDS)
    counted = [await turn.peer.ask(turn.call, turn.arguments[:1], instructions=True) for turn in turns]
    return Growing(
        times={rows: median(map(time_of, found)) / 1e9 for rows, found in zip(ROWS, answers, strict=True)},
        instructions={rows: answer["instructions"] for rows, answer in zip(ROWS, counted, strict=True)},
    )


async def _last_messages(peer: RunningPeer, data: Data) -> Parts:
    calls = [[[data.permanent[size], _LAST]] * _OPERATIONS_OF_LAST for size in (LONG, SHORT)]
    answers = await take_turns([Turn(peer, "last_messages", entries) for entries in calls], rounds=_HOT_ROUNDS)
    counted = [await peer.ask("last_messages", entries, instructions=True) for entries in calls]
    return {
        "last_messages": ratio(answers),
        "last_messages_instructions": counted[0]["instructions"] / counted[1]["instructions"],
    }


async def _shapes_seen(few: RunningPeer, many: RunningPeer, data: Data) -> float:
    session = data.permanent[SHORT]
    await few.ask("see_shapes", [[session, _FEW_SHAPES]])
    await many.ask("see_shapes", [[session, _MANY_SHAPES]])
    return await _hot_ratio([many, few], session)


async def _tables(server: Server, data: Data, *, loop: str) -> float:
    with generated_clients(sized_schema(_MANY_MODELS), sized_schema(_FEW_MODELS)) as folders:
        async with AsyncExitStack() as stack:
            peers = [await stack.enter_async_context(_sized(server, folder, loop=loop)) for folder in folders]
            return await _hot_ratio(peers, data.permanent[SHORT])


def _sized(server: Server, folder: Path, *, loop: str) -> AbstractAsyncContextManager[RunningPeer]:
    return running_peer(footprint_peer("ours_sized"), server.url, loop=loop, path=folder)


async def _hot_ratio(peers: Sequence[RunningPeer], session: str) -> float:
    turns = [Turn(peer, "session_by_id", [[session]] * _HOT_OPERATIONS) for peer in peers]
    return ratio(await take_turns(turns, rounds=_HOT_ROUNDS))
