"""The messages moved into partitions while programs read and write them.

As pg_repack does it: a trigger notes which messages change, one statement copies all, and what has changed meanwhile is
copied again, the last of it in the short transaction that puts the new table in the place of the old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg

from database_url import DatabaseUrl
from message_partitions import MessageTable, read_table
from prisma_engine.admin.session import quoted
from prisma_engine.namespace import Table
from steps import StepError, say, step

__all__ = ["are_partitioned", "connected", "partition"]

_Result = TypeVar("_Result")
_Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_TRIGGER: Final = "note_message_change"
_CHANGES: Final = "changed_messages"
_LOCK_PATIENCE: Final = "200ms"  # others wait behind who waits for a table: less than it takes to see a deadlock
_PAUSE: Final = 0.5  # seconds until a lock is asked for again; each time twice as many
_LONGEST_PAUSE: Final = 16.0
_BATCH: Final = 2_000  # changed messages that are copied in one transaction
_FEW: Final = 200  # so many may be left for the last one, which keeps everybody out
_ADVISORY: Final = 72707369  # Prisma's own: no migration is applied meanwhile
_IN_THE_WAY: Final = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ForeignKeyViolationError,  # a session was deleted after its message had been read
)

_IN_USE: Final = """
SELECT pid, to_char(xact_start, 'YYYY-MM-DD HH24:MI:SS TZ') AS since FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE relation = ANY ($1::text[]::regclass[]) AND granted AND datname = current_database() AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 1
"""
_IS_NOTED: Final = "SELECT to_regproc($1) IS NOT NULL"
_IS_PARTITIONED: Final = "SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass($1)"
_NOTE: Final = """
CREATE UNLOGGED TABLE {changes} (id text); -- NULL: all were truncated
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        INSERT INTO {changes} VALUES (OLD.{id});
    END IF;
    IF TG_OP IN ('UPDATE', 'INSERT') THEN
        INSERT INTO {changes} VALUES (NEW.{id});
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO {changes} VALUES (NULL);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}();
CREATE TRIGGER {trigger}_of_all AFTER TRUNCATE ON {table} EXECUTE FUNCTION {trigger}();
"""
_FORGET: Final = """
DROP FUNCTION {trigger}() CASCADE;
DROP TABLE IF EXISTS {new}, {changes};
"""
_TAKE: Final = """
DELETE FROM {changes} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {changes} LIMIT $1)) RETURNING id
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[_Connection]:
    """A connection for the block, in the schema of the URL."""
    parsed = DatabaseUrl.parse(url)
    [schema] = parse_qs(urlsplit(url).query).get("schema", ["public"])
    connection = await asyncpg.connect(parsed.connection_string(parsed.database))
    try:
        await connection.execute("SELECT set_config('search_path', quote_ident($1), false)", schema)
        yield connection
    finally:
        await connection.close()


async def are_partitioned(connection: _Connection, table: Table) -> bool:
    """Whether the messages are in partitions."""
    return bool(await connection.fetchval(_IS_PARTITIONED, quoted(table.name)))


async def partition(connection: _Connection, table: Table) -> None:
    """Put the messages into partitions, all or none. Errors: StepError for what partitions cannot keep."""
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _ADVISORY):
        raise StepError("another command changes this database: wait for its end")
    move = _Move(connection, await read_table(connection, table, ours=_TRIGGER))
    await move.forget()  # what an interrupted run has left
    try:
        await move.run()
    except BaseException:
        if not connection.is_closed():
            await move.forget()
        raise


