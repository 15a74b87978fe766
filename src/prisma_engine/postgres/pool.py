"""The connection pool: one per event loop, opened on first use, closed by `close` or with its loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import warnings
import weakref
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, MutableMapping
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from prisma_engine.errors import UserFacingError
from prisma_engine.health import Stats
from prisma_engine.metrics import Metrics
from prisma_engine.patience import OutOfTimeError, Patience, within
from prisma_engine.postgres.connection import PostgresConnection, open_connection
from prisma_engine.postgres.faults import closed
from prisma_engine.postgres.url import Settings
from prisma_engine.postgres.values import CANONICAL, Values
from prisma_engine.postgres.watch import Watch

if TYPE_CHECKING:
    from prisma_engine.telemetry import Telemetry

__all__ = ["Pool", "PostgresDatabase"]

_TRUSTED_IDLE: Final = 30.0  # seconds; firewalls and servers drop silent connections, rarely before a minute
_RESET_TIMEOUT: Final = 2.0  # seconds; opening a new connection is faster than waiting for one that is stuck
_CLOSE_TIMEOUT: Final = 2.0  # seconds that `close` waits for lent connections, and again for goodbyes
_FOR_WRITES: Final = frozenset({"read-write", "primary"})  # target_session_attrs
_SHUTDOWN_TURNS: Final = 3  # of the loop: it closes a socket one turn after it was told, one more with TLS

_Loop = asyncio.AbstractEventLoop
_Result = TypeVar("_Result")
_Waiter: TypeAlias = "asyncio.Future[PostgresConnection]"


_homes: Final[weakref.WeakKeyDictionary[_Loop, int]] = weakref.WeakKeyDictionary()
"""The process in which each event loop has got its first pool."""

_INHERITED: Final = (
    "This event loop has been used before the process was forked, and would read the answers that the parent waits for;"
    " start another one in the child, as `asyncio.run` does."
)


class PostgresDatabase:
    """Lends connections to a PostgreSQL database.

    asyncpg's own pool asks the server to reset the session on every release, a whole round trip, and wraps acquire and
    release in tasks and timers. This engine controls what it leaves on a connection, so lending an idle one is a look
    into a deque; only connections that come back in an unknown state are reset, in the background.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics | None = None,
        telemetry: Telemetry | None = None,
        *,
        values: Values = CANONICAL,
        log_queries: bool = False,
    ) -> None:
        self._settings = settings
        self._values = values
        self._watch = Watch(metrics or Metrics(), telemetry, log_queries=log_queries)
        self._pools: dict[_Loop, Pool] = {}
        self._closed = False
        self._finalizer = weakref.finalize(self, _drop, self._pools, settings.redacted)
        self._finalizer.atexit = False
        if telemetry is not None:
            telemetry.watch(self, f"{settings.address}/{settings.database}")

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
        return _Lease(self, self.pool())

    async def run(self, job: Callable[[PostgresConnection], Awaitable[_Result]]) -> _Result:
        """Lend a connection to a job: the same as `acquire`, in half of the time. Errors: as `acquire`; the job's."""
        pool = self.pool()
        connection = pool.take_free() or await pool.take()
        try:
            result = await job(connection)
        except BaseException as error:
            pool.give_back(connection, interrupted=not isinstance(error, Exception))
            raise
        pool.give_back(connection, interrupted=False)
        return result

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

    def drop(self) -> None:
        """The same, with a ResourceWarning if there was a connection; so does a database that nobody refers to."""
        self._closed = True
        self._finalizer()

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

    def pool(self) -> Pool:
        """The connections of the running event loop. Errors: P1017 when the database is closed."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        return pool if pool is not None else self._new_pool(loop)

    def _new_pool(self, loop: _Loop) -> Pool:
        if self._closed:
            raise closed()
        if _homes.setdefault(loop, os.getpid()) != os.getpid():
            raise UserFacingError(None, _INHERITED)
        for finished in [known for known in self._pools if known.is_closed()]:
            del self._pools[finished]
        pool = self._pools[loop] = Pool(self._settings, self._watch, self._values, loop, self._pools)
        return pool


def _drop(pools: MutableMapping[_Loop, Pool], place: str) -> None:
    cut = sum(pool.open for pool in pools.values())
    _abandon(pools)
    if cut:
        reason = f"A client of {place} was dropped with open connections ({cut})"
        fix = "call its `disconnect()`, or use it in a `with` block"
        warnings.warn(f"{reason}: {fix}.", ResourceWarning, stacklevel=2)


def _abandon(pools: MutableMapping[_Loop, Pool]) -> None:
    """Hang up all connections of these pools, each in the thread of its loop."""
    while pools:
        loop, pool = pools.popitem()
        with contextlib.suppress(RuntimeError):  # the loop is closed, and its sockets with it
            loop.call_soon_threadsafe(pool.terminate)


class _Lease:
    """The context manager that lends one connection; meanwhile the database may not be collected as garbage."""

    __slots__ = ("_connection", "_database", "_pool")

    def __init__(self, database: PostgresDatabase, pool: Pool) -> None:
        self._database = database
        self._pool = pool

    async def __aenter__(self) -> PostgresConnection:
        self._connection = connection = self._pool.take_free() or await self._pool.take()
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = error is not None and not isinstance(error, Exception)
        self._pool.give_back(self._connection, interrupted=interrupted)


class Pool:
    """The connections of one event loop; all methods run in that loop's thread."""

    def __init__(
        self,
        settings: Settings,
        watch: Watch,
        values: Values,
        loop: _Loop,
        registry: MutableMapping[_Loop, Pool],
    ) -> None:
        self._settings = settings
        self._watch = watch
        self._values = values
        self.metrics = watch.metrics
        self._loop = loop
        self._is_for_writes = settings.target_session_attrs in _FOR_WRITES
        self._longest = settings.max_connection_lifetime
        self._longest_idle = settings.max_idle_connection_lifetime
        self._trusted_idle = _TRUSTED_IDLE if self._longest_idle is None else min(_TRUSTED_IDLE, self._longest_idle)
        self._opening = 0  # connections being opened
        self._taken = 0  # slots in use: by open connections and by those being opened
        self._connections: set[PostgresConnection] = set()
        self._idle: deque[PostgresConnection] = deque()
        self._waiters: OrderedDict[_Waiter, None] = OrderedDict()  # in the order in which they came
        self._tasks: set[asyncio.Task[None]] = set()  # that open and reset connections, which nobody waits for
        self._all_back: asyncio.Future[None] | None = None
        self._closed = False
        self._guardian = _guard(self, loop, registry)
        # A loop tells only its asynchronous generators that it is about to end: it closes them. So one waits for that;
        # its first step, up to the yield, makes it known to the loop. It is driven by hand because a pool is made in a
        # plain function; a task in its place would be cancelled with the program's, which may need the pool still.
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

    def take_free(self) -> PostgresConnection | None:
        """Lend the connection that was used last, if it may be used as it is; None where `take` has more to do."""
        began = perf_counter()
        if not self._idle or not self._is_trusted(self._idle[-1]):
            return None
        self.metrics.waits.observe((perf_counter() - began) * 1000)
        return self._idle.pop()

    async def take(self) -> PostgresConnection:
        """Lend an idle connection, or open one, or wait for one; all of that ends with the pool's timeout."""
        began = perf_counter()
        patience = Patience(self._settings.pool_timeout)
        while True:
            connection = self._idle.pop() if self._idle else await self._wait(patience)
            if self._is_trusted(connection) or await self._is_usable(connection, patience):
                break
        self.metrics.waits.observe((perf_counter() - began) * 1000)
        return connection

    def give_back(self, connection: PostgresConnection, *, interrupted: bool) -> None:
        """Take a connection back; one in an unknown state is reset first, in the background."""
        is_useless = self._is_for_writes and connection.refused_writes
        if self._closed or self._is_old(connection):
            self._discard(connection)
        elif connection.is_at_rest and not interrupted and not is_useless:
            self._grant(connection)
        elif connection.is_closed or is_useless:
            self._discard(connection)
            self._discard_idle()
        else:
            self._start(self._recycle(connection))

    async def close(self) -> None:
        """Refuse whoever waits, let the holders finish for a short time, then close everything."""
        self._refuse_all()
        idle = list(self._idle)
        self._idle.clear()
        try:
            await asyncio.gather(*map(self._say_goodbye, idle), self._wait_for_holders())
        finally:
            await self._guardian.aclose()

    def terminate(self) -> None:
        """Hang up all connections at once."""
        self._refuse_all()
        self._idle.clear()
        for connection in list(self._connections):
            self._discard(connection)
        for task in self._tasks:
            task.cancel()

    def _refuse_all(self) -> None:
        """Lend nothing any more, also to those who wait already."""
        self._closed = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(closed())

    async def vanish(self) -> None:
        """Hang up all connections and wait until nothing of them is left in the loop.

        What was cancelled just now is first given the time to tell the server; when closing, that has been waited for.
        """
        if self._tasks and not self._closed:
            await asyncio.wait(self._tasks, timeout=_RESET_TIMEOUT)
        self.terminate()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for _ in range(_SHUTDOWN_TURNS):
            await asyncio.sleep(0)

    async def _is_usable(self, connection: PostgresConnection, patience: Patience) -> bool:
        """Whether a connection that cannot be trusted can be used all the same; if not, it is discarded."""
        if self._is_old(connection) or self._is_idle_too_long(connection):
            self._discard(connection)
            return False
        return await self._is_reset(connection, patience)

    def _is_trusted(self, connection: PostgresConnection) -> bool:
        """Whether the connection was used a short time ago, and nothing has happened to it since."""
        is_recent = self._loop.time() - connection.idle_since <= self._trusted_idle
        return is_recent and (self._longest is None or not self._is_old(connection)) and connection.is_quiet

    def _is_old(self, connection: PostgresConnection) -> bool:
        return self._longest is not None and self._loop.time() - connection.opened_at > self._longest

    def _is_idle_too_long(self, connection: PostgresConnection) -> bool:
        return self._longest_idle is not None and self._loop.time() - connection.idle_since > self._longest_idle

    async def _is_reset(self, connection: PostgresConnection, patience: Patience) -> bool:
        """Whether the connection answers and is in its initial state now; if not, it is discarded like all the idle."""
        try:
            await within(within(connection.reset(), Patience(_RESET_TIMEOUT)), patience)
        except (UserFacingError, OutOfTimeError):
            self._discard(connection)
            self._discard_idle()
            return False
        except BaseException:
            self._discard(connection)
            raise
        return True

    async def _recycle(self, connection: PostgresConnection) -> None:
        if await self._is_reset(connection, Patience(_RESET_TIMEOUT)):
            self.give_back(connection, interrupted=False)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _open_for_waiters(self) -> None:
        """Open a connection if there is room for one and somebody waits for whom none is being opened."""
        if self._taken < self._settings.connection_limit and self._opening < len(self._waiters):
            self._taken += 1
            self._opening += 1
            self._start(self._open())

    async def _open(self) -> None:
        """Open a connection for who waits first, also when who asked for it has given up: else none might ever open."""
        connection = None
        try:
            connection = await open_connection(self._settings, self._watch, self._values)
        except Exception as error:  # noqa: BLE001  # it is for who waits, whatever it is
            self._refuse_next(error)
        finally:
            self._opening -= 1
            if connection is None:
                self._free_slot()
        if connection is not None:
            self._connections.add(connection)
            self.metrics.opened += 1
            self.give_back(connection, interrupted=False)

    def _refuse_next(self, error: Exception) -> None:
        waiter = self._next_waiter()
        if waiter is not None:
            waiter.set_exception(error)

    async def _wait(self, patience: Patience) -> PostgresConnection:
        if self._closed:
            raise closed()
        waiter: _Waiter = self._loop.create_future()
        self._waiters[waiter] = None
        self._open_for_waiters()
        patience.start(partial(self._expire, waiter, patience))
        try:
            return await waiter
        except BaseException:
            self._pass_on(waiter)
            raise
        finally:
            self._waiters.pop(waiter, None)
            patience.stop()

    def _expire(self, waiter: _Waiter, patience: Patience) -> None:
        if not waiter.done():
            waiter.set_exception(_exhausted(self._settings, patience.remark))

    def _pass_on(self, waiter: _Waiter) -> None:
        """Give what a cancelled waiter was granted, but never saw, to the next one."""
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self.give_back(waiter.result(), interrupted=False)

    def _grant(self, connection: PostgresConnection) -> None:
        connection.idle_since = self._loop.time()
        waiter = self._next_waiter() if self._waiters else None
        if waiter is not None:
            waiter.set_result(connection)
            return
        self._idle.append(connection)
        if len(self._idle) > 1:
            self._drop_unused()

    def _drop_unused(self) -> None:
        """Discard what lies idle longest if it has been idle too long; the last in is the first out, so it may."""
        while self._is_idle_too_long(self._idle[0]):
            self._discard(self._idle.popleft())

    def _next_waiter(self) -> _Waiter | None:
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
            if not self._connections and self._all_back is not None and not self._all_back.done():
                self._all_back.set_result(None)

    def _discard_idle(self) -> None:
        """Discard what lies idle, because one connection was lost: the others share its server and its network."""
        while self._idle:
            self._discard(self._idle.pop())

    def _free_slot(self) -> None:
        self._taken -= 1
        if not self._closed:
            self._open_for_waiters()

    async def _say_goodbye(self, connection: PostgresConnection) -> None:
        await connection.close(timeout=_CLOSE_TIMEOUT)
        self._discard(connection)

    async def _wait_for_holders(self) -> None:
        if not self._connections:
            return
        self._all_back = self._loop.create_future()
        await asyncio.wait([self._all_back], timeout=_CLOSE_TIMEOUT)


async def _guard(pool: Pool, loop: _Loop, registry: MutableMapping[_Loop, Pool]) -> AsyncGenerator[None, None]:
    """Hang up the pool's connections when the loop closes its asynchronous generators, which is when it shuts down."""
    try:
        yield
    finally:
        registry.pop(loop, None)
        await pool.vanish()


def _exhausted(settings: Settings, remark: str) -> UserFacingError:
    timeout = settings.pool_timeout
    shown = int(timeout) if timeout is not None and timeout == int(timeout) else timeout
    return UserFacingError(
        "P2024",
        "Timed out fetching a new connection from the connection pool. More info: http://pris.ly/d/connection-pool"
        f" (Current connection pool timeout: {shown}, connection limit: {settings.connection_limit}){remark}",
        {"connection_limit": settings.connection_limit, "timeout": shown},
    )
