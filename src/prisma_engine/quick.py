"""Calls of a shape that is known: one coroutine from the client's call to the statement of the driver.

`Runtime` finds out what a call needs and runs whatever plan that is. Most calls are one statement, outside of
transactions, of a shape that was there before: what is known of that shape makes most of that way unnecessary. What
happens is the same: the values, the checks of the connection, the errors, the metrics, and the second run of a read
whose connection was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from prisma_engine.errors import UserFacingError
from prisma_engine.interpreter import Program, Query, shaped
from prisma_engine.plan_cache import PLAN_CACHE_SIZE
from prisma_engine.postgres import PostgresDatabase
from prisma_engine.request import READS, Call, RequestBuilder, Shapes

__all__ = ["QuickCalls", "is_lost_read"]


def is_lost_read(call: Call, error: UserFacingError) -> bool:
    """Whether a call outside of transactions may run once more: it changes nothing, and its connection was lost."""
    return error.code == "P1017" and call.method in READS


@dataclass(frozen=True, slots=True)
class _Known:
    """What all calls of a shape need."""

    query: Query
    finish: Callable[[Any], Any] | None  # of the method, after the plan's own


QuickCall = tuple[_Known | None, list[object]]
"""What is known of a call, and the values of its placeholders."""


class QuickCalls:
    """The shapes of calls that need no more than one statement."""

    def __init__(self, requests: RequestBuilder, database: PostgresDatabase) -> None:
        self._requests = requests
        self._database = database
        self._shapes: Shapes[_Known] = Shapes(PLAN_CACHE_SIZE)

    def find(self, call: Call) -> QuickCall | None:
        """What is known of a call, which is nothing yet for one to `learn` from; None where it has to be prepared.

        Errors: those of its values, as when it is prepared.
        """
        if call.root_selection is not None:
            return None
        try:
            return self._shapes.find(call.method, call.model, call.arguments)
        except RecursionError:
            return None

    def learn(self, call: Call, program: Program, finish: Callable[[Any], Any] | None) -> None:
        """Remember what a call has needed that was prepared, for all calls of its shape."""
        query = program.query
        known = None if query is None else _Known(query, finish)
        trace = None if known is None else self._requests.trace(call)
        self._shapes.learn(call.method, call.model, call.arguments, trace, known)

    async def run(self, call: Call, known: _Known, params: Sequence[object]) -> Any:
        """Run a call outside of transactions. Errors: as `Runtime.run`."""
        query, database = known.query, self._database
        step = query.step
        try:
            pool = database.pool()
            connection = pool.take_free() or await pool.take()
            run = query.begin(connection, params)
            try:
                rows = await query.send(run)
            except BaseException as error:
                pool.give_back(connection, interrupted=not isinstance(error, Exception))
                raise
            pool.give_back(connection, interrupted=False)
        except UserFacingError as error:
            if not is_lost_read(call, error):
                raise
            result = await database.run(lambda connection: step(query.begin(connection, params)))
        else:
            result = step.finish(rows, run)
            if step.shape is not None:
                result = await shaped(step.shape, result) if isinstance(result, list) else step.shape(result)
        return result if known.finish is None else known.finish(result)
