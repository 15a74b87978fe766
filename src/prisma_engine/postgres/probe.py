"""Asks a database whether it can be used now, on a connection of its own."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.health import Health, Stats
from prisma_engine.metrics import Metrics
from prisma_engine.patience import OutOfTimeError, Patience, within
from prisma_engine.postgres.connection import open_connection
from prisma_engine.postgres.url import Settings
from prisma_engine.postgres.watch import Watch

__all__ = ["probe"]

_QUESTION: Final = """
SELECT current_setting('server_version') AS version,
       NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS takes_writes
"""


async def probe(settings: Settings, pool: Stats, timeout: float) -> Health:
    """Connect and ask, within so many seconds.

    A connection of the pool would tell less: whether new ones are possible is half of the question, and a full pool
    would have to be waited for.
    """
    began = perf_counter()
    found: dict[str, object] = {}
    error = None
    try:
        found = await within(_answer(settings), Patience(timeout))
    except OutOfTimeError as late:
        error = f"P1002: The database did not answer within {timeout:g} s.{late.remark}"
    except UserFacingError as problem:
        error = str(problem)
    return Health(
        error=error,
        milliseconds=(perf_counter() - began) * 1000,
        server_version=str(found["version"]) if found else None,
        takes_writes=bool(found.get("takes_writes")),
        pool=pool,
    )


async def _answer(settings: Settings) -> dict[str, object]:
    connection = await open_connection(settings, Watch(Metrics()))
    try:
        (row,) = await connection.query(_QUESTION, ())
    finally:
        connection.terminate()
    return row
