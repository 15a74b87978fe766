"""Many rows of which each leaves out other optional fields, beside as many that are alike."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import asyncpg

from harness.peers import RunningPeer, footprint_peer, running_peer
from harness.server import Server
from harness.sized_clients import generated_clients, schema_with
from harness.turns import Turn, ratio, take_turns

_ROWS: Final = 1_000
_ROUNDS: Final = 15
_MODEL: Final = """
model Loose {
  id    String   @id @default(uuid())
  name  String
  title String?
  size  Int?
  share Float?
  done  Boolean?
  count Int      @default(0)
}
"""
_CREATE: Final = """
CREATE TABLE "Loose" (
  id text PRIMARY KEY, name text NOT NULL, title text, size integer, share double precision, done boolean,
  count integer NOT NULL DEFAULT 0
)
"""
_WHOLE: Final = {"name": "Ada", "title": "Countess", "size": 7, "share": 0.5, "done": True, "count": 3}
_OPTIONAL: Final = tuple(field for field in _WHOLE if field != "name")

Row = dict[str, Any]


def loose_rows() -> list[Row]:
    """Rows without some of their optional fields, at random, and the same at each call."""
    chance = random.Random(1)  # noqa: S311  # nothing secret
    return [
        {field: value for field, value in _WHOLE.items() if field not in _OPTIONAL or chance.random() < 0.5}
        for _ in range(_ROWS)
    ]


async def time_of_loose_rows(server: Server, *, loop: str) -> float:
    """The time of a create_many of such rows, divided by that of equal ones."""
    async with _client(server, loop=loop) as peer:
        return ratio(await take_turns(_turns(peer), rounds=_ROUNDS))


async def instructions_of_loose_rows(server: Server, *, loop: str) -> float:
    """The Python bytecode instructions of the same, divided by those of equal ones."""
    async with _client(server, loop=loop) as peer:
        turns = _turns(peer)
        await take_turns(turns, rounds=1)  # what is done once only does not count
        loose, equal = [await peer.ask(turn.call, turn.arguments, instructions=True) for turn in turns]
    found: float = loose["instructions"] / equal["instructions"]
    return found


def _turns(peer: RunningPeer) -> list[Turn]:
    return [Turn(peer, "create_loose", [[rows]] * 2) for rows in (loose_rows(), [_WHOLE] * _ROWS)]


@asynccontextmanager
async def _client(server: Server, *, loop: str) -> AsyncIterator[RunningPeer]:
    """A client that has the table, and the table, which is gone afterwards."""
    async with AsyncExitStack() as stack:
        connection = await asyncpg.connect(server.url)
        stack.push_async_callback(connection.close)
        await connection.execute(_CREATE)
        stack.push_async_callback(connection.execute, 'DROP TABLE "Loose"')
        (folder,) = stack.enter_context(generated_clients(schema_with(_MODEL)))
        yield await stack.enter_async_context(
            running_peer(footprint_peer("ours_sized"), server.url, loop=loop, path=folder)
        )
