"""The errors of migrations, in the words of Prisma's schema engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prisma_engine.admin.errors import describe_place, refused
from prisma_engine.errors import UserFacingError
from prisma_engine.postgres.report import report_of

__all__ = [
    "already_applied",
    "failed_before",
    "folder_unreadable",
    "has_nul",
    "in_prismas_words",
    "lacks_commit",
    "lock_timed_out",
    "migration_not_found",
    "never_applied",
    "not_failed",
    "provider_switched",
    "schema_not_empty",
    "script_missing",
]

_NO_SUCH_TABLE: Final = "42P01"
_PROTOCOL_VIOLATION: Final = "08P01"  # what the server makes of a NUL in a statement


@contextmanager
def in_prismas_words() -> Iterator[None]:
    """Tell what keeps the table of migrations from being used: P1014 where it is gone, else what the server says."""
    try:
        yield
    except UserFacingError as error:
        report = report_of(error)
        if report is None or report.code != _NO_SUCH_TABLE:
            raise refused(error) from error
        message = "The underlying table for model `_prisma_migrations` does not exist."
        raise UserFacingError("P1014", message) from error


def folder_unreadable(path: Path, error: OSError) -> UserFacingError:
    """The folder of migrations is there and cannot be listed, so nobody knows what is pending."""
    return UserFacingError(None, f"The folder of migrations `{path}` cannot be read: {error.strerror}.")


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


def already_applied(name: str) -> UserFacingError:
    """P3008: what is to be recorded as applied is so already."""
    return UserFacingError("P3008", f"The migration `{name}` is already recorded as applied in the database.")


def never_applied(name: str) -> UserFacingError:
    """P3011: what is to be recorded as rolled back was never tried."""
    return UserFacingError(
        "P3011",
        f"Migration `{name}` cannot be rolled back because it was never applied to the database. Hint: did you pass in"
        ' the whole migration name? (example: "20201207184859_initial_migration")',
    )


def not_failed(name: str) -> UserFacingError:
    """P3012: what is to be recorded as rolled back has succeeded."""
    return UserFacingError("P3012", f"Migration `{name}` cannot be rolled back because it is not in a failed state.")


def migration_not_found(name: str) -> UserFacingError:
    """P3017: the folder has no such migration, or no script in it."""
    return UserFacingError(
        "P3017",
        f"The migration {name} could not be found. Please make sure that the migration exists, and that you included"
        ' the whole name of the directory. (example: "20201207184859_initial_migration")',
    )


def provider_switched(provider: str, locked: str) -> UserFacingError:
    """P3019: the migrations are for another kind of database."""
    return UserFacingError(
        "P3019",
        f"The datasource provider `{provider}` specified in your schema does not match the one specified in the"
        f" migration_lock.toml, `{locked}`. Please remove your current migration directory and start a new migration"
        " history with prisma migrate dev. Read more: https://pris.ly/d/migrate-provider-switch",
    )


def lacks_commit() -> UserFacingError:
    """A script leaves a transaction open, and nothing of it would stay."""
    return UserFacingError(None, "The script begins a transaction and does not end it: it lacks a COMMIT.")


def has_nul(script: str) -> UserFacingError:
    """A script has a character that no statement may have: it would end there."""
    words = [
        "ERROR: invalid message format",
        "HINT: The script has a NUL character, as text in UTF-16 has. A migration is text in UTF-8.",
        "",
        describe_place(script, script.index("\0") + 1).replace("\0", "\N{SYMBOL FOR NULL}"),
    ]
    return UserFacingError(_PROTOCOL_VIOLATION, "\n".join(words))
