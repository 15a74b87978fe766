"""Interactive transactions: each keeps a connection between calls until it is committed, rolled back or expires.

A transaction is OPEN, then ends once: whoever moves it out of OPEN (commit, rollback or the timer) ends it. So what
runs into its timeout is never committed. Its end has the same time again, and half a second at least: a server that
does not answer COMMIT until then is given up, and nobody knows whether it has stored anything.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from enum import Enum
from time import monotonic
from typing import Final

from prisma_engine.errors import TransactionError, UserFacingError
from prisma_engine.patience import OutOfTimeError, Patience, within
from prisma_engine.ports import Connection, Database

__all__ = ["Transactions"]

REMEMBERED: Final = 100
"""How many ended transactions are remembered, so that using one of them says how it ended."""


_SHORTEST_END: Final = 0.5  # seconds for COMMIT; a timeout of milliseconds would leave healthy commits in doubt
_CLOSE_TIMEOUT: Final = 2.0  # seconds that `close` waits for the server to roll back; it also does on a cut connection


class _State(str, Enum):
    OPEN = "an open transaction"
    COMMITTED = "a committed transaction"
    ROLLED_BACK = "a transaction that was rolled back"
    EXPIRED = "an expired transaction"
    GIVEN_UP = "a transaction whose end the server did not confirm"


class _Rollback(Exception):  # noqa: N818  # a signal for the transaction block, never raised to anyone
    """Ends a transaction block without committing."""


class _Transaction:
    __slots__ = ("block", "connection", "id", "lease", "lock", "started", "state", "timeout", "timer")

    def __init__(self, lease: AbstractAsyncContextManager[Connection], timeout: float) -> None:
        self.id = str(uuid.uuid4())
        self.lease = lease
        self.timeout = timeout
        self.lock = asyncio.Lock()
        self.state = _State.OPEN
        self.started = monotonic()
        self.connection: Connection
        self.block: AbstractAsyncContextManager[None]
        self.timer: asyncio.TimerHandle

    @property
    def time_to_end(self) -> float:
        """The seconds that the server has to answer COMMIT or ROLLBACK."""
        return max(self.timeout, _SHORTEST_END)

    def give_up(self) -> None:
        """Cut the connection, because the server does not answer what ends the transaction."""
        self.state = _State.GIVEN_UP
        self.connection.terminate()

    def unanswered(self, operation: str) -> TransactionError:
        """The error for an end that the server has not confirmed."""
        return TransactionError(
            f"The {operation} was not answered within {round(self.time_to_end * 1000)} ms."
            " The connection was given up, so it is not known whether anything was stored."
        )

    def refusal(self, operation: str) -> TransactionError:
        """The error for using a transaction that has ended."""
        if self.state is not _State.EXPIRED:
            how = self.state.value
            return TransactionError(f"Transaction already closed: A {operation} cannot be executed on {how}.")
        limit, taken = round(self.timeout * 1000), round((monotonic() - self.started) * 1000)
        return TransactionError(
            f"Transaction already closed: A {operation} cannot be executed on an expired transaction. The timeout for "
            f"this transaction was {limit} ms, however {taken} ms passed since the start of the transaction. Consider "
            "increasing the interactive transaction timeout or doing less work in the transaction.",
            {"operation": operation, "timeout": limit, "timeTaken": taken},
        )


class Transactions:
    """The open transactions of one engine, by id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._open: dict[str, _Transaction] = {}
        self._ended: OrderedDict[str, _Transaction] = OrderedDict()
        self._abandoned: set[asyncio.Task[None]] = set()

    async def start(self, *, max_wait: float, timeout: float, isolation: str | None = None) -> str:
        """Open a transaction and return its id.

        Units:  `max_wait` for a connection and BEGIN, and `timeout` until it must have ended, in seconds.
        Errors: TransactionError when `max_wait` passes; what the database says about the isolation level.
        """
        transaction = _Transaction(self._database.acquire(), timeout)
        try:
            await within(self._begin(transaction, isolation), Patience(max_wait))
        except OutOfTimeError as exc:
            raise TransactionError(f"Unable to start a transaction in the given time.{exc.remark}") from exc
        transaction.started = monotonic()
        transaction.timer = asyncio.get_running_loop().call_later(timeout, self._expire, transaction)
        self._open[transaction.id] = transaction
        return transaction.id

    async def _begin(self, transaction: _Transaction, isolation: str | None) -> None:
        transaction.connection = await transaction.lease.__aenter__()
        try:
            transaction.block = transaction.connection.transaction(isolation)
            await transaction.block.__aenter__()
        except BaseException as exc:
            await transaction.lease.__aexit__(type(exc), exc, exc.__traceback__)
            raise

    @asynccontextmanager
    async def use(self, transaction_id: str, operation: str = "query") -> AsyncIterator[Connection]:
        """Lend the transaction's connection to one caller at a time.

        Errors: TransactionError for one that has ended, also when it ends while the caller's statement runs.
        """
        transaction = self._find(transaction_id, operation)
        async with transaction.lock:
            if transaction.state is not _State.OPEN:
                raise transaction.refusal(operation)
            try:
                yield transaction.connection
            except UserFacingError as error:
                if transaction.state is not _State.OPEN:
                    raise transaction.refusal(operation) from error
                raise

    async def commit(self, transaction_id: str) -> None:
        """Commit. Errors: TransactionError when it has ended; the database's own when the commit fails."""
        await self._finish(transaction_id, "commit", _State.COMMITTED, None)

    async def rollback(self, transaction_id: str) -> None:
        """Roll back. Errors: TransactionError when it has ended."""
        await self._finish(transaction_id, "rollback", _State.ROLLED_BACK, _Rollback())

    async def close(self) -> None:
        """Roll back whatever is open, also where a statement still runs."""
        for transaction in list(self._open.values()):
            self._abandon(transaction, _State.ROLLED_BACK)
        if self._abandoned:
            await asyncio.wait(self._abandoned, timeout=_CLOSE_TIMEOUT)

    def _find(self, transaction_id: str, operation: str) -> _Transaction:
        transaction = self._open.get(transaction_id)
        if transaction is not None:
            return transaction
        ended = self._ended.get(transaction_id)
        if ended is not None:
            raise ended.refusal(operation)
        raise TransactionError(
            "Transaction not found. Transaction ID is invalid, refers to an old closed transaction Prisma doesn't have "
            "information about anymore, or was obtained before disconnecting."
        )

    async def _finish(self, transaction_id: str, operation: str, state: _State, error: _Rollback | None) -> None:
        transaction = self._find(transaction_id, operation)
        async with transaction.lock:
            if transaction.state is not _State.OPEN:
                raise transaction.refusal(operation)
            self._end(transaction, state)
            await _close_in_time(transaction, operation, error)

    def _end(self, transaction: _Transaction, state: _State) -> None:
        """Move a transaction out of OPEN; no await may come between this and the caller's look at the state."""
        transaction.state = state
        transaction.timer.cancel()
        del self._open[transaction.id]
        self._ended[transaction.id] = transaction
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def _expire(self, transaction: _Transaction) -> None:
        if transaction.state is _State.OPEN:
            self._abandon(transaction, _State.EXPIRED)

    def _abandon(self, transaction: _Transaction, state: _State) -> None:
        self._end(transaction, state)
        task = asyncio.ensure_future(self._roll_back(transaction))
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)

    async def _roll_back(self, transaction: _Transaction) -> None:
        if transaction.lock.locked():
            # A statement is running, and a connection does one thing at a time: cut it, the server rolls back.
            transaction.connection.terminate()
        async with transaction.lock:
            await _close(transaction, _Rollback())


async def _close_in_time(transaction: _Transaction, operation: str, error: _Rollback | None) -> None:
    timer = asyncio.get_running_loop().call_later(transaction.time_to_end, transaction.give_up)
    try:
        await _close(transaction, error)
    except UserFacingError as failure:
        if transaction.state is _State.GIVEN_UP:
            raise transaction.unanswered(operation) from failure
        raise
    finally:
        timer.cancel()


async def _close(transaction: _Transaction, error: _Rollback | None) -> None:
    """End the transaction on the server, then give the connection back, whatever happened."""
    try:
        await transaction.block.__aexit__(None if error is None else type(error), error, None)
    finally:
        await transaction.lease.__aexit__(None, None, None)
