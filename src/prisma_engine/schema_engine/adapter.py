"""The schema engine's way to PostgreSQL: one connection to the main database, and shadow databases on request."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prisma_engine.admin.errors import describe_place
from prisma_engine.admin.session import GOODBYE, connect, quoted
from prisma_engine.errors import UserFacingError
from prisma_engine.postgres import PostgresConnection, Settings
from prisma_engine.postgres.report import report_of
from prisma_engine.schema_engine.answers import PROVIDER, AnswerError, answering, connection_info
from prisma_engine.schema_engine.cells import result_set
from prisma_engine.schema_engine.shadow import BorrowedShadow, OwnShadow, Shadow
from prisma_engine.wasm.promises import Jobs

__all__ = ["Factory", "Failure", "Failures"]

_ADVISORY_LOCK: Final = "SELECT pg_advisory_lock(72707369)"  # the engine's own statement, to the letter
_NO_LOCK: Final = "PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK"
_REFUSED: Final = "22000"  # PostgreSQL's class of errors in data
_NOT_UNDERSTOOD: Final[Mapping[str, object]] = {"kind": "GenericJs", "id": 0}  # what it was is kept in `Failures`


@dataclass(frozen=True, slots=True)
class Failure:
    """A script or statement that failed."""

    sql: str
    error: UserFacingError


@dataclass(slots=True)
class Failures:
    """What went wrong in a call: of most of it the engine keeps a part.

    `script` is the first one that failed, `statement` the last other one, `other` what is no answer of PostgreSQL to
    either: a connection that could not be made or was lost, a refusal.
    """

    script: Failure | None = None
    statement: Failure | None = None
    other: Exception | None = None

    def forget(self) -> None:
        """Begin anew."""
        self.script = self.statement = self.other = None


class Factory:
    """Makes the connections of one engine."""

    def __init__(self, jobs: Jobs, settings: Settings, shadow_settings: Settings | None) -> None:
        self.failures = Failures()
        self._jobs = jobs
        self._settings = settings
        self._shadow_settings = shadow_settings
        self._main: PostgresConnection | None = None
        self._shadows: set[Shadow] = set()

    @property
    def is_lost(self) -> bool:
        """Whether the connection to the main database is gone."""
        return self._main is not None and self._main.is_closed

    def exposed(self) -> dict[str, object]:
        """It as the engine sees it."""
        return {
            **PROVIDER,
            "connect": answering(self._jobs, self._connect),
            "connectToShadowDb": answering(self._jobs, self._connect_to_shadow),
        }

    async def close_shadows(self) -> None:
        """Close what the engine left open: it does not always dispose of a shadow database. Errors: UserFacingError."""
        await asyncio.gather(*map(self._close_shadow, tuple(self._shadows)))

    async def close(self) -> None:
        """Leave no connection and no shadow database behind. Errors: UserFacingError."""
        try:
            await self.close_shadows()
        finally:
            await self._close_main()

    async def _connect(self, *_arguments: object) -> dict[str, object]:
        if self._main is None:
            self._main = await self._opened(connect(self._settings), self._settings.schema)
        return self._session(self._main, self._settings.schema, self._close_main)

    async def _connect_to_shadow(self, *_arguments: object) -> dict[str, object]:
        given = self._shadow_settings
        shadow: Shadow = OwnShadow(self._settings) if given is None else BorrowedShadow(given, self._settings)
        self._shadows.add(shadow)
        connection = await self._opened(shadow.open(), shadow.schema)
        return self._session(connection, shadow.schema, lambda: self._close_shadow(shadow))

    async def _opened(self, opening: Awaitable[PostgresConnection], schema: str) -> PostgresConnection:
        """A connection whose session speaks ISO dates and sees the schema."""
        try:
            return await _prepared(await opening, schema)
        except Exception as error:
            self.failures.other = error
            raise AnswerError(_NOT_UNDERSTOOD) from error

    def _session(
        self, connection: PostgresConnection, schema: str, close: Callable[[], Awaitable[None]]
    ) -> dict[str, object]:
        return _Session(self._jobs, connection, schema, self.failures).exposed(close)

    async def _close_shadow(self, shadow: Shadow) -> None:
        await shadow.close()
        self._shadows.discard(shadow)

    async def _close_main(self) -> None:
        main, self._main = self._main, None
        if main is not None:
            await main.close(timeout=GOODBYE)


async def _prepared(connection: PostgresConnection, schema: str) -> PostgresConnection:
    try:
        await connection.execute(f"SET DateStyle TO 'ISO'; SET search_path TO {quoted(schema)}", ())
    except BaseException:
        connection.terminate()
        raise
    return connection


class _Session:
    """What the engine calls a driver adapter: queries, scripts and transactions on one connection, one at a time."""

    def __init__(self, jobs: Jobs, connection: PostgresConnection, schema: str, failures: Failures) -> None:
        self._jobs = jobs
        self._connection = connection
        self._schema = schema
        self._failures = failures
        self._turn = asyncio.Lock()  # the engine does not wait for all that it asks for

    def exposed(self, close: Callable[[], Awaitable[None]]) -> dict[str, object]:
        """It as the engine sees it."""

        async def dispose(*_arguments: object) -> None:
            async with self._turn:
                await close()

        return {
            **PROVIDER,
            "getConnectionInfo": connection_info(self._schema),
            "queryRaw": answering(self._jobs, self._query),
            "executeRaw": answering(self._jobs, self._execute),
            "executeScript": answering(self._jobs, self._run_script),
            "startTransaction": answering(self._jobs, self._begin),
            "dispose": answering(self._jobs, dispose),
        }

    async def _query(self, query: Mapping[str, Any]) -> dict[str, object]:
        described = await self._attempt(self._connection.describe, query["sql"], query["args"])
        return result_set(described)

    async def _execute(self, query: Mapping[str, Any]) -> int:
        sql = query["sql"]
        if sql == _ADVISORY_LOCK and os.environ.get(_NO_LOCK):
            return 0
        return int(await self._attempt(self._connection.execute, sql, query["args"]))

    async def _run_script(self, script: str) -> None:
        """Run a script as it is, in one simple query: PostgreSQL itself finds where its statements end."""
        await self._attempt(self._connection.execute, script, (), is_script=True)

    async def _begin(self, *_arguments: object) -> dict[str, object]:
        await self._attempt(self._connection.execute, "BEGIN", ())
        return {
            **PROVIDER,
            "options": {"usePhantomQuery": True},  # COMMIT and ROLLBACK are sent here, not by the engine
            "queryRaw": answering(self._jobs, self._query),
            "executeRaw": answering(self._jobs, self._execute),
            "commit": answering(self._jobs, lambda *_arguments: self._run_script("COMMIT")),
            "rollback": answering(self._jobs, lambda *_arguments: self._run_script("ROLLBACK")),
        }

    async def _attempt(
        self,
        run: Callable[[str, Sequence[object]], Awaitable[Any]],
        sql: str,
        args: Sequence[object],
        *,
        is_script: bool = False,
    ) -> Any:
        async with self._turn:
            try:
                return await run(sql, args)
            except UserFacingError as error:
                self._remember(Failure(sql, error), is_script=is_script)
                raise AnswerError(self._cause(error, sql, is_script=is_script)) from error
            except Exception as error:
                self._failures.other = error
                raise AnswerError(_NOT_UNDERSTOOD) from error

    def _remember(self, failure: Failure, *, is_script: bool) -> None:
        if not is_script:
            self._failures.statement = failure
        elif self._failures.script is None:
            self._failures.script = failure

    def _cause(self, error: UserFacingError, sql: str, *, is_script: bool) -> dict[str, object]:
        """The error as the engine understands it.

        It knows an SQLSTATE by itself. Of a script's failure it keeps the message alone, in the table of migrations
        among others, so the message says everything.
        """
        report = report_of(error)
        if report is None and self._connection.is_closed:
            self._failures.other = error
            return {"kind": "ConnectionClosed"}
        if report is None:  # the driver refused what PostgreSQL cannot take
            return {"kind": "postgres", "code": _REFUSED, "severity": "ERROR", "message": error.message}
        place = f"\n\n{describe_place(sql, report.position)}" if report.position else ""
        message = f"{report.message} (SQLSTATE {report.code}){place}" if is_script else report.message
        return {
            "kind": "postgres",
            "code": report.code,
            "severity": report.severity,
            "message": message,
            "detail": report.detail,
            "column": report.column,
            "hint": report.hint,
        }
