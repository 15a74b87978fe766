"""Copies of databases for tests: one after the other uses the same, as long as nothing but rows has changed in it.

Making a copy, dropping it and connecting to it for the first time costs five times as much as looking and emptying it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg
import pytest_asyncio

from fix_postgres import EMPTYING, Server

_SETTINGS: Final = {"application_name": EMPTYING, "session_replication_role": "replica"}  # no trigger, no foreign key
_LIKE_NEW: Final = 10
"""So many pages may a table without statistics have for the planner to plan as if it were new."""

_CATALOGS: Final = """
SELECT relname FROM pg_class
WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r' AND NOT relisshared ORDER BY relname
"""
_TABLES: Final = "FROM pg_class WHERE relkind = 'r' AND oid >= 16384"  # those below are PostgreSQL's own
_WRITTEN: Final = f"""
SELECT oid::regclass::text, pg_relation_size(oid) > {_LIKE_NEW} * current_setting('block_size')::int {_TABLES}
AND pg_relation_size(oid) > 0
"""
_RESTART: Final = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
_AROUND: Final = (
    "SELECT count(*), NULL FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "SELECT count(*), NULL FROM pg_prepared_xacts WHERE database = current_database()",
    "SELECT count(*), NULL FROM pg_db_role_setting JOIN pg_database d ON setdatabase = d.oid"
    " WHERE datname = current_database()",
    "SELECT count(*), NULL FROM pg_database WHERE datname = current_database()"
    " AND datconnlimit = -1 AND datacl IS NULL AND datdba = current_user::regrole",
    f"SELECT sum(reltuples + relpages), NULL {_TABLES}",  # what VACUUM writes in place
)
"""What is of a database elsewhere, and is not told by its catalogs: who uses it, how it is set up, its statistics."""

_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class State:
    """What a database has beside its rows, as a question and its answer: how many rows of catalogs, and no new one."""

    question: str
    answer: list[asyncpg.Record]

    @classmethod
    async def of(cls, connection: _Connection) -> State:
        """The state now, which nobody changes meanwhile."""
        now = await connection.fetchval("SELECT pg_current_xact_id()::xid")
        catalogs = [str(row["relname"]) for row in await connection.fetch(_CATALOGS)]
        newer = f"bool_or(age(xmin) < age('{now}'::xid))"
        question = " UNION ALL ".join([*(f"SELECT count(*), {newer} FROM {name}" for name in catalogs), *_AROUND])
        return cls(question, await connection.fetch(question))

    async def is_of(self, connection: _Connection) -> bool:
        """Whether a copy has it; then its rows are all that may differ."""
        return await connection.fetch(self.question) == self.answer


@dataclass(slots=True)
class _Copy:
    name: str
    inside: _Connection | None = None  # of ours; a copy has none before it is used for the first time


class Copies:
    """Lends copies of databases that have no rows."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._states: dict[str, State] = {}
        self._spare: defaultdict[str, list[_Copy]] = defaultdict(list)

    @asynccontextmanager
    async def lend(self, template: str) -> AsyncIterator[str]:
        """The URL of a database like the template, which is no other's meanwhile."""
        state = self._states.get(template) or await self._look_at(template)
        spare = self._spare[template]
        copy = spare.pop() if spare else _Copy(await self._server.create(template=template))
        yield self._server.url(copy.name)
        if await self._is_emptied(copy, state):
            spare.append(copy)
        else:
            await self._drop(copy)

    async def close(self) -> None:
        """Drop all that are not lent."""
        for spare in self._spare.values():
            for copy in spare:
                await self._drop(copy)

    async def _look_at(self, template: str) -> State:
        connection = await self._server.connect(template)
        try:
            assert not await connection.fetch(_WRITTEN), "a copy would be emptied of these rows, too"
            state = self._states[template] = await State.of(connection)
            return state
        finally:
            await connection.close()

    async def _is_emptied(self, copy: _Copy, state: State) -> bool:
        """Whether a copy is as good as new again; not where anybody is in it, or anything but rows has changed."""
        try:
            inside = copy.inside = copy.inside or await self._server.connect(copy.name, **_SETTINGS)
            if not await state.is_of(inside):
                return False
            written = await inside.fetch(_WRITTEN)
            await inside.execute("".join(f"DELETE FROM {table};" for table, _ in written) + _RESTART)
            return not any(is_large for _, is_large in written)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # whatever a test has done to it
            return False

    async def _drop(self, copy: _Copy) -> None:
        if copy.inside is not None:
            copy.inside.terminate()
        await self._server.drop(copy.name)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def copies(administrator: Server) -> AsyncIterator[Copies]:
    """The copies of this worker."""
    made = Copies(administrator)
    yield made
    await made.close()
