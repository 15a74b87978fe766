"""A program that writes under load and tells, one line each, when a write begins, is acknowledged or has failed.

    crash_writer.py URL NAME

Several tasks write at once; none begins a write before it has told how its last one ended. The program ends when its
stdin closes. A line is an event, the write's key and the time on the machine's monotonic clock; of a failure, also
Prisma's code. The key begins with the kind of write, so that whoever reads it knows what has to be stored.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import count
from typing import Any, Final

from prisma import Json
from prisma.errors import PrismaError

from database import DatabaseService

TASKS: Final = 8
HOME: Final = "home"
"""The session of every message that has none of its own."""

BEGUN, ACKNOWLEDGED, FAILED = "begun", "acknowledged", "failed"

_PAUSE: Final = 0.02  # seconds after a failure, so that a server that is down costs no whole core


def messages(key: str, number: int) -> list[Any]:
    """The messages of a write."""
    return [{"content": f"{key} {n}", "role": "user", "sessionId": HOME} for n in range(number)]


async def _message(db: DatabaseService, key: str) -> None:
    await db.messages.create_message(content=f"{key} 0", role="user", session_id=HOME)


async def _nested(db: DatabaseService, key: str) -> None:
    data: Any = {
        "id": key,
        "messages": {"create": [{"content": f"{key} {n}", "role": "user"} for n in range(3)]},
        "characterFile": {"create": {"content": Json.keys(key=key)}},
    }
    await db.client.session.create(data=data)


async def _many(db: DatabaseService, key: str) -> None:
    plain, dated = messages(key, 20)[:10], messages(key, 20)[10:]
    for message in dated:
        message["createdAt"] = datetime.now(timezone.utc)  # other columns, so a statement of its own
    await db.client.message.create_many(data=[*plain, *dated])


async def _batch(db: DatabaseService, key: str) -> None:
    async with db.client.batch_() as batch:
        for message in messages(key, 3):
            batch.message.create(data=message)


async def _transaction(db: DatabaseService, key: str) -> None:
    async with db.transaction() as tx:
        for message in messages(key, 3):
            await tx.client.message.create(data=message)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of write: how to do it, and what is stored of it."""

    write: Callable[[DatabaseService, str], Awaitable[None]]
    messages: int
    others: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Kind]] = {
    "message": Kind(_message, 1),
    "nested": Kind(_nested, 3, ("session", "file")),
    "many": Kind(_many, 20),
    "batch": Kind(_batch, 3),
    "transaction": Kind(_transaction, 3),
}


def pieces(key: str) -> Sequence[str]:
    """What is stored of a write, in order: all of it, or nothing."""
    kind = KINDS[key.partition("-")[0]]
    return sorted([*(f"{key} {n}" for n in range(kind.messages)), *(f"{key} {other}" for other in kind.others)])


async def _write(db: DatabaseService, name: str, task: int, stopped: asyncio.Event) -> None:
    kinds = list(KINDS)
    for number in count(task):
        if stopped.is_set():
            return
        kind = kinds[number % len(kinds)]
        key = f"{kind}-{name}-{task}-{number}"
        _tell(BEGUN, key)
        try:
            await KINDS[kind].write(db, key)
        except PrismaError as error:
            _tell(FAILED, key, getattr(error, "code", None) or type(error).__name__)
            await asyncio.sleep(_PAUSE)
        else:
            _tell(ACKNOWLEDGED, key)


def _tell(event: str, key: str, *more: str) -> None:
    line = " ".join([event, key, f"{time.monotonic():.4f}", *more])
    os.write(sys.stdout.fileno(), f"{line}\n".encode())  # at once and whole, whatever happens to this process next


async def _main(url: str, name: str) -> None:
    stopped = asyncio.Event()
    async with DatabaseService(url=url) as db:
        tasks = [asyncio.ensure_future(_write(db, name, task, stopped)) for task in range(TASKS)]
        await asyncio.to_thread(sys.stdin.read)
        stopped.set()
        await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
