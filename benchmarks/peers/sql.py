"""The statements that the peers without a query builder share, in asyncpg's notation for parameters."""

from __future__ import annotations

from typing import Final

_SESSION: Final = 'id, "createdAt" AS created_at, "updatedAt" AS updated_at'
_MESSAGE: Final = 'id, content, role, "createdAt" AS created_at, "sessionId" AS session_id'
_CHARACTER_FILE: Final = f'{_SESSION}, content, "sessionId" AS session_id'

CREATE_SESSION: Final = f'INSERT INTO "Session" (id, "updatedAt") VALUES ($1, $2) RETURNING {_SESSION}'
CREATE_MESSAGE: Final = (
    f'INSERT INTO "Message" (id, content, role, "sessionId") VALUES ($1, $2, $3, $4) RETURNING {_MESSAGE}'
)
INSERT_MESSAGE: Final = 'INSERT INTO "Message" (id, content, role, "sessionId") VALUES ($1, $2, $3, $4)'
SESSION_BY_ID: Final = f'SELECT {_SESSION} FROM "Session" WHERE id = $1'
MESSAGES: Final = f'SELECT {_MESSAGE} FROM "Message" WHERE "sessionId" = $1 ORDER BY "createdAt", id'
LAST_MESSAGES: Final = (
    f'SELECT {_MESSAGE} FROM "Message" WHERE "sessionId" = $1 ORDER BY "createdAt" DESC, id DESC LIMIT $2'
)
CHARACTER_FILE: Final = f'SELECT {_CHARACTER_FILE} FROM "CharacterFile" WHERE "sessionId" = $1'
UPSERT_CHARACTER_FILE: Final = (
    'INSERT INTO "CharacterFile" (id, content, "updatedAt", "sessionId") VALUES ($1, $2, $3, $4) '
    'ON CONFLICT ("sessionId") DO UPDATE SET content = excluded.content, "updatedAt" = excluded."updatedAt" '
    f"RETURNING {_CHARACTER_FILE}"
)
CREATE_MESSAGES: Final = (
    'INSERT INTO "Message" (id, content, role, "sessionId") '
    "SELECT *, $4 FROM unnest($1::text[], $2::text[], $3::text[])"
)
CREATE_AND_RETURN_MESSAGES: Final = f"{CREATE_MESSAGES} RETURNING {_MESSAGE}"
DELETE_SESSION: Final = f'DELETE FROM "Session" WHERE id = $1 RETURNING {_SESSION}'
