"""The shared statements in psycopg's notation for parameters."""

from __future__ import annotations

import re
from typing import Final

from peers import sql


def _in_psycopgs_notation(statement: str) -> str:
    return re.sub(r"\$\d", "%s", statement)


CREATE_SESSION: Final = _in_psycopgs_notation(sql.CREATE_SESSION)
CREATE_MESSAGE: Final = _in_psycopgs_notation(sql.CREATE_MESSAGE)
SESSION_BY_ID: Final = _in_psycopgs_notation(sql.SESSION_BY_ID)
MESSAGES: Final = _in_psycopgs_notation(sql.MESSAGES)
LAST_MESSAGES: Final = _in_psycopgs_notation(sql.LAST_MESSAGES)
CHARACTER_FILE: Final = _in_psycopgs_notation(sql.CHARACTER_FILE)
UPSERT_CHARACTER_FILE: Final = _in_psycopgs_notation(sql.UPSERT_CHARACTER_FILE)
DELETE_SESSION: Final = _in_psycopgs_notation(sql.DELETE_SESSION)
