"""A program in which many tasks chat at once, and which tells what that cost: for test_load.

    chat_program.py URL NAME TURNS SESSION...

There is a task for each session that is named. A turn is what a chat application does: it stores the user's message,
reads the newest messages, stores the answer. Contents tell who wrote them: name, task, turn.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from database import DatabaseService

_STATM: Final = Path("/proc/self/statm")


def content(name: str, task: int, turn: int) -> str:
    """What both messages of a turn say."""
    return f"{name} {task} {turn}"


class Chat:
    """Turns of all tasks, and the longest of them."""

    def __init__(self, db: DatabaseService, name: str, sessions: Sequence[str]) -> None:
        self._db = db
        self._name = name
        self._sessions = sessions
        self.longest = 0.0

    async def turns(self, numbers: range) -> int:
        """Let all tasks make these turns; returns how many bytes of memory the process has then."""
        await asyncio.gather(*(self._task(task, numbers) for task in range(len(self._sessions))))
        gc.collect()
        return _resident()

    async def _task(self, task: int, numbers: range) -> None:
        session, messages = self._sessions[task], self._db.messages
        for number in numbers:
            began = perf_counter()
            text = content(self._name, task, number)
            await messages.create_message(content=text, role="user", session_id=session)
            newest = await self._db.client.message.find_many(
                where={"sessionId": session}, order=[{"createdAt": "desc"}, {"id": "desc"}], take=20
            )
            if not newest:
                raise AssertionError(f"the message {text!r} is not there")
            await messages.create_message(content=text, role="assistant", session_id=session)
            self.longest = max(self.longest, perf_counter() - began)


def _resident() -> int:
    if _STATM.exists():
        return int(_STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: the most until now, in bytes


async def _main(url: str, name: str, turns: int, sessions: Sequence[str]) -> None:
    began = perf_counter()
    warm_up = max(1, turns // 10)
    async with DatabaseService(url=url) as db:
        chat = Chat(db, name, sessions)
        warm = await chat.turns(range(warm_up))
        used = await chat.turns(range(warm_up, turns))
    print(  # noqa: T201  # to the test
        json.dumps({"grown": used - warm, "used": used, "longest": chat.longest, "seconds": perf_counter() - began})
    )


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]))
