"""What runs calls: it compiles each shape of call once and runs its plan on PostgreSQL.

The engine imports this beside the event loop, because the driver and the compiler's host take their time to load.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from prisma_engine.client_package import ClientPackage
from prisma_engine.compiler.host import QueryCompiler
from prisma_engine.credentials import Password
from prisma_engine.errors import UserFacingError
from prisma_engine.health import Health
from prisma_engine.interpreter import Insert, Program, build, build_insert, insert_all
from prisma_engine.metrics import Metrics
from prisma_engine.namespace import Table
from prisma_engine.plan import Node
from prisma_engine.plan_cache import PlanCache
from prisma_engine.ports import Connection, RawTypes, Record
from prisma_engine.postgres import PostgresDatabase, Settings, parse
from prisma_engine.postgres.faults import closed
from prisma_engine.postgres.probe import probe
from prisma_engine.quick import QuickCalls, is_lost_read
from prisma_engine.request import ACTIONS, Call, RequestBuilder
from prisma_engine.request.asked import asked_columns, for_one_record, read_request
from prisma_engine.request.required import mark_required
from prisma_engine.response import raw_result
from prisma_engine.transactions import Transactions

if TYPE_CHECKING:
    from prisma_engine.telemetry import Telemetry

__all__ = ["Job", "Runtime"]

_log: Final = logging.getLogger("prisma_engine.telemetry")

_MISSING: Final = "An operation failed because it depends on one or more records that were required but not found. "
_NOTHING_WRITTEN: Final[Mapping[str, str]] = {
    "create": "Record not found: a trigger has stored nothing in its place, or another one.",
    "update": "A nested delete has removed the record itself, so there is nothing to return.",
    "upsert": "Record not found",
}
"""Why a method that gives what it wrote may have nothing to give."""

_BY_KEY: Final = frozenset({"find_unique", "find_unique_or_raise", "create", "update", "upsert", "delete"})
"""The methods whose plans look single records up by a unique key, and not by any filter."""

_ONE_RECORD: Final = frozenset({"find_unique", "find_unique_or_raise", "find_first", "find_first_or_raise"})
"""The methods that read one record."""

_Plan = TypeVar("_Plan", Program, Insert)

_Build = Callable[[Node, Mapping[str, Any]], _Plan]
"""Makes what runs a request, of the compiler's plan and the request itself."""

Job = Callable[[Connection], Awaitable[Any]]
"""A call that is ready to run on a connection."""


