"""Errors on the way to a database and in a script, in the words of Prisma's schema engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.report import Report, report_of
from prisma_engine.postgres.url import Settings

__all__ = [
    "cannot_connect",
    "database_exists",
    "describe_failure",
    "describe_place",
    "migration_failed",
    "refused",
    "shadow_not_created",
]

_LINES_BEFORE: Final = 3

_NO_RIGHT: Final = "42501"  # to connect to the database

_CONNECTING: Final[Mapping[str, str]] = {
    "P1000": "Authentication failed against database server, the provided database credentials for `{user}` are not"
    " valid.\n\nPlease make sure to provide valid database credentials for the database server at the configured"
    " address.",
    "P1001": "Can't reach database server at `{address}`\n\n"
    "Please make sure your database server is running at `{address}`.",
    "P1003": "Database `{database}` does not exist",
    "P1010": "User was denied access on the database `{database}`",
}
_KEPT: Final = frozenset({"P1011", "P1013", "P1017", "P2037"})  # Prisma's words are the driver's too


def cannot_connect(error: UserFacingError, settings: Settings) -> UserFacingError:
    """The error of a connection in the schema engine's words; who may not connect is told the server's reason."""
    if error.code in _KEPT:
        return UserFacingError(error.code, error.message, error.meta)
    report = report_of(error)
    code = "P1010" if report and report.code == _NO_RIGHT else error.code or ""
    if code not in _CONNECTING:
        return refused(error)
    reason = ["", *_words(report)] if report and code == "P1010" else []
    text = _CONNECTING[code].format(user=settings.user, address=settings.address, database=settings.database)
    return UserFacingError(code, "\n".join([text, *reason]), error.meta)


def refused(error: UserFacingError) -> UserFacingError:
    """What the server does not do, in its own words and without a code, as Prisma's schema engine tells it."""
    report = report_of(error)
    if report is None:
        return UserFacingError(error.code, error.message, error.meta)
    return UserFacingError(None, "\n".join(_words(report)), {"database_error_code": report.code})


def database_exists(settings: Settings) -> UserFacingError:
    """P1009: the database that is to be created is there."""
    message = f"Database `{settings.database}` already exists on the database server"
    return UserFacingError("P1009", message, {"database_name": settings.database})


def shadow_not_created(error: UserFacingError) -> UserFacingError:
    """P3014: the server refused to create a shadow database."""
    report = report_of(error)
    return UserFacingError(
        "P3014",
        "Prisma Migrate could not create the shadow database. Please make sure the database user has permission to"
        " create databases. Read more about the shadow database (and workarounds) at https://pris.ly/d/migrate-shadow"
        f"\n\nOriginal error: {report.message if report else error.message}",
    )


def migration_failed(name: str, script: str, error: UserFacingError) -> UserFacingError:
    """P3018: which migration failed, and everything that the server said about it."""
    report = report_of(error)
    code = report.code if report else error.code or "none"
    words = describe_failure(error, script)
    return UserFacingError(
        "P3018",
        "A migration failed to apply. New migrations cannot be applied before the error is recovered from. Read more"
        " about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n"
        f"Migration name: {name}\n\nDatabase error code: {code}\n\nDatabase error:\n{words}\n",
        {"migration_name": name, "database_error_code": code, "database_error": words},
    )


def describe_failure(error: UserFacingError, script: str) -> str:
    """Everything that the server said about a script that failed, and where in the script."""
    report = report_of(error)
    return _describe(report, script) if report else error.message


def _describe(report: Report, script: str) -> str:
    place = ["", describe_place(script, report.position)] if report.position else []
    return "\n".join([*_words(report), *place])


def _words(report: Report) -> list[str]:
    fields = {"DETAIL": report.detail, "HINT": report.hint, "CONTEXT": report.context}
    return [f"{report.severity}: {report.message}", *(f"{name}: {text}" for name, text in fields.items() if text)]


def describe_place(script: str, position: int) -> str:
    """The lines of a script up to a position, with a mark below it. Units: characters, from 1."""
    before = script[: position - 1].split("\n")
    line, column = len(before), len(before[-1]) + 1
    first = max(0, line - 1 - _LINES_BEFORE)
    shown = script.split("\n")[first:line]
    numbered = [f"{number:4} | {text}" for number, text in enumerate(shown, first + 1)]
    return "\n".join([f"Position: line {line}, column {column}", *numbered, f"     | {' ' * (column - 1)}^"])
