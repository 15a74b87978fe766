"""Append to one session, then take from it, beside others who do: `together.py NAME`.

Each begins with a line of its input, so that all begin together.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

from agent_memory.history import History
from database import DatabaseService

TASKS: Final = 3
BATCHES: Final = 4
SIZE: Final = 3


async def append(history: History, name: str) -> None:
    for batch in range(BATCHES):
        await history.append(
            [{"role": "user", "content": json.dumps([name, batch, position])} for position in range(SIZE)]
        )


async def pop(history: History, _name: str) -> None:
    while (message := await history.pop()) is not None:
        sys.stdout.write(f"{message.content}\n")


async def main() -> None:
    async with DatabaseService() as db:
        history = History("together", db)
        for work in (append, pop):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            sys.stdin.readline()
            await asyncio.gather(*(work(history, f"{sys.argv[1]}{task}") for task in range(TASKS)))


asyncio.run(main())
