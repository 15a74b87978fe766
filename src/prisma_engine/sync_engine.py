"""The engine of a synchronous client: each call runs on the event loop of all such clients, and the caller waits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

from prisma_engine.engine import Engine
from prisma_engine.shared_loop import close_at_exit, is_running, run

__all__ = ["SyncEngine"]

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


def _blocking(
    method: Callable[Concatenate[Engine, _Arguments], Coroutine[Any, Any, _Result]],
) -> Callable[Concatenate[SyncEngine, _Arguments], _Result]:
    """A method that runs the given one on the loop and waits for it."""

    @wraps(method)
    def call(self: SyncEngine, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        return run(partial(method, self._engine, *args, **kwargs))

    return call


class SyncEngine:
    """Runs the calls of one synchronous client, from any number of threads; a subclass is its `SyncQueryEngine`.

    Errors: as `Engine`. A call that is interrupted (KeyboardInterrupt) is cancelled on the server, too.
    """

    engine_class: ClassVar[type[Engine]]
    """What runs the calls."""

    url: Final = None  # as in `Engine`
    process: Final = None
    file: Final = None

    def __init__(
        self, *, dml_path: Path, log_queries: bool = False, http_config: Mapping[str, Any] | None = None
    ) -> None:
        self.dml_path = dml_path
        self._engine = self.engine_class(dml_path=dml_path, log_queries=log_queries, http_config=http_config)
        close_at_exit(self._engine)

    def __repr__(self) -> str:
        return f"<SyncEngine of {self._engine!r}>"

    def read_from(self, datasource: Mapping[str, Any]) -> None:
        """As `Engine.read_from`."""
        self._engine.read_from(datasource)

    connect = _blocking(Engine.connect)
    query = _blocking(Engine.query)
    start_transaction = _blocking(Engine.start_transaction)
    commit_transaction = _blocking(Engine.commit_transaction)
    rollback_transaction = _blocking(Engine.rollback_transaction)
    metrics = _blocking(Engine.metrics)
    health = _blocking(Engine.health)
    _close = _blocking(Engine.aclose)

    def close(self, *, timeout: timedelta | None = None) -> None:
        """Roll back open transactions and close every connection; a second call does nothing."""
        if is_running():
            self._close(timeout=timeout)

    async def aclose(self, *, timeout: timedelta | None = None) -> None:
        """The same as `close`; only the base class asks for it."""
        self.close(timeout=timeout)

    def stop(self, *, timeout: timedelta | None = None) -> None:
        """Cut every connection without waiting, for a client that is dropped; that happens in any thread."""
        self._engine.stop(timeout=timeout)
