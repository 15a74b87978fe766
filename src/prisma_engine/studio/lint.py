"""Checks the statements that are being written in the page's SQL editor: PostgreSQL explains them, and runs none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres import PostgresConnection, PostgresDatabase
from prisma_engine.postgres.report import report_of
from prisma_engine.studio.statements import Statement, statements_in

__all__ = ["diagnose"]

_LONGEST: Final = 50 * 1024  # characters
_EXPLAINED: Final = frozenset({"delete", "insert", "select", "update", "values", "with"})
_WORD: Final = re.compile(r"[A-Za-z_]+")
_QUOTED: Final = re.compile(r'"([^"]+)"')
_EXPLAIN: Final = "EXPLAIN (FORMAT JSON) "
_CANCELLED: Final = "57014"
_LIMITS: Final = (
    "SET LOCAL statement_timeout = '1000ms'",
    "SET LOCAL lock_timeout = '100ms'",
    "SET LOCAL idle_in_transaction_session_timeout = '1000ms'",
)

_NOTHING: Final = "Type a SQL statement to lint."
_TOO_LONG: Final = f"SQL lint limit exceeded ({_LONGEST} characters)."
_NOT_EXPLAINED: Final = "SQL lint supports SELECT, WITH, VALUES, INSERT, UPDATE, and DELETE statements."
_TIMED_OUT: Final = "Lint query timed out. Simplify the statement and try again."

Diagnostic = dict[str, Any]


async def diagnose(database: PostgresDatabase, sql: str, search_path: str | None) -> list[Diagnostic]:
    """What is wrong with these statements.

    Shape:  `from` and `to` count UTF-16 units, as JavaScript does.
    Source: @prisma/studio-core 0.33.0, data/postgres-core/sql-lint.ts.
    """
    statements = statements_in(sql)
    refusal = _refusal(sql, statements)
    if refusal is not None:
        return [refusal]
    found = []
    for statement in statements:
        try:
            async with database.acquire() as connection, connection.transaction():
                await _explain(connection, statement, search_path)
        except UserFacingError as error:
            found.append(_diagnostic(sql, statement, error))
    return found


def _refusal(sql: str, statements: Sequence[Statement]) -> Diagnostic | None:
    if len(sql.strip()) > _LONGEST:
        return {"from": 0, "message": _TOO_LONG, "severity": "error", "to": 1}
    if not statements:
        return {"from": 0, "message": _NOTHING, "severity": "info", "to": 0}
    for statement in statements:
        word = _WORD.match(statement.text)
        if word is None or word[0].lower() not in _EXPLAINED:
            start = _units(sql, statement.start)
            return {"from": start, "message": _NOT_EXPLAINED, "severity": "error", "to": start + 1}
    return None


async def _explain(connection: PostgresConnection, statement: Statement, search_path: str | None) -> None:
    for limit in _LIMITS:
        await connection.execute(limit, ())
    if search_path is not None:
        await connection.query("SELECT set_config('search_path', $1, true)", [search_path])
    await connection.query(_EXPLAIN + statement.text, ())


def _diagnostic(sql: str, statement: Statement, error: UserFacingError) -> Diagnostic:
    report = report_of(error)
    code = report.code if report else error.code
    message = _TIMED_OUT if code == _CANCELLED else report.message if report else error.message
    position = report.position if report else None
    start, end = _place(statement.text, position, message)
    return {
        "code": code,
        "from": _units(sql, statement.start + start),
        "message": message,
        "severity": "warning" if report and report.severity == "WARNING" else "error",
        "source": "postgres",
        "to": _units(sql, statement.start + end),
    }


def _place(text: str, position: int | None, message: str) -> tuple[int, int]:
    """Where the server points to, or what it names."""
    if position is not None:
        start = min(max(position - 1 - len(_EXPLAIN), 0), len(text) - 1)
        return start, start + 1
    named = _QUOTED.search(message)
    start = text.lower().find(named[1].lower()) if named else -1
    return (start, start + len(named[1])) if named and start >= 0 else (0, 1)


def _units(sql: str, characters: int) -> int:
    return len(sql[:characters].encode("utf-16-le", "surrogatepass")) // 2
