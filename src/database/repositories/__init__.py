"""One repository a model: each takes a client, or uses the shared one and connects it on first use."""

from database.repositories.character_file import CharacterFileRepository
from database.repositories.message import MessageRepository, NewMessage, Role
from database.repositories.session import SessionRepository, SessionSummary

__all__ = [
    "CharacterFileRepository",
    "MessageRepository",
    "NewMessage",
    "Role",
    "SessionRepository",
    "SessionSummary",
]
