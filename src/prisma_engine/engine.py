"""The engine behind a generated client: what the client calls, with the client's own errors."""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Final
from weakref import WeakSet

from prisma_engine.client_package import ClientPackage
from prisma_engine.errors import PrismaEngineError
from prisma_engine.health import Health
from prisma_engine.metrics import as_prometheus
from prisma_engine.namespace import Table
from prisma_engine.patience import OutOfTimeError, Patience, within
from prisma_engine.ports import in_one_transaction
from prisma_engine.request import Call
from prisma_engine.request.text import Batch, query_of

if TYPE_CHECKING:
    from prisma_engine.runtime import Runtime

__all__ = ["Engine"]

_engines: Final[WeakSet[Engine]] = WeakSet()

_inherited: Final[list[Runtime | None]] = []
"""What a forked child never frees, because that would take the sockets away from the parent's event loop."""


class Engine:
    """Runs the calls of one client: `Prisma.connect()` makes it, `Prisma.disconnect()` closes it.

    A subclass, which `bind` makes, stands where a generated client has its `AsyncQueryEngine`, with that one's
    arguments and attributes. In a forked child it begins anew: the parent goes on using the connections that the child
    has inherited.
    Errors: nothing but Prisma Client Python's own classes leaves it.
    """

    package: ClassVar[str]
    """The name of the generated client's package."""

    url: Final = None  # there is neither a process nor HTTP
    process: Final = None
    file: Final = None

    def __init__(
        self,
        *,
        dml_path: Path,
        log_queries: bool = False,
        http_config: Mapping[str, Any] | None = None,  # noqa: ARG002  # there is no HTTP
    ) -> None:
        self.dml_path = dml_path
        self._package = ClientPackage(self.package)
        self._datasource: Mapping[str, Any] = {}
        self._log_queries = log_queries
        self._begin()
        _engines.add(self)

    def _begin(self) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prisma-compiler")
        self._lock = Lock()  # the event loops of several threads may share a client
        self._loading: Future[Runtime] | None = None
        self._runtime: Runtime | None = None
        self._is_open = False

    def __repr__(self) -> str:
        return f"<Engine {self._runtime.database!r}>" if self._runtime else "<Engine not connected>"

    def read_from(self, datasource: Mapping[str, Any]) -> None:
        """Use the `url` of a datasource, instead of the schema's, and the `password` that was provided for it."""
        self._datasource = datasource

    async def connect(
        self,
        timeout: timedelta = timedelta(seconds=10),
        datasources: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Load the compiler and open the first connection; after a failure it may be called again.

        The first connection decides on the datasource.
        Errors: AlreadyConnectedError; EngineConnectionError, with Prisma's code, when the database cannot be used.
        """
        errors = self._package.engine_errors
        if self._is_open:
            raise errors.AlreadyConnectedError("Already connected to the query engine")
        outdated = self._package.outdated_schema()
        for datasource in datasources or ():
            self.read_from(datasource)
        if outdated is not None:
            warnings.warn(f"{outdated} has changed since the client was generated: generate it again", stacklevel=3)
        runtime = await self._loaded()
        try:
            await within(runtime.open(), Patience(timeout.total_seconds()))
        except OutOfTimeError as error:
            reason = f"P1002: The database did not answer within {timeout.total_seconds():g} s.{error.remark}"
            raise errors.EngineConnectionError(reason) from error
        except PrismaEngineError as error:
            raise errors.EngineConnectionError(str(error)) from error
        self._is_open = True

    async def aclose(self, *, timeout: timedelta | None = None) -> None:
        """Roll back open transactions and close every connection; a second call does nothing.

        After the timeout, or some seconds without one, connections whose server does not answer are cut.
        """
        if self._loading is not None:
            runtime = await self._loaded()
            try:
                await asyncio.wait_for(runtime.close(), None if timeout is None else timeout.total_seconds())
            except asyncio.TimeoutError:
                runtime.database.terminate()
        self._worker.shutdown(wait=False)

    def close(self, *, timeout: timedelta | None = None) -> None:  # noqa: ARG002  # it does not wait
        """Cut every connection at once; ResourceWarning if there was one, because `disconnect()` leaves none."""
        self._worker.shutdown(wait=False)
        if self._runtime is not None:
            self._runtime.database.drop()

    def forget(self) -> None:
        """Begin anew in a forked child, where the worker's thread does not exist and the parent uses the sockets."""
        _inherited.append(self._runtime)
        self._begin()

    def stop(self, *, timeout: timedelta | None = None) -> None:
        """The same as `close`; there is no process to stop."""
        self.close(timeout=timeout)

    async def query(self, content: object, *, tx_id: str | None) -> Any:
        """Run what a client asks: a call or a batch, or the text that stands for it.

        Shape:  the result is in the envelope that the client's methods open.
        Errors: those of Prisma Client Python's `errors` module; EngineError for a text that no client has written.
        """
        query = query_of(content) if isinstance(content, str) else content
        if isinstance(query, Call):
            runtime = self._runtime or await self._loaded()
            began = runtime.metrics.begin()
            try:
                result = await runtime.run(query, tx_id)
            except PrismaEngineError as error:
                self._package.raise_error(error)
            finally:
                runtime.metrics.end(began)
            if query.method == "find_many":  # objects are what the client would make of rows, in half of the time
                result = await self._package.results(result, query.model if query is content else None)
            elif query.method == "query_sql" and query.model is not None:
                result = await self._package.results(result, query.model)
            return {"data": {"result": result}}
        if isinstance(query, tuple):
            return {"batchResult": [{"data": {"result": result}} for result in await self._batch(query, tx_id)]}
        raise self._package.engine_errors.EngineError(
            "The engine runs the client's queries as they are: their text can be read, but neither written nor changed."
        )

    async def _batch(self, calls: Batch, tx_id: str | None) -> list[Any]:
        """Run the calls in order, all of them or none."""
        runtime = self._runtime or await self._loaded()
        try:
            jobs = [await runtime.prepare(call) for call in calls]
            async with runtime.connection(tx_id, "batch query") as connection:
                return await in_one_transaction(connection, lambda: runtime.run_all(jobs, connection))
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def start_transaction(self, *, content: str) -> str:
        """Open an interactive transaction and return its id.

        Units: `content` is a JSON object with `max_wait` and `timeout` in milliseconds, and maybe `isolation_level`.
        """
        options = json.loads(content)
        runtime = self._runtime or await self._loaded()
        try:
            return await runtime.transactions.start(
                max_wait=options["max_wait"] / 1000,
                timeout=options["timeout"] / 1000,
                isolation=options.get("isolation_level"),
            )
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def commit_transaction(self, tx_id: str) -> None:
        """Commit an interactive transaction. Errors: TransactionError, TransactionExpiredError."""
        runtime = self._runtime or await self._loaded()
        try:
            await runtime.transactions.commit(tx_id)
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def rollback_transaction(self, tx_id: str) -> None:
        """Roll an interactive transaction back. Errors: TransactionError, TransactionExpiredError."""
        runtime = self._runtime or await self._loaded()
        try:
            await runtime.transactions.rollback(tx_id)
        except PrismaEngineError as error:
            self._package.raise_error(error)

    async def metrics(self, *, format: str, global_labels: dict[str, str] | None) -> Any:  # noqa: A002  # its word
        """What has been counted since the client connected, as a document or in Prometheus' text format."""
        runtime = self._runtime or await self._loaded()
        report = runtime.metrics.report(runtime.database.stats(), global_labels)
        return report if format == "json" else as_prometheus(report)

    async def table(self, model: type) -> Table:
        """Where the rows of a model are."""
        runtime = self._runtime or await self._loaded()
        return runtime.table(model)

    async def health(self, *, timeout: float) -> Health:
        """Whether the database answers within so many seconds, and the figures of the pool."""
        runtime = self._runtime or await self._loaded()
        return await runtime.health(timeout)

    async def _loaded(self) -> Runtime:
        """Wait until the runtime is there; whoever comes first has it loaded, in the worker's thread.

        Errors: EngineConnectionError, for what is wrong before any connection: the URL, the client's files.
        """
        with self._lock:
            loading = self._loading = self._loading or self._submit()
        try:
            self._runtime = await asyncio.shield(asyncio.wrap_future(loading))
        except PrismaEngineError as error:
            self._forget_failure(loading)
            raise self._package.engine_errors.EngineConnectionError(str(error)) from error
        return self._runtime

    def _submit(self) -> Future[Runtime]:
        try:
            return self._worker.submit(self._load)
        except RuntimeError as error:  # it takes no more work
            raise self._package.engine_errors.EngineConnectionError("The client has been disconnected") from error

    def _forget_failure(self, loading: Future[Runtime]) -> None:
        with self._lock:
            if self._loading is loading:  # else another caller has begun again
                self._loading = None

    def _load(self) -> Runtime:
        # Imported here, because it brings the driver and the compiler's host with it.
        from prisma_engine.runtime import Runtime

        url = self._datasource.get("url") or self._package.url()
        password = self._datasource.get("password")  # `credentials.provide` puts it there
        return Runtime(self._package, url, self._worker, password=password, log_queries=self._log_queries)


def _forget_all() -> None:
    for engine in list(_engines):
        engine.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
