"""Chat sessions, their messages and their character files, in PostgreSQL."""

from database.errors import (
    CharacterFileNotFoundError,
    ConfigurationError,
    DatabaseError,
    InvalidCharacterFileError,
    InvalidContentError,
    InvalidRoleError,
    MessageNotFoundError,
    SessionNotFoundError,
)
from database.repositories import (
    CharacterFileRepository,
    MessageRepository,
    NewMessage,
    Role,
    SessionRepository,
    SessionSummary,
)
from database.service import DatabaseService

__all__ = [
    "CharacterFileNotFoundError",
    "CharacterFileRepository",
    "ConfigurationError",
    "DatabaseError",
    "DatabaseService",
    "InvalidCharacterFileError",
    "InvalidContentError",
    "InvalidRoleError",
    "MessageNotFoundError",
    "MessageRepository",
    "NewMessage",
    "Role",
    "SessionNotFoundError",
    "SessionRepository",
    "SessionSummary",
]