class Runtime:
    """The parts of one engine, put together; `worker` has one thread, because the compiler takes one caller at a time.

    Errors: PrismaEngineError, for a wrong URL and for a client whose files are not there.
    """

    def __init__(
        self, package: ClientPackage, url: str, worker: Executor, *, password: Password | None, log_queries: bool
    ) -> None:
        settings = parse(url)
        self._settings = settings = replace(settings, password=password or settings.password)
        self._package = package
        self._worker = worker
        self._values = package.values()
        self._inputs = package.inputs()
        self._requests = RequestBuilder(self._inputs, self._values, package)
        self._compiler = QueryCompiler(
            package.folder, schema=package.schema(), provider=package.provider(), schema_name=settings.schema
        )
        self._plans = PlanCache()
        self.metrics = Metrics()
        self._telemetry = _telemetry(settings)
        self.database = PostgresDatabase(settings, self.metrics, self._telemetry, log_queries=log_queries)
        self.transactions = Transactions(self.database)
        self._quick = QuickCalls(self._requests, self.database)

    def table(self, model: type) -> Table:
        """Where the rows of a model are. Errors: InvalidModelError for a class that is not a Prisma model."""
        found = self._inputs.table(self._package.name(model))
        return Table(found["schema"] or self._settings.schema, found["name"], found["columns"])

    async def open(self) -> None:
        """Load the compiler and open the first connection."""
        loading = self._beside(self._compiler.load)
        await self.database.connect()
        await loading

    async def close(self) -> None:
        """Roll back open transactions and close every connection."""
        await self.transactions.close()
        await self.database.close()

    async def health(self, timeout: float) -> Health:
        """Whether the database answers within so many seconds, and the figures of the pool."""
        return await probe(self._settings, self.database.stats(), timeout)

    def connection(self, tx_id: str | None, operation: str) -> AbstractAsyncContextManager[Connection]:
        """A connection of the pool, or the one of a transaction."""
        return self.database.acquire() if tx_id is None else self.transactions.use(tx_id, operation)

    def run(self, call: Call, tx_id: str | None) -> Awaitable[Any]:
        """Run one call; a read outside a transaction whose connection is lost meanwhile is run once more."""
        if self._telemetry is not None:
            name = f"{call.method} {call.model.__name__}" if call.model else call.method
            return self._telemetry.in_span(name, self._run(call, tx_id))
        found = self._quick.find(call) if tx_id is None else None
        if found is None:
            return self._run(call, tx_id)
        known, params = found
        return self._run(call, tx_id, learn=True) if known is None else self._quick.run(call, known, params)

    async def _run(self, call: Call, tx_id: str | None, *, learn: bool = False) -> Any:
        job = self._known(call, learn=learn) or await self.prepare(call)
        if tx_id is not None:
            async with self.transactions.use(tx_id) as connection:
                return await job(connection)
        try:
            return await self.database.run(job)
        except UserFacingError as error:
            if not is_lost_read(call, error):
                raise
        return await self.database.run(job)

    async def run_all(self, jobs: Sequence[Job], connection: Connection) -> list[Any]:
        """Run jobs in order, each counted as a query of the client, and return what each gave."""
        results = []
        for job in jobs:
            began = self.metrics.begin()
            try:
                results.append(await job(connection))
            finally:
                self.metrics.end(began)
        return results

    async def prepare(self, call: Call) -> Job:
        """Compile what the call needs, before a connection is taken for it."""
        try:
            return await self._prepare(call)
        except RecursionError as error:
            raise UserFacingError("P2007", "Invalid input value: it is nested too deep") from error

    async def _prepare(self, call: Call) -> Job:
        if call.method in _RAW_JOBS:
            written = [self._values.written(value) for value in call.arguments["parameters"]]
            types = tuple(map(self._values.raw_type, written))
            return partial(_RAW_JOBS[call.method], call=call, parameters=self._raw_values(written), types=types)
        if call.method in _SQL_JOBS:
            sql, values = call.arguments["query"], call.arguments["parameters"]
            job = partial(_SQL_JOBS[call.method], sql=sql, parameters=self._raw_values(values))
            return job if call.model is None else _finished(job, await self._forms(call.model))
        if call.method == "create_many":
            runs = await self._requests.rows(call)
            inserts = {text: await self._plan(text, _insert) for text in {run.text: None for run in runs}}
            return partial(insert_all, [(inserts[run.text], run.rows, run.columns) for run in runs])
        request = self._requests.build(call)
        program = await self._plan(request.text, partial(self._program, call))
        return self._job(call, program, request.params)

    def _known(self, call: Call, *, learn: bool) -> Job | None:
        """The job of a call whose plan is there; None where `prepare` has to find out more."""
        if call.method not in _COMPILED:
            return None
        try:
            request = self._requests.build(call)
        except RecursionError:
            return None
        program: Program | None = self._plans.get(request.text)
        if program is None:
            return None
        if learn:
            self._quick.learn(call, program, self._finish(call))
        return self._job(call, program, request.params)

    def _job(self, call: Call, program: Program, params: Sequence[object]) -> Job:
        if call.method == "update_many" and not call.arguments["data"]:
            return _change_nothing
        finish = self._finish(call)
        if finish is None:
            return partial(program.run, params=params)
        return _finished(partial(program.run, params=params), finish)

    async def _forms(self, model: type) -> Callable[[list[Record]], list[Record]]:
        """What gives rows of other SQL the forms of a model's fields, as `find_many` does; a class may add fields."""
        columns = self._inputs.table(self._package.name(model))["columns"]
        fields = self._package.fields(model)
        call = Call("find_many", {}, model, [field for field in fields if field in columns])
        text = self._requests.build(call).text
        step: Any = (await self._plan(text, partial(self._program, call))).step  # a single statement
        added = [field for field in fields if field not in columns]

        def formed(rows: list[Record]) -> list[Record]:
            return [
                {**record, **{field: row[field] for field in added}}
                for record, row in zip(step.shape(rows), rows, strict=True)
            ]

        return formed

    def _raw_values(self, values: Sequence[object]) -> list[object]:
        return [self._values.raw(value) for value in values]

    def _program(self, call: Call, plan: Node, request: Mapping[str, Any]) -> Program:
        asked: Mapping[str, str] = {}
        if call.model and call.method in _ONE_RECORD:
            asked = asked_columns(request, self._inputs.table(self._package.name(call.model))["columns"])
        return build(plan, by_key=call.method in _BY_KEY, asked=asked, unmade=call.method == "find_many")

    def _finish(self, call: Call) -> Callable[[Any], Any] | None:
        """What is left to do with the plan's result, for the methods that want more of it than the plan says."""
        if call.method == "group_by":
            return self._package.groups(call.model)
        return _PRESENT.get(call.method)

    async def _plan(self, text: str, build_plan: _Build[_Plan]) -> _Plan:
        """What runs a request: from the cache, or made of the compiler's plan beside the event loop."""
        plan: _Plan | None = self._plans.get(text)
        if plan is None:
            plan = await self._beside(self._compile, text, build_plan)
        return plan

    def _beside(self, work: Callable[..., Any], *args: object) -> asyncio.Future[Any]:
        """Work in the worker's thread. Errors: UserFacingError when the client has been disconnected meanwhile."""
        try:
            return asyncio.get_running_loop().run_in_executor(self._worker, work, *args)
        except RuntimeError as error:  # it takes no more work
            raise closed() from error

    def _compile(self, text: str, build_plan: _Build[_Plan]) -> _Plan:
        plan: _Plan | None = self._plans.get(text)  # several callers may have missed it; the first of them compiled it
        if plan is None:
            request = read_request(text)
            compiled = self._compiled(text, request)
            mark_required(compiled, request, self._inputs)
            plan = build_plan(compiled, request)
            self._plans.put(text, plan)
        return plan

    def _compiled(self, text: str, request: Mapping[str, Any]) -> Node:
        """The compiler's plan; the first record that has a key is the only one, whose relations need no trip more."""
        plan: Node | None = None
        unique = for_one_record(request)
        if unique is not None:
            with suppress(UserFacingError):  # it is no key
                plan = self._compiler.compile(unique)
        return plan or self._compiler.compile(text)


