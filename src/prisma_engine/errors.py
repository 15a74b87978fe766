"""The engine's own errors; `engine` turns them into Prisma Client Python's classes.

PrismaEngineError
├── ArtifactError            the compiler's files are missing, damaged or of another version
├── PlanError                compiler and engine do not fit: an unknown plan node, or a panic of the compiler
├── SchemaEngineError        the schema engine panicked; the next call has a new one
└── UserFacingError          an error with Prisma's code, message and meta
    ├── TransactionError     P2028; Prisma Client Python matches on these messages
    └── SchemaChangedError   P2034: a table changed before a transaction came to use it

WriteConflictError is another thing: programs catch it beside the client's classes, which have none for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "NO_RECORD",
    "ArtifactError",
    "PlanError",
    "PrismaEngineError",
    "SchemaChangedError",
    "SchemaEngineError",
    "TransactionError",
    "UserFacingError",
    "WriteConflictError",
]

NO_RECORD: Final = "An operation failed because it depends on one or more records that were required but not found. "
"""What each message of P2025 begins with."""


class PrismaEngineError(Exception):
    """Base of everything that the engine raises by itself."""


class ArtifactError(PrismaEngineError):
    """A file of the query compiler is missing, damaged or of another version; the message says how to mend it."""


class PlanError(PrismaEngineError):
    """Compiler and engine do not fit: a plan holds what this build does not know, or the compiler panicked."""


class SchemaEngineError(PrismaEngineError):
    """Prisma's schema engine panicked or stopped, in its own words; the next call has a new one."""


class UserFacingError(PrismaEngineError):
    """An error that Prisma documents: `code` (None when Prisma gives none), `message`, `meta`."""

    def __init__(self, code: str | None, message: str, meta: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.meta: dict[str, object] = dict(meta or {})

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.code else self.message


class TransactionError(UserFacingError):
    """P2028: an interactive transaction could not be started, used or closed."""

    def __init__(self, message: str, meta: Mapping[str, object] | None = None) -> None:
        super().__init__("P2028", f"Transaction API error: {message}", meta)


class SchemaChangedError(UserFacingError):
    """P2034: a transaction met a table that has changed since its statement was prepared; run again, it succeeds."""

    def __init__(self) -> None:
        super().__init__("P2034", "The schema changed while the transaction ran. Please retry your transaction")


class WriteConflictError(Exception):
    """P2034: a transaction was rolled back: it conflicted with another, was to end a deadlock, or met a changed schema.

    Nothing of it is stored, and running it again is safe. What is raised is also the client's own `DataError`, or its
    `RawQueryError` for a raw query.
    """
