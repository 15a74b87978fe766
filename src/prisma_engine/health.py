"""Whether a client can work now, for readiness checks and operators."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Health", "Stats", "health"]


@dataclass(frozen=True, slots=True)
class Stats:
    """What the pool holds now; `limit` counts for each event loop."""

    open: int = 0
    idle: int = 0
    busy: int = 0
    waiting: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """What the server says of itself, or the error that came instead, and the figures of the pool.

    Units: `milliseconds` for connecting, asking and hanging up.
    """

    error: str | None = None
    milliseconds: float = 0.0
    server_version: str | None = None
    takes_writes: bool = False
    pool: Stats = field(default_factory=Stats)

    @property
    def is_up(self) -> bool:
        """Whether the server answered."""
        return self.error is None


def health(client: Any, *, timeout: float = 2.0) -> Any:
    """Ask the database of a connected client for its `Health`; an asynchronous client's is awaited.

    It is asked anew each time, on a connection of its own, so that no query is disturbed and no full pool waited for.
    Units:  `timeout` is seconds.
    Errors: the client's ClientNotConnectedError; what is wrong with the database is part of the answer.
    """
    return client._engine.health(timeout=timeout)  # noqa: SLF001  # where the client keeps it
