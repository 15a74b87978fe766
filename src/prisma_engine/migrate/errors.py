"""The errors of migrations, in the words of Prisma's schema engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.report import Report, report_of
from prisma_engine.postgres.url import Settings

__all__ = [
    "cannot_connect",
    "failed_before",
    "lock_timed_out",
    "migration_failed",
    "provider_switched",
    "schema_not_empty",
    "script_missing",
]

_LINES_BEFORE: Final = 3

_CONNECTING: Final[Mapping[str, str]] = {
    "P1000": "Authentication failed against database server, the provided database credentials for `{user}` are not"
    " valid.\n\nPlease make sure to provide valid database credentials for the database server at the configured"
    " address.",
    "P1001": "Can't reach database server at `{address}`\n\n"
    "Please make sure your database server is running at `{address}`.",
    "P1003": "Database `{database}` does not exist",
    "P1010": "User was denied access on the database `{database}`",
}


def cannot_connect(error: UserFacingError, settings: Settings) -> UserFacingError:
    """The error of a connection in the schema engine's words, where it has its own."""
    words = _CONNECTING.get(error.code or "")
    if words is None:
        return error
    text = words.format(user=settings.user, address=settings.address, database=settings.database)
    return UserFacingError(error.code, text, error.meta)


def lock_timed_out(statement: str, seconds: float) -> UserFacingError:
    """P1002: another deployment has the lock."""
    return UserFacingError(
        "P1002",
        "The database server was reached but timed out.\n\nPlease try again.\n\n"
        "Please make sure your database server is running at the configured address.\n\n"
        f"Context: Timed out trying to acquire a postgres advisory lock ({statement}). Timeout: {seconds * 1000:.0f}ms."
        " See https://pris.ly/d/migrate-advisory-locking for details.\n",
    )


def schema_not_empty() -> UserFacingError:
    """P3005: the schema has tables that no migration made."""
    return UserFacingError(
        "P3005",
        "The database schema is not empty. Read more about how to baseline an existing production database:"
        " https://pris.ly/d/migrate-baseline",
    )


def failed_before(failures: Sequence[tuple[str, str]]) -> UserFacingError:
    """P3009: migrations that failed; of each its name and when it started."""
    lines = [f"The `{name}` migration started at {started} UTC failed\n" for name, started in failures]
    return UserFacingError(
        "P3009",
        "migrate found failed migrations in the target database, new migrations will not be applied. Read more about"
        " how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n"
        + "".join(lines),
        {"details": "".join(lines)},
    )


def script_missing() -> UserFacingError:
    """P3015: a migration's folder has no script."""
    return UserFacingError(
        "P3015",
        "Could not find the migration file at migration.sql. Please delete the directory or restore the migration"
        " file.",
    )


def provider_switched(provider: str, locked: str) -> UserFacingError:
    """P3019: the migrations are for another kind of database."""
    return UserFacingError(
        "P3019",
        f"The datasource provider `{provider}` specified in your schema does not match the one specified in the"
        f" migration_lock.toml, `{locked}`. Please remove your current migration directory and start a new migration"
        " history with prisma migrate dev. Read more: https://pris.ly/d/migrate-provider-switch",
    )


def migration_failed(name: str, script: str, error: UserFacingError) -> UserFacingError:
    """P3018: which migration failed, and everything that the server said about it."""
    report = report_of(error)
    code = report.code if report else error.code or "none"
    words = _describe(report, script) if report else error.message
    return UserFacingError(
        "P3018",
        "A migration failed to apply. New migrations cannot be applied before the error is recovered from. Read more"
        " about how to resolve migration issues in a production database: https://pris.ly/d/migrate-resolve\n\n"
        f"Migration name: {name}\n\nDatabase error code: {code}\n\nDatabase error:\n{words}\n",
        {"migration_name": name, "database_error_code": code, "database_error": words},
    )


def _describe(report: Report, script: str) -> str:
    fields = {"DETAIL": report.detail, "HINT": report.hint, "CONTEXT": report.context}
    lines = [f"{report.severity}: {report.message}"]
    lines += [f"{name}: {text}" for name, text in fields.items() if text]
    if report.position:
        lines += ["", _place(script, report.position)]
    return "\n".join(lines)


def _place(script: str, position: int) -> str:
    """The lines up to a position, with a mark below it."""
    before = script[: position - 1].split("\n")
    line, column = len(before), len(before[-1]) + 1
    first = max(0, line - 1 - _LINES_BEFORE)
    shown = script.split("\n")[first:line]
    numbered = [f"{number:4} | {text}" for number, text in enumerate(shown, first + 1)]
    return "\n".join([f"Position: line {line}, column {column}", *numbered, f"     | {' ' * (column - 1)}^"])
