"""OpenTelemetry's spans and metrics of one engine, in its stable conventions for databases.

Only imported where OpenTelemetry's API is installed, and only used where the program has set up what takes them.
Source: https://opentelemetry.io/docs/specs/semconv/database/
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from time import perf_counter, time_ns
from typing import Any, Final, Protocol, TypeAlias
from weakref import WeakKeyDictionary

from opentelemetry.metrics import CallbackOptions, Observation, get_meter, get_meter_provider
from opentelemetry.trace import SpanKind, StatusCode, get_tracer, get_tracer_provider

from prisma_engine.errors import UserFacingError
from prisma_engine.health import Stats

__all__ = ["Telemetry", "is_wanted"]

_BOUNDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0)  # seconds, those of the convention
_STAND_INS: Final = ("opentelemetry.trace", "opentelemetry.metrics")
_TARGET: Final = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+(?:"[^"]+"\.)?"([^"]+)"')  # as the compiler writes them

Attributes: TypeAlias = Mapping[str, str | int]

_tracer: Final = get_tracer("prisma_engine")
_meter: Final = get_meter("prisma_engine")
_duration: Final = _meter.create_histogram(
    "db.client.operation.duration",
    unit="s",
    description="Duration of database client operations.",
    explicit_bucket_boundaries_advisory=_BOUNDS,
)


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
        with _tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as span:
            try:
                return await running
            except BaseException as error:
                span.set_status(StatusCode.ERROR)
                span.set_attribute("error.type", _kind(error))
                raise

    def statement(self, sql: str, began: float, error: BaseException | None) -> None:
        """A statement has ended; `began` is what `perf_counter` said before."""
        seconds = perf_counter() - began
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
