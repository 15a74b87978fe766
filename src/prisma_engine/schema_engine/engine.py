"""Prisma's schema engine as an object: methods of its protocol go in, plain values or errors in its words come out."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final

from prisma_engine.admin.errors import describe_failure, migration_failed
from prisma_engine.admin.guard import check_may_erase
from prisma_engine.admin.session import read_url
from prisma_engine.errors import SchemaEngineError, UserFacingError
from prisma_engine.schema_engine.adapter import Factory, Failures
from prisma_engine.schema_engine.instance import Instance
from prisma_engine.schema_engine.offline import OfflineFactory, is_offline
from prisma_engine.wasm.promises import BrokenError
from prisma_engine.wasm.values import UNDEFINED, BigInt, JsError

__all__ = ["METHODS", "SchemaEngine"]

_log = logging.getLogger("prisma_engine.schema_engine")

Log = Callable[[str], None]

METHODS: Final[Mapping[str, str]] = {
    "applyMigrations": "applyMigrations",
    "createMigration": "createMigration",
    "dbExecute": "dbExecute",
    "debugPanic": "debugPanic",
    "devDiagnostic": "devDiagnostic",
    "diagnoseMigrationHistory": "diagnoseMigrationHistory",
    "diff": "diff",
    "ensureConnectionValidity": "ensureConnectionValidity",
    "evaluateDataLoss": "evaluateDataLoss",
    "getDatabaseVersion": "version",
    "introspect": "introspect",
    "introspectSql": "introspectSql",
    "markMigrationApplied": "markMigrationApplied",
    "markMigrationRolledBack": "markMigrationRolledBack",
    "reset": "reset",
    "schemaPush": "schemaPush",
}
"""Method of the protocol -> method of the module."""

_NEED_MIGRATED_SCHEMA: Final = frozenset({"createMigration", "evaluateDataLoss"})
"""These need the schema that the migrations lead to, and the engine asks its cache for it only."""

_LOCK_TIMED_OUT: Final = "P1002"


class SchemaEngine:
    """An engine for some schema files and a database; one call at a time, in the order in which they are made.

    Without a URL it compares schema files only. `log` is given the engine's log, a line of JSON at a time.
    """

    def __init__(
        self,
        files: Sequence[tuple[str, str]],
        *,
        url: str | None = None,
        shadow_url: str | None = None,
        log: Log | None = None,
    ) -> None:
        self._files = files
        self._url = url
        self._shadow_url = shadow_url
        self._log = log
        self._turn = asyncio.Lock()
        self._running: dict[str | None, _Running] = {}  # by the URL that they work on

    async def __aenter__(self) -> SchemaEngine:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Call a method of the engine's protocol; the result is made of dicts, lists, texts, numbers, bools and None.

        A call that is cancelled, and an engine that panics, leave no connection and no shadow database behind; the next
        call has a new engine.
        Errors: UserFacingError; SchemaEngineError for a panic; ValueError for a method that there is not.
        """
        if method not in METHODS:
            raise ValueError(f"the schema engine has no method {method!r}; it has {', '.join(METHODS)}")
        params = params or {}
        async with self._turn:
            if method == "reset":
                check_may_erase(read_url(self._url_for(method, params) or ""))
            return await self._call(self._url_for(method, params), method, params)

    async def close(self) -> None:
        """Let go of everything; a call that runs ends with a SchemaEngineError, and another one would begin anew.

        Errors: UserFacingError, of the clean-up.
        """
        while self._running:
            await _to_the_end(self._running.popitem()[1].close())

    def _url_for(self, method: str, params: Mapping[str, Any]) -> str | None:
        if is_offline(method, params):
            return None
        places = (params.get("datasourceType") or {}, params.get("datasource") or {})
        named = (place.get("url") for place in places)
        return next(filter(None, named), self._url)

    async def _call(self, url: str | None, method: str, params: Mapping[str, Any]) -> Any:
        if url is None and not is_offline(method, params):
            raise _no_url()
        running = self._running.get(url)
        if running is None:
            running = self._running[url] = _Running(self._files, url, self._shadow_url, self._log)
        try:
            result = await running.call(method, params)
        except BaseException as error:
            await self._recover(url, running, error)
            raise
        await _to_the_end(running.close_shadows())
        return result

    async def _recover(self, url: str | None, running: _Running, error: BaseException) -> None:
        """Clean up after a call that failed; the first error is the one to tell."""
        clean_up = running.close_shadows
        if running.must_end(error):
            self._running.pop(url, None)
            clean_up = running.close
        try:
            await _to_the_end(clean_up())
        except UserFacingError as second:
            _log.warning("cleaning up failed: %s", second)


