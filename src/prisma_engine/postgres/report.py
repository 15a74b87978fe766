"""What the server itself said about a statement that failed, field by field."""

from __future__ import annotations

from dataclasses import dataclass

import asyncpg

from prisma_engine.errors import UserFacingError

__all__ = ["Report", "report_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The fields of PostgreSQL's error; `position` counts the statement's characters from 1."""

    severity: str
    code: str
    message: str
    detail: str | None
    hint: str | None
    context: str | None
    position: int | None
    column: str | None


def report_of(error: UserFacingError) -> Report | None:
    """The server's report behind an error; None where the server said nothing."""
    said = error.__cause__
    if isinstance(said, asyncpg.ConnectionDoesNotExistError):
        said = said.__cause__  # the server's goodbye
    if not isinstance(said, asyncpg.PostgresError) or said.severity is None:
        return None
    return Report(
        severity=said.severity,
        code=said.sqlstate or "",
        message=said.message or "",
        detail=said.detail,
        hint=said.hint,
        context=said.context,
        position=int(said.position) if said.position else None,
        column=said.column_name,
    )
