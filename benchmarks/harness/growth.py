"""Whether calls take as long among many millions of messages as among a hundred thousand."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from statistics import median, quantiles
from typing import Final

import asyncpg

from database import DatabaseService
from harness.limits import ratio_of_turns
from harness.server import Server, create_database
from harness.workloads import TEXT
from steps import StepError, say, step

BASE: Final = 100_000  # messages to compare with
MOST: Final = 1.2  # times as long
_EACH: Final = 50  # messages of a session
_LONG: Final = 100  # every so many messages, one belongs to the one session that is very long
_SAMPLE: Final = 200  # sessions that are asked for, at random
_ROUNDS: Final = 30
_OPERATIONS: Final = 20

_ADD: Final = (
    "SET session_replication_role = replica",  # the rows are right: no look-up of each message's session
    """
    INSERT INTO "Session" (id, "createdAt", "updatedAt")
    SELECT
        '00000000-0000-7000-8000-' || lpad(n::text, 12, '0'),
        timestamp '2024-01-01' + n * interval '5 minutes', now()
    FROM generate_series(0, {sessions} - 1) n
    """,
    """
    INSERT INTO "Message" (id, content, role, "createdAt", "sessionId")
    SELECT '00000000-0000-7000-9000-' || lpad(n::text, 12, '0'), '{text}', 'user',
        timestamp '2024-01-01' + n * interval '6 seconds',
        '00000000-0000-7000-8000-' || lpad((CASE WHEN n % {long} = 0 THEN 0 ELSE n / {each} END)::text, 12, '0')
    FROM generate_series(0, {messages} - 1) n
    """,
    "VACUUM (ANALYZE)",
)
_CHOOSE: Final = """
SELECT id FROM "Session" WHERE id <> '00000000-0000-7000-8000-000000000000' ORDER BY random() LIMIT $1
"""

Call = Callable[[DatabaseService, str], Awaitable[object]]

CALLS: Final[Mapping[str, Call]] = {
    "session by id": lambda db, session: db.sessions.get_session_by_id(session),
    "last 50 messages": lambda db, session: db.messages.get_last_messages(session, 50),
    "page of 20 messages": lambda db, session: db.messages.get_messages_by_session_id(session, limit=20),
    "create a message": lambda db, session: db.messages.create_message(content=TEXT, role="user", session_id=session),
    "list 50 sessions": lambda db, _: db.sessions.list_sessions(),
}


async def measure_growth(server: Server, size: int) -> None:
    """Print each call's time among so many messages and among few. Errors: StepError where one takes too long."""
    async with AsyncExitStack() as stack:
        large, base = [
            await stack.enter_async_context(Asked(*await filled(server, f"{messages} messages", messages)))
            for messages in (size, BASE)
        ]
        say(f"{'':<22}{BASE:>11,}{size:>13,}{'ratio':>8}")
        ratios = {name: await ratio(name, call, large, base) for name, call in CALLS.items()}
    slower = [name for name, found in ratios.items() if found > MOST]
    if slower:
        raise StepError(
            f"more than {MOST} times as long among {size:,} messages as among {BASE:,}: {', '.join(slower)}"
        )


class Asked:
    """A database over one connection, and sessions of it to ask for."""

    def __init__(self, url: str, sessions: Sequence[str]) -> None:
        self._sessions = sessions
        self._db = DatabaseService(f"{url}?connection_limit=1")

    async def __aenter__(self) -> Asked:
        await self._db.connect()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._db.disconnect()

    async def warm_up(self, call: Call) -> None:
        """Ask once for each session, so that all that is asked for later has been read."""
        for session in self._sessions:
            await call(self._db, session)

    async def time_of(self, call: Call) -> float:
        """The time that a quarter of some calls did not exceed: others wait for what else runs. Units: milliseconds."""
        return quantiles([await self.once(call) for _ in range(_OPERATIONS)], n=4)[0]

    async def once(self, call: Call) -> float:
        """The time of one call. Units: milliseconds."""
        session = random.choice(self._sessions)  # noqa: S311  # nothing secret
        started = time.perf_counter()
        await call(self._db, session)
        return (time.perf_counter() - started) * 1_000


async def filled(server: Server, name: str, messages: int) -> tuple[str, Sequence[str]]:
    """The URL of a new database with so many messages, and some of their sessions."""
    url = await create_database(server, name)
    with step(f"{messages:,} messages"):
        return url, await fill(url, messages)


async def fill(url: str, messages: int) -> Sequence[str]:
    """Store the messages in their sessions, and choose some of these."""
    connection = await asyncpg.connect(url)
    for sql in _ADD:
        count = {"sessions": messages // _EACH, "messages": messages, "each": _EACH, "long": _LONG, "text": TEXT}
        await connection.execute(sql.format(**count))
    chosen = [row[0] for row in await connection.fetch(_CHOOSE, _SAMPLE)]
    await connection.close()
    return chosen


async def ratio(name: str, call: Call, large: Asked, base: Asked) -> float:
    """How many times as long the call takes in the first database as in the other; prints it with its times."""
    for asked in (large, base):
        await asked.warm_up(call)
    rounds = [await _round(call, (large, base), number) for number in range(_ROUNDS)]
    in_large, in_base = zip(*rounds, strict=True)
    found = ratio_of_turns(in_large, in_base)
    say(f"{name:<22}{median(in_base):8.3f} ms{median(in_large):10.3f} ms{found:8.2f}")
    return found


async def _round(call: Call, asked: Sequence[Asked], number: int) -> list[float]:
    first = number % len(asked)
    times = {one: await one.time_of(call) for one in [*asked[first:], *asked[:first]]}
    return [times[one] for one in asked]
