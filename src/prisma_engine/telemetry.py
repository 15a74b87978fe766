"""OpenTelemetry's spans and metrics of one engine, in its stable conventions for databases.

Only imported where OpenTelemetry's API is installed, and only used where the program has set up what takes them. What
goes wrong in it is logged; the calls of the client go on.
Source: https://opentelemetry.io/docs/specs/semconv/database/
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from time import perf_counter, time_ns
from types import TracebackType
from typing import Any, Final, Protocol, TypeAlias
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Histogram, Observation, get_meter, get_meter_provider
from opentelemetry.trace import Span, SpanKind, StatusCode, get_tracer, get_tracer_provider

from prisma_engine.errors import UserFacingError
from prisma_engine.health import Stats

__all__ = ["Telemetry", "is_wanted"]

_log: Final = logging.getLogger("prisma_engine.telemetry")

_BOUNDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)  # seconds, those of the convention
_STAND_INS: Final = ("opentelemetry.trace", "opentelemetry.metrics")
_TARGET: Final = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+(?:"[^"]+"\.)?"([^"]+)"')  # as the compiler writes them

Attributes: TypeAlias = Mapping[str, str | int]

_tracer: Final = get_tracer("prisma_engine")
_meter: Final = get_meter("prisma_engine")


def _histogram() -> Histogram:
    make = partial(
        _meter.create_histogram,
        "db.client.operation.duration",
        unit="s",
        description="Duration of database client operations.",
    )
    try:
        return make(explicit_bucket_boundaries_advisory=_BOUNDS)
    except TypeError:  # OpenTelemetry before 1.30 takes no advice
        return make()


_duration: Final = _histogram()


class _Database(Protocol):
    def stats(self) -> Stats: ...


_databases: Final[WeakKeyDictionary[_Database, Attributes]] = WeakKeyDictionary()
"""The databases whose pools the gauges tell of; a gauge is made once a process and cannot be taken back."""


def is_wanted() -> bool:
    """Whether a provider of spans or metrics is set up; the API's own ones stand in, and drop what they get."""
    providers: Iterable[object] = (get_tracer_provider(), get_meter_provider())
    return any(not type(provider).__module__.startswith(_STAND_INS) for provider in providers)


class Telemetry:
    """What an engine tells about its calls, its statements and its pool; `place` says which database that is."""

    def __init__(self, place: Attributes) -> None:
        self._place = {"db.system.name": "postgresql", **place}

    async def in_span(self, name: str, running: Awaitable[Any]) -> Any:
        """Wait for a call of the client in a span of its own, to which the spans of its statements belong."""
        with _CallSpan(name):
            return await running

    def statement(self, sql: str, began: float, error: BaseException | None) -> None:
        """A statement has ended; `began` is what `perf_counter` said before."""
        try:
            self._tell(sql, perf_counter() - began, error)
        except Exception as failure:  # noqa: BLE001  # whatever it is, the statement has nothing to do with it
            _complain(failure)

    def _tell(self, sql: str, seconds: float, error: BaseException | None) -> None:
        operation, summary = _summary(sql)
        told = {**self._place, "db.operation.name": operation, "db.query.summary": summary}
        if error is not None:
            told |= _trouble(error)
        _duration.record(seconds, told)
        span = _tracer.start_span(
            summary,
            kind=SpanKind.CLIENT,
            attributes={**told, "db.query.text": sql},
            start_time=time_ns() - round(seconds * 1e9),
        )
        if error is not None:
            span.set_status(StatusCode.ERROR)
        span.end()

    def watch(self, database: _Database, name: str) -> None:
        """Let the gauges tell of this database's pool, as long as it lives."""
        _databases[database] = {"db.client.connection.pool.name": name}


class _CallSpan:
    """The span of a call, around it."""

    __slots__ = ("_name", "_scope", "_span")

    def __init__(self, name: str) -> None:
        self._name = name
        self._scope: AbstractContextManager[Span] | None = None
        self._span: Span

    def __enter__(self) -> None:
        try:
            scope = _tracer.start_as_current_span(self._name, record_exception=False, set_status_on_exception=False)
            self._span = scope.__enter__()
            self._scope = scope
        except Exception as failure:  # noqa: BLE001  # the call has nothing to do with it
            _complain(failure)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._scope is None:
            return
        try:
            if error is not None:
                self._span.set_status(StatusCode.ERROR)
                self._span.set_attribute("error.type", _kind(error))
            self._scope.__exit__(None, None, None)
        except Exception as failure:  # noqa: BLE001  # likewise
            _complain(failure)


def _complain(failure: Exception) -> None:
    _log.warning("OpenTelemetry has failed: %r", failure)


@lru_cache(maxsize=1000)
def _summary(sql: str) -> tuple[str, str]:
    """The operation of a statement, and the same with its table: what the text is about, in few words."""
    operation = sql.split(None, 1)[0].upper() if sql.strip() else "EMPTY"
    table = _TARGET.search(sql)
    return operation, f"{operation} {table[1]}" if table else operation


def _trouble(error: BaseException) -> dict[str, str]:
    state = getattr(error, "sqlstate", None)
    return {"error.type": _kind(error), **({"db.response.status_code": state} if state else {})}


def _kind(error: BaseException) -> str:
    """What kind of error it is; never its message, which may quote the user's values."""
    code = error.code if isinstance(error, UserFacingError) else getattr(error, "sqlstate", None)
    return code or type(error).__qualname__


def _gauge(name: str, unit: str, description: str, read: Callable[[Stats], Mapping[str, int]]) -> None:
    def observe(_: CallbackOptions) -> Iterable[Observation]:
        for reference in _databases.keyrefs():  # a copy, because the exporter's thread asks
            database = reference()
            if database is not None:
                for state, count in read(database.stats()).items():
                    labels = {"db.client.connection.state": state} if state else {}
                    yield Observation(count, {**_databases[database], **labels})

    _meter.create_observable_up_down_counter(name, [observe], unit, description)


_gauge(
    "db.client.connection.count",
    "{connection}",
    "The number of connections that are currently in state described by the state attribute.",
    lambda pool: {"idle": pool.idle, "used": pool.busy},
)
_gauge(
    "db.client.connection.max",
    "{connection}",
    "The maximum number of open connections allowed.",
    lambda pool: {"": pool.limit},
)
_gauge(
    "db.client.connection.pending_requests",
    "{request}",
    "The number of current pending requests for an open connection.",
    lambda pool: {"": pool.waiting},
)
