"""Chat sessions, their messages and their character files, in PostgreSQL."""

from database.errors import (
    CharacterFileNotFoundError,
    ConfigurationError,
    DatabaseError,
    IdTakenError,
    InvalidCharacterFileError,
    InvalidContentError,
    InvalidRoleError,
    MessageNotFoundError,
    SessionNotFoundError,
    WordIndexMissingError,
)
from database.repositories import (
    CharacterFileRepository,
    MessageRepository,
    NewMessage,
    Role,
    SearchMode,
    SessionOrder,
    SessionRepository,
    SessionSummary,
    storable_text,
)
from database.service import DatabaseService

__all__ = [
    "CharacterFileNotFoundError",
    "CharacterFileRepository",
    "ConfigurationError",
    "DatabaseError",
    "DatabaseService",
    "IdTakenError",
    "InvalidCharacterFileError",
    "InvalidContentError",
    "InvalidRoleError",
    "MessageNotFoundError",
    "MessageRepository",
    "NewMessage",
    "Role",
    "SearchMode",
    "SessionNotFoundError",
    "SessionOrder",
    "SessionRepository",
    "SessionSummary",
    "WordIndexMissingError",
    "storable_text",
]
