"""The data that the workloads work on, made and removed by SQL of the harness's own."""

from __future__ import annotations

import json
import uuid
from typing import Final

import asyncpg
from typing_extensions import Self

from harness.workloads import CHARACTER, LONG, MIDDLE, SHORT, TEXT, Workload
from steps import StepError

SESSIONS: Final = 2_000  # of others
MESSAGES: Final = 100_000  # in these, 50 in each

_ADD_SESSIONS: Final = 'INSERT INTO "Session" (id, "updatedAt") SELECT id, now() FROM unnest($1::text[]) AS id'
_ADD_MESSAGES: Final = (
    'INSERT INTO "Message" (id, content, role, "createdAt", "sessionId") '
    "SELECT gen_random_uuid(), $3, 'user', now() - interval '1 day' + number * interval '1 ms', session "
    "FROM unnest($1::text[]) AS session, generate_series(1, $2) AS number"
)
_ADD_CHARACTER: Final = (
    'INSERT INTO "CharacterFile" (id, content, "updatedAt", "sessionId") VALUES (gen_random_uuid(), $1, now(), $2)'
)


_BACKGROUND: Final = "00000000-0000-4000-8000-"  # how the ids of the sessions of others begin
_ADD_BACKGROUND: Final = (
    """
    INSERT INTO "Session" (id, "createdAt", "updatedAt")
    SELECT $1 || lpad(number::text, 12, '0'), time, time
    FROM generate_series(1, $2::int) AS number, LATERAL (SELECT now() - number * interval '1 hour') AS at (time)
    """,
    """
    INSERT INTO "Message" (id, content, role, "createdAt", "sessionId")
    SELECT gen_random_uuid(), $2, 'user', "createdAt" + number * interval '1 minute', id
    FROM "Session", generate_series(1, $3::int) AS number WHERE id LIKE $1 || '%'
    """,
)


class Data:
    """A table full of other sessions, three permanent ones, and fresh ones for each turn."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection = connection
        self.permanent: dict[int, str] = {}

    @classmethod
    async def create(cls, url: str) -> Self:
        """Connect and make what is there all the time."""
        data = cls(await asyncpg.connect(url))
        await data._add_background()
        for size in (SHORT, MIDDLE, LONG):
            (data.permanent[size],) = await data.add(1, size)
        for session in data.permanent.values():
            await data._connection.execute(_ADD_CHARACTER, json.dumps(CHARACTER), session)
        await data.tidy()
        return data

    async def _add_background(self) -> None:
        """So many that the server plans as it does in production."""
        sessions, messages = _ADD_BACKGROUND
        await self._connection.execute(sessions, _BACKGROUND, SESSIONS)
        await self._connection.execute(messages, _BACKGROUND, TEXT, MESSAGES // SESSIONS)

    async def sessions_for(self, workload: Workload) -> list[str]:
        """The sessions that a peer gets for its turn."""
        if workload.reads:
            return [self.permanent[workload.reads]]
        return await self.add(workload.sessions, workload.messages)

    async def add(self, sessions: int, messages: int) -> list[str]:
        """Make sessions with so many messages each."""
        ids = [str(uuid.uuid4()) for _ in range(sessions)]
        async with self._connection.transaction():
            await self._connection.execute(_ADD_SESSIONS, ids)
            if messages:
                await self._connection.execute(_ADD_MESSAGES, ids, messages, TEXT)
        return ids

    async def check(self, workload: Workload, sessions: list[str]) -> None:
        """See that the peer stored what it was told to. Errors: StepError."""
        if workload.stored is not None:
            count = await self._connection.fetchval(workload.stored.sql, sessions)
            if count != workload.stored.count:
                raise StepError(f"{workload.name} left {count} rows where {workload.stored.count} should be")

    async def remove_fresh(self) -> None:
        """Delete everything but what is there all the time."""
        delete = "DELETE FROM \"Session\" WHERE id <> ALL($1) AND id NOT LIKE $2 || '%'"
        await self._connection.execute(delete, list(self.permanent.values()), _BACKGROUND)

    async def tidy(self) -> None:
        """Do autovacuum's work now, so that it does not disturb one peer and not another."""
        await self._connection.execute("VACUUM (ANALYZE)")

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()
