"""The errors of migrations, in the words of Prisma's schema engine."""

from __future__ import annotations

from collections.abc import Sequence

from prisma_engine.errors import UserFacingError

__all__ = [
    "failed_before",
    "lock_timed_out",
    "provider_switched",
    "schema_not_empty",
    "script_missing",
]


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
