"""The connection pool: one per event loop, opened on first use, closed by `close` or with its loop."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, MutableMapping
from time import perf_counter
from types import TracebackType
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.health import Stats
from prisma_engine.metrics import Metrics
from prisma_engine.postgres.connection import PostgresConnection, open_connection
from prisma_engine.postgres.url import Settings
from prisma_engine.postgres.watch import Watch

__all__ = ["PostgresDatabase"]

_TRUSTED_IDLE: Final = 30.0  # seconds; firewalls and servers drop silent connections, rarely before a minute
_RESET_TIMEOUT: Final = 5.0  # seconds; opening a new connection is faster than waiting for one that is stuck
_CLOSE_TIMEOUT: Final = 2.0  # seconds that `close` waits for lent connections, and again for goodbyes
_SHUTDOWN_TURNS: Final = 3  # of the loop: it closes a socket one turn after it was told, one more with TLS

_Loop = asyncio.AbstractEventLoop


class PostgresDatabase:
    """Lends connections to a PostgreSQL database.

    asyncpg's own pool asks the server to reset the session on every release, a whole round trip, and wraps acquire and
    release in tasks and timers. This engine controls what it leaves on a connection, so lending an idle one is a look
    into a deque; only connections that come back in an unknown state are reset, in the background.
    """

    def __init__(self, settings: Settings, metrics: Metrics | None = None, *, log_queries: bool = False) -> None:
        self._settings = settings
        self._watch = Watch(metrics or Metrics(), log_queries=log_queries)
        self._pools: dict[_Loop, _Pool] = {}
        self._closed = False
        # a database that is dropped without close() leaves its pools to their loops
        weakref.finalize(self, _abandon, self._pools).atexit = False

    def __repr__(self) -> str:
        stats = self.stats()
        state = "closed" if self._closed else f"pool={stats.busy}/{stats.limit} waiting={stats.waiting}"
        return f"<PostgresDatabase {self._settings.redacted} {state}>"

    async def connect(self) -> None:
        """Open a connection now, to learn early that the database cannot be used. Errors: as `acquire`."""
        async with self.acquire():
            pass

    def acquire(self) -> _Lease:
        """Lend a connection for the block.

        Errors: P1000, P1001, P1003, P1010, P1011 on connecting; P2024 when the pool stays exhausted.
        """
        return _Lease(self, self._pool())

    async def close(self) -> None:
        """Close all connections; whoever holds one may finish within a short time. The database stays closed."""
        self._closed = True
        running = asyncio.get_running_loop()
        own = self._pools.pop(running, None)
        _abandon(self._pools)
        if own is not None:
            await own.close()

    def terminate(self) -> None:
        """Cut every connection, without waiting; the database stays closed."""
        self._closed = True
        _abandon(self._pools)

    def stats(self) -> Stats:
        """How many connections there are now, and who waits for one."""
        pools = list(self._pools.values())
        return Stats(
            open=sum(pool.open for pool in pools),
            idle=sum(pool.idle for pool in pools),
            busy=sum(pool.open - pool.idle for pool in pools),
            waiting=sum(pool.waiting for pool in pools),
            limit=self._settings.connection_limit,
        )

    def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        return pool if pool is not None else self._new_pool(loop)

    def _new_pool(self, loop: _Loop) -> _Pool:
        if self._closed:
            raise _closed()
        for finished in [known for known in self._pools if known.is_closed()]:
            del self._pools[finished]
        pool = self._pools[loop] = _Pool(self._settings, self._watch, loop, self._pools)
        return pool


def _closed() -> UserFacingError:
    return UserFacingError(None, "The database connections have been closed; open a new client to go on.")


def _abandon(pools: MutableMapping[_Loop, _Pool]) -> None:
    """Hang up all connections of these pools, each in the thread of its loop."""
    while pools:
        loop, pool = pools.popitem()
        with contextlib.suppress(RuntimeError):  # the loop is closed, and its sockets with it
            loop.call_soon_threadsafe(pool.terminate)


class _Lease:
    """The context manager that lends one connection; meanwhile the database may not be collected as garbage."""

    __slots__ = ("_connection", "_database", "_pool")

    def __init__(self, database: PostgresDatabase, pool: _Pool) -> None:
        self._database = database
        self._pool = pool

    async def __aenter__(self) -> PostgresConnection:
        began = perf_counter()
        self._connection = await self._pool.take()
        self._pool.metrics.waits.observe((perf_counter() - began) * 1000)
        return self._connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = error is not None and not isinstance(error, Exception)
        self._pool.give_back(self._connection, interrupted=interrupted)


class _Pool:
    """The connections of one event loop; all methods run in that loop's thread."""

    def __init__(self, settings: Settings, watch: Watch, loop: _Loop, registry: MutableMapping[_Loop, _Pool]) -> None:
        self._settings = settings
        self._watch = watch
        self.metrics = watch.metrics
        self._loop = loop
        self._taken = 0  # slots in use: open connections and those being opened
        self._connections: set[PostgresConnection] = set()
        self._idle: deque[PostgresConnection] = deque()
        # who waits, in order; the result is a connection, or None for a slot to open one in
        self._waiters: OrderedDict[asyncio.Future[PostgresConnection | None], None] = OrderedDict()
        self._resets: set[asyncio.Task[None]] = set()
        self._all_back: asyncio.Future[None] | None = None
        self._closed = False
        self._guardian = _guard(self, loop, registry)
        # the first step runs up to the yield and tells the loop to close the generator when it shuts down
        with contextlib.suppress(StopIteration):
            self._guardian.__anext__().send(None)

    @property
    def open(self) -> int:
        """Open connections, idle or lent."""
        return len(self._connections)

    @property
    def idle(self) -> int:
        """Connections that nobody holds."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """Tasks that wait for a connection."""
        return len(self._waiters)

    async def take(self) -> PostgresConnection:
        """Lend an idle connection, or open one, or wait for one."""
        while self._idle:
            connection = self._idle.pop()
            if await self._is_usable(connection):
                return connection
        if self._closed:
            raise _closed()
        if self._taken < self._settings.connection_limit:
            self._taken += 1
            return await self._open()
        return await self._wait() or await self._open()

    def give_back(self, connection: PostgresConnection, *, interrupted: bool) -> None:
        """Take a connection back; one in an unknown state is reset first, in the background."""
        if self._closed or connection.is_closed or self._is_old(connection):
            self._discard(connection)
        elif interrupted or connection.in_transaction or not connection.is_settled:
            task = self._loop.create_task(self._recycle(connection))
            self._resets.add(task)
            task.add_done_callback(self._resets.discard)
        else:
            self._grant(connection)

    async def close(self) -> None:
        """Refuse whoever waits, let the holders finish for a short time, then close everything."""
        self._closed = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(_closed())
        idle = list(self._idle)
        self._idle.clear()
        await asyncio.gather(*(connection.close(timeout=_CLOSE_TIMEOUT) for connection in idle))
        for connection in idle:
            self._discard(connection)
        await self._wait_for_holders()
        await self._guardian.aclose()

    def terminate(self) -> None:
        """Hang up all connections at once."""
        self._closed = True
        self._idle.clear()
        for connection in list(self._connections):
            self._discard(connection)
        for task in self._resets:
            task.cancel()

    async def vanish(self) -> None:
        """Hang up all connections and wait until nothing of them is left in the loop."""
        self.terminate()
        if self._resets:
            await asyncio.wait(self._resets)
        for _ in range(_SHUTDOWN_TURNS):
            await asyncio.sleep(0)

    async def _is_usable(self, connection: PostgresConnection) -> bool:
        idle_for = self._loop.time() - connection.idle_since
        longest = self._settings.max_idle_connection_lifetime
        if connection.is_closed or self._is_old(connection) or (longest is not None and idle_for > longest):
            self._discard(connection)
            return False
        return idle_for <= _TRUSTED_IDLE or await self._is_reset(connection)

    def _is_old(self, connection: PostgresConnection) -> bool:
        longest = self._settings.max_connection_lifetime
        return longest is not None and self._loop.time() - connection.opened_at > longest

    async def _is_reset(self, connection: PostgresConnection) -> bool:
        """Whether the connection answers and is in its initial state now; if not, it is discarded."""
        try:
            await asyncio.wait_for(connection.reset(), _RESET_TIMEOUT)
        except (UserFacingError, asyncio.TimeoutError):
            self._discard(connection)
            return False
        except BaseException:
            self._discard(connection)
            raise
        return True

    async def _recycle(self, connection: PostgresConnection) -> None:
        if await self._is_reset(connection):
            self.give_back(connection, interrupted=False)

    async def _open(self) -> PostgresConnection:
        """Open a connection in a slot that the caller has taken."""
        try:
            connection = await open_connection(self._settings, self._watch)
        except BaseException:
            self._free_slot()
            raise
        self._connections.add(connection)
        self.metrics.opened += 1
        if self._closed:
            self._discard(connection)
            raise _closed()
        return connection

    async def _wait(self) -> PostgresConnection | None:
        waiter: asyncio.Future[PostgresConnection | None] = self._loop.create_future()
        self._waiters[waiter] = None
        timeout = self._settings.pool_timeout
        timer = self._loop.call_later(timeout, self._expire, waiter) if timeout is not None else None
        try:
            return await waiter
        except BaseException:
            self._pass_on(waiter)
            raise
        finally:
            self._waiters.pop(waiter, None)
            if timer is not None:
                timer.cancel()

    def _expire(self, waiter: asyncio.Future[PostgresConnection | None]) -> None:
        if not waiter.done():
            waiter.set_exception(_exhausted(self._settings))

    def _pass_on(self, waiter: asyncio.Future[PostgresConnection | None]) -> None:
        """Give what a cancelled waiter was granted, but never saw, to the next one."""
        if not waiter.done() or waiter.cancelled() or waiter.exception() is not None:
            return
        connection = waiter.result()
        if connection is None:
            self._free_slot()
        else:
            self.give_back(connection, interrupted=False)

    def _grant(self, connection: PostgresConnection) -> None:
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_result(connection)
            return
        connection.idle_since = self._loop.time()
        self._idle.append(connection)
        self._drop_unused()

    def _drop_unused(self) -> None:
        """Discard what lies idle longest if it has been idle too long; the last in is the first out, so it may."""
        longest = self._settings.max_idle_connection_lifetime
        while longest is not None and self._loop.time() - self._idle[0].idle_since > longest:
            self._discard(self._idle.popleft())

    def _next_waiter(self) -> asyncio.Future[PostgresConnection | None] | None:
        while self._waiters:
            waiter, _ = self._waiters.popitem(last=False)
            if not waiter.done():
                return waiter
        return None

    def _discard(self, connection: PostgresConnection) -> None:
        connection.terminate()
        if connection in self._connections:
            self._connections.remove(connection)
            self.metrics.closed += 1
            self._free_slot()

    def _free_slot(self) -> None:
        waiter = None if self._closed else self._next_waiter()
        if waiter is not None:
            waiter.set_result(None)
            return
        self._taken -= 1
        if self._taken == 0 and self._all_back is not None and not self._all_back.done():
            self._all_back.set_result(None)

    async def _wait_for_holders(self) -> None:
        if self._taken == 0:
            return
        self._all_back = self._loop.create_future()
        await asyncio.wait([self._all_back], timeout=_CLOSE_TIMEOUT)


async def _guard(pool: _Pool, loop: _Loop, registry: MutableMapping[_Loop, _Pool]) -> AsyncGenerator[None, None]:
    """Hang up the pool's connections when the loop closes its asynchronous generators, which is when it shuts down."""
    try:
        yield
    finally:
        registry.pop(loop, None)
        await pool.vanish()


def _exhausted(settings: Settings) -> UserFacingError:
    timeout = settings.pool_timeout
    shown = int(timeout) if timeout is not None and timeout == int(timeout) else timeout
    return UserFacingError(
        "P2024",
        "Timed out fetching a new connection from the connection pool. More info: http://pris.ly/d/connection-pool"
        f" (Current connection pool timeout: {shown}, connection limit: {settings.connection_limit})",
        {"connection_limit": settings.connection_limit, "timeout": shown},
    )