def _telemetry(settings: Settings) -> Telemetry | None:
    try:
        from prisma_engine.telemetry import Telemetry, is_wanted

        if not is_wanted():
            return None
    except ImportError:  # OpenTelemetry is not installed
        return None
    except Exception as failure:  # noqa: BLE001  # it is installed, and broken in whatever way
        _log.warning("OpenTelemetry is not used, because it has failed: %r", failure)
        return None
    place: dict[str, str | int] = {"db.namespace": f"{settings.database}|{settings.schema}"}
    if len(settings.hosts) == 1:
        place |= {"server.address": settings.hosts[0], "server.port": settings.ports[0]}
    return Telemetry(place)


def _finished(job: Job, finish: Callable[[Any], Any]) -> Job:
    async def finished(connection: Connection) -> Any:
        return finish(await job(connection))

    return finished


def _insert(plan: Node, _request: Mapping[str, Any]) -> Insert:
    return build_insert(plan)


async def _change_nothing(_connection: Connection) -> dict[str, int]:
    return {"count": 0}


def _present(record: Any, *, reason: str) -> Any:
    if not record:
        raise UserFacingError("P2025", f"{_MISSING}{reason}")
    return record


_PRESENT: Final = {method: partial(_present, reason=reason) for method, reason in _NOTHING_WRITTEN.items()}


async def _query_raw(
    connection: Connection, *, call: Call, parameters: Sequence[object], types: RawTypes
) -> dict[str, Any]:
    return raw_result(await connection.query_raw(call.arguments["query"], parameters, types), call.model)


async def _execute_raw(connection: Connection, *, call: Call, parameters: Sequence[object], types: RawTypes) -> int:
    return await connection.execute_raw(call.arguments["query"], parameters, types)


async def _query_sql(connection: Connection, *, sql: str, parameters: Sequence[object]) -> list[Record]:
    return await connection.query(sql, parameters)


async def _execute_sql(connection: Connection, *, sql: str, parameters: Sequence[object]) -> int:
    return await connection.execute(sql, parameters)


_RAW_JOBS: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {
    "query_raw": _query_raw,
    "query_first": _query_raw,
    "execute_raw": _execute_raw,
}
"""What a user writes."""

_SQL_JOBS: Final[Mapping[str, Callable[..., Awaitable[Any]]]] = {"query_sql": _query_sql, "execute_sql": _execute_sql}
"""What `namespace` runs: SQL of a package on the engine, with the errors of the client's own methods."""

_COMPILED: Final = ACTIONS.keys() - {"create_many"}
"""The methods whose calls are one plan each."""
