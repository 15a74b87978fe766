"""Character files: at most one a session."""

from __future__ import annotations

from typing import Any, Final, cast

from prisma.errors import ForeignKeyViolationError
from prisma.models import CharacterFile
from prisma.types import CharacterFileCreateInput, CharacterFileCreateWithoutRelationsInput, CharacterFileUpdateInput
from typing_extensions import Unpack

from database.errors import CharacterFileNotFoundError, SessionNotFoundError
from database.repositories.arguments import Columns
from database.repositories.base import Repository
from database.repositories.content import storable_json

__all__ = ["CharacterFileRepository", "NewCharacterFile"]


class NewCharacterFile(CharacterFileCreateWithoutRelationsInput):
    """A character file to store: its content, which is any JSON value as Python data, and columns of the schema."""

    content: Any


_COLUMNS: Final = Columns.of(NewCharacterFile, left_out="sessionId")


class CharacterFileRepository(Repository):
    """Creates, replaces, reads and deletes character files."""

    async def create_character_file(
        self, *, session_id: str, **character_file: Unpack[NewCharacterFile]
    ) -> CharacterFile:
        """Give a session its character file, in place of one that it had; one statement, so two callers cannot race.

        Of one that was there, columns that are not passed stay as they were.
        Shape:  `content` is any JSON value, as Python data; columns are as the client's `create` takes them.
        Errors: SessionNotFoundError, InvalidCharacterFileError, TypeError; nothing is stored then.
        """
        _COLUMNS.check("a character file", character_file)
        row: dict[str, Any] = {**character_file, "content": storable_json(character_file["content"])}
        client = await self._connected(session_id)
        try:
            stored = await client.characterfile.upsert(
                where={"sessionId": session_id},
                data={
                    "create": cast("CharacterFileCreateInput", {**row, "sessionId": session_id}),
                    "update": cast("CharacterFileUpdateInput", row),
                },
            )
        except ForeignKeyViolationError as exc:
            raise SessionNotFoundError(session_id) from exc
        self._wrote(session_id)
        return stored

    async def get_character_file_by_id(self, character_file_id: str) -> CharacterFile | None:
        """The character file, or None."""
        client = await self._connected(character_file_id)
        return await client.characterfile.find_unique(where={"id": character_file_id})

    async def get_character_file_by_session_id(self, session_id: str) -> CharacterFile | None:
        """The character file of a session, or None."""
        client = await self._for_reading(session_id)
        return await client.characterfile.find_unique(where={"sessionId": session_id})

    async def delete_character_file(self, character_file_id: str) -> CharacterFile:
        """Delete a character file and return what it was. Errors: CharacterFileNotFoundError."""
        client = await self._connected(character_file_id)
        character_file = await client.characterfile.delete(where={"id": character_file_id})
        if character_file is None:
            raise CharacterFileNotFoundError(character_file_id)
        self._wrote(character_file.sessionId)
        return character_file

    async def delete_character_file_by_session_id(self, session_id: str) -> CharacterFile | None:
        """Delete the character file of a session and return what it was, or None when there is none."""
        client = await self._connected(session_id)
        self._wrote(session_id)
        return await client.characterfile.delete(where={"sessionId": session_id})
