"""One repository a model: each takes a client, or uses the shared one and connects it on first use."""

from database.repositories.character_file import CharacterFileRepository
from database.repositories.content import storable_text
from database.repositories.message import MessageRepository, SearchMode
from database.repositories.new_message import NewMessage, Role
from database.repositories.session import SessionOrder, SessionRepository, SessionSummary

__all__ = [
    "CharacterFileRepository",
    "MessageRepository",
    "NewMessage",
    "Role",
    "SearchMode",
    "SessionOrder",
    "SessionRepository",
    "SessionSummary",
    "storable_text",
]
