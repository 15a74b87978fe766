"""What is told of each statement: how long it took, and, to those who ask, its text."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import TYPE_CHECKING, Final

from prisma_engine.metrics import Metrics

if TYPE_CHECKING:
    from prisma_engine.telemetry import Telemetry

__all__ = ["Watch"]

_log: Final = logging.getLogger("prisma_engine.sql")


class Watch:
    """Counts the statements of a database and writes them to the log `prisma_engine.sql`, without their values.

    The level is INFO for a client with `log_queries`, else DEBUG. What such a client logs and nobody takes up is
    printed, because `log_queries` alone is a wish to see it. OpenTelemetry gets a span of each, where it is installed.
    """

    __slots__ = ("_level", "_must_show", "_telemetry", "metrics")

    def __init__(self, metrics: Metrics, telemetry: Telemetry | None = None, *, log_queries: bool = False) -> None:
        self.metrics = metrics
        self._telemetry = telemetry
        self._must_show = log_queries
        self._level = logging.INFO if log_queries else logging.DEBUG

    def statement(self, sql: str, began: float, error: BaseException | None) -> None:
        """A statement has ended, with or without an error; `began` is what `perf_counter` said before."""
        milliseconds = (perf_counter() - began) * 1000
        self.metrics.statements.observe(milliseconds)
        if self._telemetry is not None:
            self._telemetry.statement(sql, began, error)
        if self._must_show or _log.isEnabledFor(self._level):
            self._show(sql, milliseconds)

    def _show(self, sql: str, milliseconds: float) -> None:
        if _log.isEnabledFor(self._level) and _log.hasHandlers():
            _log.log(self._level, "%s (%.2f ms)", sql, milliseconds)
        elif self._must_show:
            print(f"prisma:query {sql}", flush=True)  # noqa: T201  # as the engine of Prisma 5 did