class _Move:
    """A table of messages on its way into partitions."""

    def __init__(self, connection: _Connection, messages: MessageTable) -> None:
        self._connection = connection
        self._messages = messages

    async def run(self) -> None:
        """Copy everything, then swap the tables."""
        with step("note what changes"):
            await self._patiently(lambda: self._execute(self._named(_NOTE), *self._messages.create()))
        with step("copy the messages and index them"):
            await self._execute(self._messages.copy(), *self._messages.index())
            await self._execute(f"VACUUM (ANALYZE) {self._messages.new}")
        with step("check which sessions they are in"):
            await self._refer()
        with step("swap the tables"):
            await self._catch_up()
            await self._patiently(self._swap, between=self._catch_up)

    async def forget(self) -> None:
        """Remove what a run has made before the swap, where the function of its trigger says that there was one."""
        if await self._connection.fetchval(_IS_NOTED, _TRIGGER):
            await self._patiently(lambda: self._execute(self._named(_FORGET)))

    async def _refer(self) -> None:
        """Give the new table its foreign keys: each partition first, where those that are there are checked later.

        A check reads everything, but keeps nobody from writing. The table takes over what its partitions have.
        """
        each = [(part, key) for part in self._messages.partitions for key in self._messages.foreign_keys]
        unchecked = [f"{self._messages.add_key(part, key)} NOT VALID" for part, key in each]
        await self._patiently(lambda: self._execute(*unchecked))
        await self._catch_up()  # until here, a session could be deleted without its copied messages
        await self._execute(*(f"ALTER TABLE {part} VALIDATE CONSTRAINT {quoted(key.name)}" for part, key in each))
        await self._patiently(lambda: self._execute(*self._messages.refer()))

    async def _catch_up(self) -> None:
        """Copy what has changed, until little is left."""
        taken = _BATCH
        while taken > _FEW:
            taken = await self._patiently(self._copy_changed)

    async def _copy_changed(self) -> int:
        """Copy some of what has changed once more, and return how many notes there were of it."""
        ids = [row[0] for row in await self._connection.fetch(self._named(_TAKE), _BATCH)]
        if None in ids:
            await self._execute(f"TRUNCATE {self._messages.new}", self._messages.copy())
        else:
            for work in (f"DELETE FROM {self._messages.new}", self._messages.copy()):  # noqa: S608  # names, in SQL
                await self._connection.execute(f"{work} WHERE {quoted(self._messages.id)} = ANY ($1)", ids)
        return len(ids)

    async def _swap(self) -> None:
        tables = ", ".join([self._messages.sql, *self._messages.referenced])
        await self._execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE")
        while await self._copy_changed():
            pass
        await self._execute(*self._messages.swap(), f"DROP TABLE {_CHANGES}", f"DROP FUNCTION {_TRIGGER}()")

    async def _patiently(
        self, work: Callable[[], Awaitable[_Result]], *, between: Callable[[], Awaitable[object]] | None = None
    ) -> _Result:
        """Do something in a short transaction, again and again until nobody is in its way."""
        pause = _PAUSE
        while True:
            try:
                return await _to_the_end(self._in_short_transaction(work))
            except _IN_THE_WAY:
                if pause == _PAUSE:
                    await self._say_who_is_in_the_way()
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            if between is not None:
                await between()

    async def _in_short_transaction(self, work: Callable[[], Awaitable[_Result]]) -> _Result:
        async with self._connection.transaction():
            await self._connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_PATIENCE}'")
            return await work()

    async def _say_who_is_in_the_way(self) -> None:
        """Name the transaction that has used the tables for longest; there may be none any more."""
        found = await self._connection.fetchrow(_IN_USE, [self._messages.sql, *self._messages.referenced])
        if found is not None:
            since = f" since {found['since']}" if found["since"] else ""  # other users' times are for superusers
            say(f"    waiting for process {found['pid']} of the server, which is in a transaction{since}")

    async def _execute(self, *statements: str) -> None:
        for statement in statements:
            await self._connection.execute(statement)

    def _named(self, sql: str) -> str:
        return sql.format(
            table=self._messages.sql,
            new=self._messages.new,
            id=quoted(self._messages.id),
            changes=_CHANGES,
            trigger=_TRIGGER,
        )


async def _to_the_end(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do something wholly, also where we are cancelled meanwhile.

    asyncpg cannot use a connection again where a BEGIN or COMMIT was cancelled: it does not know what has come of it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