class _Running:
    """One engine and the database it works on."""

    def __init__(
        self, files: Sequence[tuple[str, str]], url: str | None, shadow_url: str | None, log: Log | None
    ) -> None:
        settings = None if url is None else read_url(url)
        shadow = read_url(shadow_url) if shadow_url else None
        self._log = log
        self._instance = Instance(files)
        jobs = self._instance.jobs
        self._factory = OfflineFactory(jobs) if settings is None else Factory(jobs, settings, shadow)
        self._is_started = False
        self._migration: str | None = None  # the one that the engine works on
        self._diagnosed: str | None = None  # the migrations that it has in its cache

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Call a method; its errors get back what the engine lost of them."""
        self._migration = None
        if isinstance(self._factory, Factory):
            self._factory.failures.forget()
        try:
            await self._start()
            if method in _NEED_MIGRATED_SCHEMA:
                await self._fill_cache(params)
            return _plain(await self._instance.call(METHODS[method], params))
        except BrokenError as error:
            raise SchemaEngineError(self._instance.last_words(error)) from error
        except JsError as error:
            raise self._explain(method, error) from error

    def must_end(self, error: BaseException) -> bool:
        """Whether the engine, or its connection, is of no use after this error."""
        if not isinstance(error, UserFacingError):
            return True
        is_lost = isinstance(self._factory, Factory) and self._factory.is_lost
        return is_lost or not self._is_started or error.code == _LOCK_TIMED_OUT

    async def close_shadows(self) -> None:
        """Remove what a call has left. Errors: UserFacingError."""
        if isinstance(self._factory, Factory):
            await self._factory.close_shadows()

    async def close(self) -> None:
        """End the engine, and leave no connection and no shadow database behind. Errors: UserFacingError."""
        try:
            await self._instance.close()
        finally:
            if isinstance(self._factory, Factory):
                await self._factory.close()

    async def _start(self) -> None:
        if not self._is_started:
            await self._instance.start(self._factory.exposed(), self._listen)
            self._is_started = True

    async def _fill_cache(self, params: Mapping[str, Any]) -> None:
        """Works around an omission: only the diagnosis hands the engine's cache a way to a shadow database."""
        migrations = params["migrationsList"]
        key = json.dumps(migrations["migrationDirectories"])
        if key != self._diagnosed:
            asked = {"migrationsList": migrations, "filters": params["filters"], "optInToShadowDatabase": True}
            await self._instance.call("diagnoseMigrationHistory", asked)
            self._diagnosed = key

    def _listen(self, line: str) -> None:
        span = json.loads(line).get("span") or {}
        self._migration = span.get("migration_name") or self._migration
        if self._log is not None:
            self._log(line.rstrip("\n"))

    def _explain(self, method: str, error: JsError) -> Exception:
        failures = self._factory.failures if isinstance(self._factory, Factory) else Failures()
        if method == "applyMigrations" and failures.script and self._migration:
            return migration_failed(self._migration, failures.script.sql, failures.script.error)
        if failures.other is not None:
            return failures.other
        known = error.properties
        code = known.get("code")
        if method == "dbExecute" and failures.statement:
            return UserFacingError(_text(code), describe_failure(failures.statement.error, failures.statement.sql))
        meta = known.get("meta")
        return UserFacingError(_text(code), error.message, meta if isinstance(meta, dict) else None)


def _no_url() -> UserFacingError:
    return UserFacingError(
        "P1013",
        "The provided database string is invalid. It is empty: set DATABASE_URL, in the environment or in .env.",
    )


def _text(code: object) -> str | None:
    return code if isinstance(code, str) else None


def _plain(value: Any) -> Any:
    """A value of JavaScript's as JSON would carry it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not UNDEFINED}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, BigInt):
        return int(value)
    return None if value is UNDEFINED else value


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do some work to its end, also where whoever waits for it is cancelled; the cancellation goes on afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
        except Exception:  # noqa: BLE001, S110  # told below
            pass
    if cancelled is not None and not task.cancelled():
        raise cancelled
    task.result()
