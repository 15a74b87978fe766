"""Search and activity among many messages: pages at every depth, and what their indexes cost a new message."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, Literal

import asyncpg

from database import DatabaseService
from harness.server import Server, create_database
from steps import say, step

SESSIONS: Final = 100_000
MESSAGES: Final = 2_000_000
_TURNS: Final = 9  # of a page
_ROUNDS: Final = 40  # of new messages
_NEW: Final = 50  # messages of a round
_DEPTHS: Final = (0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0)

Shape = Literal["in turn", "at random"]
"""Whether a session has its messages within hours, as chats do, or at any time of two years."""

_WORDS: Final[Mapping[str, str]] = {
    "common": "true",
    "quarter": "n % 4 = 0",
    "twentieth": "n % 20 = 0",
    "hundredth": "n % 100 = 0",
    "thousandth": "n % 1000 = 0",
    "rare": "n % 500000 = 7",
    "past": f"n BETWEEN {MESSAGES // 4} AND {MESSAGES // 2}",
}
"""Words, and which messages have them."""
_SEARCHES: Final = (*_WORDS, "common -quarter", "quarter thousandth", "nothing")

_ADD_SESSIONS: Final = f"""
INSERT INTO "Session"
SELECT 's' || n, timestamp '2024-01-01' + n * interval '10 minutes', now() FROM generate_series(0, {SESSIONS - 1}) n
"""
_PLACES: Final[Mapping[Shape, tuple[str, str]]] = {
    "in turn": (f"n / {MESSAGES // SESSIONS}", "(n / 20) * interval '10 minutes' + (n % 20) * interval '7 minutes'"),
    "at random": (f"floor(random() * {SESSIONS})", "n * interval '30 seconds'"),
}
_VOCABULARY: Final = """
CREATE TEMPORARY TABLE sentence AS
SELECT number, string_agg('w' || floor(20000 * random() ^ 3), ' ') AS text
FROM generate_series(0, 9999) number, generate_series(1, 15) GROUP BY 1
"""
_ADD_MESSAGES: Final = """
INSERT INTO "Message" (id, content, role, "createdAt", "sessionId")
SELECT 'm' || n, concat_ws(' ', a.text, b.text, {words}), 'user', timestamp '2024-01-01' + {time}, 's' || {session}
FROM generate_series(0, {count}) n
JOIN sentence a ON a.number = (n::bigint * 7919) % 10000
JOIN sentence b ON b.number = (n / 17) % 10000
"""
_BY_ACTIVITY: Final = 'SELECT "sessionId" FROM "Message" GROUP BY 1 ORDER BY max("createdAt") DESC, 1 DESC'


async def measure_large(server: Server) -> None:
    """Fill databases of the server, measure, and print tables."""
    for shape in _PLACES:
        url = await create_database(server, shape)
        with step(f"{MESSAGES:,} messages of {SESSIONS:,} sessions, {shape}"):
            await fill(url, shape)
        await activity_pages(url)
        if shape == "in turn":
            with step("index their words"):
                await _index_words(url)
            await search_pages(url)
    await new_messages({kind: await create_database(server, kind) for kind in _KINDS})


async def fill(url: str, shape: Shape) -> None:
    """Store the sessions and their messages."""
    session, when = _PLACES[shape]
    words = ", ".join(f"CASE WHEN {has} THEN '{word}' END" for word, has in _WORDS.items())
    names = {"words": words, "session": session, "time": when}
    connection = await asyncpg.connect(url)
    for sql in (_ADD_SESSIONS, _VOCABULARY, _ADD_MESSAGES.format(count=MESSAGES - 1, **names), "VACUUM (ANALYZE)"):
        await connection.execute(sql)
    await connection.close()


async def _index_words(url: str) -> None:
    async with DatabaseService(url) as db:
        await db.client.execute_raw(await db.messages.word_index_sql())


async def search_pages(url: str) -> None:
    """Print the time of the first page and of the tenth for each search. Units: milliseconds."""
    say(f"{'search':<22}{'first':>8}{'tenth':>8}")
    async with DatabaseService(url) as db:
        for words in _SEARCHES:
            found = await db.messages.search_messages(words, by="words", limit=450)
            after = found[-1] if found else None
            search = partial(db.messages.search_messages, words, by="words")
            first, tenth = await _time_of(search), await _time_of(partial(search, after=after))
            say(f"{words:<22}{first:8.1f}{tenth:8.1f}")


async def activity_pages(url: str) -> None:
    """Print the time of a page at each depth of the list by activity. Units: milliseconds."""
    connection = await asyncpg.connect(url)
    ids = [row[0] for row in await connection.fetch(_BY_ACTIVITY)]
    await connection.close()
    say(f"{'sessions before':<22}{'page':>8}")
    async with DatabaseService(url) as db:
        for depth in _DEPTHS:
            place = min(int(depth * len(ids)), len(ids) - 1)
            after = await db.sessions.get_session_by_id(ids[place])
            page = await _time_of(partial(db.sessions.list_sessions, after=after, order="activity"))
            say(f"{place:<22,}{page:8.1f}")


async def _time_of(call: Callable[[], Awaitable[object]]) -> float:
    """The median time of a call that was made before. Units: milliseconds."""
    await call()
    times = []
    for _ in range(_TURNS):
        started = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started)
    return median(times) * 1_000


_WITHOUT: Final = "no activity"
_KINDS: Final = (_WITHOUT, "activity", "activity and words")


async def new_messages(urls: Mapping[str, str]) -> None:
    """Print what a new message costs with the indexes, divided by what it costs without; they take turns."""
    async with AsyncExitStack() as stack:
        writers = [await stack.enter_async_context(_Writer(kind, url)) for kind, url in urls.items()]
        rounds = [await _round(writers, number) for number in range(_ROUNDS + 1)][1:]  # the first one warms up
    base = writers[0].kind
    say(f"{'create_message with':<22}{'time':>8}{'client':>8}{'server':>8}   (÷ {base})")
    for writer in writers:
        costs = [
            median(costs[writer.kind][part] / costs[base][part] for costs in rounds) for part in range(len(_PARTS))
        ]
        say(f"{writer.kind:<22}" + "".join(f"{cost:8.3f}" for cost in costs))


_PARTS: Final = ("time", "CPU time of the client", "CPU time of the server")
Costs = tuple[float, float, float]


async def _round(writers: Sequence[_Writer], number: int) -> Mapping[str, Costs]:
    first = number % len(writers)
    return {writer.kind: await writer.write() for writer in [*writers[first:], *writers[:first]]}


class _Writer:
    """Stores messages in a database with some of the indexes, over one connection."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind = kind
        self._db = DatabaseService(f"{url}?connection_limit=1")

    async def __aenter__(self) -> _Writer:
        await self._db.connect()
        if self.kind == _WITHOUT:
            await self._db.client.execute_raw('DROP INDEX "Message_createdAt_sessionId_idx"')
        if self.kind.endswith("words"):
            await self._db.client.execute_raw(await self._db.messages.word_index_sql())
        self._session = await self._db.sessions.create_session()
        [row] = await self._db.client.query_raw("SELECT pg_backend_pid() AS pid")
        self._backend = Path(f"/proc/{row['pid']}/schedstat")
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._db.disconnect()

    async def write(self) -> Costs:
        """Store some messages, and return what they took of each part. Units: seconds."""
        before = self._clocks()
        for number in range(_NEW):
            words = f"This is what somebody said at {datetime.now(timezone.utc)}, as number {number} of many."
            await self._db.messages.create_message(content=words, role="user", session_id=self._session.id)
        started, client, server = before
        now, client_now, server_now = self._clocks()
        return now - started, client_now - client, server_now - server

    def _clocks(self) -> Costs:
        nanoseconds = int(self._backend.read_text(encoding="ascii").split()[0])
        return time.perf_counter(), time.process_time(), nanoseconds / 1e9
