"""What the page asks of the database, and the answers: `[error]` or `[null, rows]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prisma_engine.errors import UserFacingError
from prisma_engine.ports import Record
from prisma_engine.postgres import PostgresConnection, PostgresDatabase, Settings
from prisma_engine.postgres.report import report_of
from prisma_engine.postgres.text import text_values
from prisma_engine.studio.lint import diagnose
from prisma_engine.studio.values import decoder_for, encoder_for

__all__ = ["Backend", "RequestError"]

_SHARED_SCHEMA: Final = "public"
_COPY: Final = re.compile(r"\s*copy\b.*\bfrom\s+stdin\b", re.IGNORECASE | re.DOTALL)
_NO_STDIN: Final = "COPY FROM STDIN has nothing to read here: run it with psql."
_LEFT_OPEN: Final = "Each statement runs by itself, so that no transaction can stay open: it was rolled back."

Answer = list[Any]


class RequestError(Exception):
    """A request that the page does not make; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class _Query:
    sql: str
    parameters: Sequence[object]

    @classmethod
    def of(cls, given: object) -> _Query:
        known = given if isinstance(given, dict) else {}
        sql, parameters = known.get("sql"), known.get("parameters", [])
        if not isinstance(sql, str) or not isinstance(parameters, list):
            message = "a query has a text `sql` and a list `parameters`"
            raise RequestError(message)
        return cls(sql, parameters)


class Backend:
    """Answers the page's requests on connections of its own.

    Source: Prisma 7.10, packages/cli, Studio's `/bff`; @prisma/studio-core 0.33.0, data/postgresjs.
    """

    def __init__(self, settings: Settings) -> None:
        self._schema = settings.schema
        self._database = PostgresDatabase(settings, values=text_values(encoder_for, decoder_for))
        self._procedures: Mapping[str, Callable[[Mapping[str, Any]], Coroutine[None, None, Answer]]] = {
            "query": self._query,
            "sequence": self._sequence,
            "transaction": self._transaction,
            "sql-lint": self._lint,
            "query-insights": self._insights,
        }

    async def close(self) -> None:
        """Close the connections; statements that still run are cancelled."""
        await self._database.close()

    async def answer(self, request: object) -> Answer:
        """Do what a request asks for. Errors: RequestError for one that the page does not make."""
        known = request if isinstance(request, dict) else {}
        procedure = self._procedures.get(str(known.get("procedure")))
        if procedure is None:
            message = "Unknown procedure"
            raise RequestError(message)
        try:
            return await procedure(known)
        except UserFacingError as error:
            return [_serialised(error)]

    async def _query(self, request: Mapping[str, Any]) -> Answer:
        query = _Query.of(request.get("query"))
        search_path = self._search_path(request)
        async with self._database.acquire() as connection:
            if search_path is None:
                return [None, await _run_alone(connection, query)]
            async with connection.transaction():
                await connection.query("SELECT set_config('search_path', $1, true)", [search_path])
                return [None, await _run(connection, query)]

    async def _sequence(self, _request: Mapping[str, Any]) -> Answer:
        return [[_error("Executor does not support sequences")]]  # the page asks MySQL for them, never PostgreSQL

    async def _transaction(self, request: Mapping[str, Any]) -> Answer:
        given = request.get("queries")
        queries = [_Query.of(query) for query in given] if isinstance(given, list) else []
        async with self._database.acquire() as connection, connection.transaction():
            return [None, [await _run(connection, query) for query in queries]]

    async def _lint(self, request: Mapping[str, Any]) -> Answer:
        sql = request.get("sql")
        if not isinstance(sql, str):
            message = "what is to be checked has a text `sql`"
            raise RequestError(message)
        diagnostics = await diagnose(self._database, sql, self._search_path(request))
        version = {"schemaVersion": request["schemaVersion"]} if "schemaVersion" in request else {}
        return [None, {"diagnostics": diagnostics, **version}]

    async def _insights(self, _request: Mapping[str, Any]) -> Answer:
        return [_error("Executor does not support query insights")]

    def _search_path(self, request: Mapping[str, Any]) -> str | None:
        """The search path for the schema that was chosen on the page; None where every connection has it already."""
        schema = request.get("schema")
        if not isinstance(schema, str) or schema in {"", self._schema}:
            return None
        quoted = '"{}"'.format(schema.replace('"', '""'))
        return quoted if schema == _SHARED_SCHEMA else f"{quoted}, {_SHARED_SCHEMA}"


async def _run_alone(connection: PostgresConnection, query: _Query) -> list[Record]:
    rows = await _run(connection, query)
    if connection.in_transaction:
        raise UserFacingError(None, _LEFT_OPEN)  # the pool rolls back what comes back open
    return rows


async def _run(connection: PostgresConnection, query: _Query) -> list[Record]:
    if _COPY.match(query.sql):
        raise UserFacingError(None, _NO_STDIN)  # the server would wait for data that nobody sends
    return await connection.query(query.sql, query.parameters)


def _serialised(error: UserFacingError) -> dict[str, str]:
    report = report_of(error)
    return _error(str(error)) if report is None else {"name": "PostgresError", "message": report.message}


def _error(message: str) -> dict[str, str]:
    return {"name": "Error", "message": message}
