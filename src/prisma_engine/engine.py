"""The engine behind a generated client: compiles each shape of call once and runs its plan on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import warnings
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from typing import Any, Final, NoReturn, TypeVar

from prisma._types import TransactionId
from prisma.engine import AsyncAbstractEngine

from prisma_engine.client_package import ClientPackage
from prisma_engine.compiler import QueryCompiler
from prisma_engine.errors import PrismaEngineError, UserFacingError
from prisma_engine.interpreter import Insert, Program, build, build_insert, insert_all
from prisma_engine.metrics import Metrics, as_prometheus
from prisma_engine.plan import Node
from prisma_engine.ports import Connection, in_one_transaction
from prisma_engine.postgres import PostgresDatabase, parse
from prisma_engine.request import Call, RequestBuilder
from prisma_engine.response import raw_result
from prisma_engine.transactions import Transactions

__all__ = ["Engine"]

_GIVES_WHAT_IT_WROTE: Final = frozenset({"update", "upsert"})
_GONE: Final = (
    "An operation failed because it depends on one or more records that were required but not found. "
    "A nested delete has removed the record itself, so there is nothing to return."
)

PLAN_CACHE_SIZE: Final = 1000
"""How many shapes of calls keep their plan; beyond it the oldest one makes room."""

_Plan = TypeVar("_Plan", Program, Insert)

Job = Callable[[Connection], Awaitable[Any]]
"""A call that is ready to run on a connection."""


class Engine(AsyncAbstractEngine):
    """Runs the calls of one client: `Prisma.connect()` makes it, `Prisma.disconnect()` closes it.

    Errors: nothing but Prisma Client Python's own classes leaves it.
    """

    def __init__(self, package: ClientPackage, url: str, *, log_queries: bool = False) -> None:
        self._package = package
        self._values = package.values()
        self._plans: OrderedDict[str, Any] = OrderedDict()
        try:
            settings = parse(url)
            self._requests = RequestBuilder(package.inputs(), self._values, package)
            self._compiler = QueryCompiler(package.folder, schema=package.schema(), schema_name=settings.schema)
        except PrismaEngineError as error:
            raise package.engine_errors.EngineConnectionError(str(error)) from error
        # The compiler takes one caller at a time.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prisma-compiler")
        self._metrics = Metrics()
        self._database = PostgresDatabase(settings, self._metrics, log_queries=log_queries)
        self._transactions = Transactions(self._database)
        self._is_open = False

    def __repr__(self) -> str:
        return f"<Engine {self._database!r}>"

    async def connect(
        self,
        timeout: timedelta = timedelta(seconds=10),
        datasources: Sequence[Mapping[str, Any]] | None = None,  # noqa: ARG002  # `install` has given their URL already
    ) -> None:
        """Load the compiler and open the first connection; after a failure it may be called again.

        Errors: AlreadyConnectedError; EngineConnectionError, with Prisma's code, when the database cannot be used.
        """
        errors = self._package.engine_errors
        if self._is_open:
            raise errors.AlreadyConnectedError("Already connected to the query engine")
        outdated = self._package.outdated_schema()
        if outdated is not None:
            warnings.warn(f"{outdated} has changed since the client was generated: generate it again", stacklevel=3)
        loading = asyncio.get_running_loop().run_in_executor(self._worker, self._compiler.load)
        try:
            await asyncio.wait_for(self._database.connect(), timeout.total_seconds())
            await loading
        except (PrismaEngineError, asyncio.TimeoutError) as error:
            reason = str(error) or f"P1002: The database did not answer within {timeout.total_seconds():g} s."
            raise errors.EngineConnectionError(reason) from error
        self._is_open = True

    async def aclose(self, *, timeout: timedelta | None = None) -> None:  # noqa: ARG002  # every part bounds its own
        """Roll back open transactions and close every connection; a second call does nothing."""
        await self._transactions.close()
        await self._database.close()
        self._worker.shutdown(wait=False)

    def close(self, *, timeout: timedelta | None = None) -> None:  # noqa: ARG002  # it does not wait
        """Cut every connection at once, for a client that is dropped without `disconnect()`."""
        self._database.terminate()
        self._worker.shutdown(wait=False)

    def stop(self, *, timeout: timedelta | None = None) -> None:
        """The same as `close`; there is no process to stop."""
        self.close(timeout=timeout)

    async def execute(self, call: Call, *, tx_id: str | None) -> Any:
        """Run one call and return its result in the envelope that the client's methods open.

        Errors: those of Prisma Client Python's `errors` module.
        """
        began = self._metrics.begin()
        try:
            job = await self._prepare(call)
            async with self._connection(tx_id, "query") as connection:
                result = await job(connection)
        except PrismaEngineError as error:
            self._package.raise_error(error)
        finally:
            self._metrics.end(began)
        if call.method == "find_many":
            result = await self._package.objects(call.model, result)
        return {"data": {"result": result}}

    async def batch(self, calls: Sequence[Call], *, tx_id: str | None) -> None:
        """Run the calls of a `batch_()` in order, all of them or none."""
        try:
            jobs = [await self._prepare(call) for call in calls]
            async with self._connection(tx_id, "batch query") as connection, in_one_transaction(connection):
                await self._run_all(jobs, connection)
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def query(self, content: str, *, tx_id: str | None) -> NoReturn:  # noqa: ARG002  # the client's signature
        """The entry for GraphQL text, which nothing of a bound client uses. Errors: always EngineError."""
        raise self._package.engine_errors.EngineError("this engine takes calls of the client, not GraphQL text")

    async def start_transaction(self, *, content: str) -> TransactionId:
        """Open an interactive transaction and return its id.

        Units: `content` is a JSON object with `max_wait` and `timeout` in milliseconds, and maybe `isolation_level`.
        """
        options = json.loads(content)
        try:
            return TransactionId(
                await self._transactions.start(
                    max_wait=options["max_wait"] / 1000,
                    timeout=options["timeout"] / 1000,
                    isolation=options.get("isolation_level"),
                )
            )
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def commit_transaction(self, tx_id: TransactionId) -> None:
        """Commit an interactive transaction. Errors: TransactionError, TransactionExpiredError."""
        try:
            await self._transactions.commit(tx_id)
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def rollback_transaction(self, tx_id: TransactionId) -> None:
        """Roll an interactive transaction back. Errors: TransactionError, TransactionExpiredError."""
        try:
            await self._transactions.rollback(tx_id)
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def metrics(self, *, format: str, global_labels: dict[str, str] | None) -> Any:  # noqa: A002  # its word
        """What has been counted since the client connected, as a document or in Prometheus' text format."""
        report = self._metrics.report(self._database.stats(), global_labels)
        return report if format == "json" else as_prometheus(report)

    async def _run_all(self, jobs: Sequence[Job], connection: Connection) -> None:
        for job in jobs:
            began = self._metrics.begin()
            try:
                await job(connection)
            finally:
                self._metrics.end(began)

    def _connection(self, tx_id: str | None, operation: str) -> AbstractAsyncContextManager[Connection]:
        """A connection of the pool, or the one of a transaction."""
        return self._database.acquire() if tx_id is None else self._transactions.use(tx_id, operation)

    async def _prepare(self, call: Call) -> Job:
        """Compile what the call needs before a connection is taken for it."""
        if call.method in _RAW_JOBS:
            parameters = [self._values.raw(value) for value in call.arguments["parameters"]]
            return partial(_RAW_JOBS[call.method], call=call, parameters=parameters)
        if call.method == "create_many":
            rows = self._requests.rows(call)
            return partial(insert_all, [(await self._plan(text, build_insert), params) for text, params in rows])
        request = self._requests.build(call)
        program = await self._plan(request.text, build)
        finish = self._finish(call)
        if finish is None:
            return lambda connection: program.run(connection, request.params)
        return lambda connection: _then(program.run(connection, request.params), finish)

    def _finish(self, call: Call) -> Callable[[Any], Any] | None:
        """What is left to do with the plan's result, for the methods that want more of it than the plan says."""
        if call.method == "group_by":
            return self._package.groups(call.model)
        return _present if call.method in _GIVES_WHAT_IT_WROTE else None

    async def _plan(self, text: str, build_plan: Callable[[Node], _Plan]) -> _Plan:
        """What runs a request: from the cache, or made of the compiler's plan beside the event loop."""
        plan: _Plan | None = self._plans.get(text)
        if plan is None:
            plan = await asyncio.get_running_loop().run_in_executor(self._worker, self._compile, text, build_plan)
        return plan

    def _compile(self, text: str, build_plan: Callable[[Node], _Plan]) -> _Plan:
        plan: _Plan | None = self._plans.get(text)  # several callers may have missed it; the first of them compiled it
        if plan is None:
            plan = self._plans[text] = build_plan(self._compiler.compile(text))
            if len(self._plans) > PLAN_CACHE_SIZE:
                self._plans.popitem(last=False)
        return plan


async def _then(result: Awaitable[Any], finish: Callable[[Any], Any]) -> Any:
    return finish(await result)


def _present(record: Any) -> Any:
    if not record:
        raise UserFacingError("P2025", _GONE)
    return record


async def _query_raw(connection: Connection, *, call: Call, parameters: Sequence[object]) -> dict[str, Any]:
    return raw_result(await connection.query_raw(call.arguments["query"], parameters), call.model)


async def _execute_raw(connection: Connection, *, call: Call, parameters: Sequence[object]) -> int:
    return await connection.execute_raw(call.arguments["query"], parameters)


_RAW_JOBS: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    "query_raw": _query_raw,
    "query_first": _query_raw,
    "execute_raw": _execute_raw,
}
