"""make db-search: add the index of words in messages, as a migration of the project's own."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from typing import Final

from checkouts import require_own_server
from database.sync import DatabaseService
from prisma_command import prisma_or_exit
from steps import PROJECT, main, say

_MIGRATIONS: Final = PROJECT / "migrations"
_NAME: Final = "message_words"


def db_search() -> None:
    """Write the migration, unless there is one, and apply it."""
    require_own_server()
    if not any(_MIGRATIONS.glob(f"*_{_NAME}")):
        with DatabaseService() as db:
            sql = db.messages.word_index_sql()
        script = _MIGRATIONS / f"{datetime.now(timezone.utc):%Y%m%d%H%M%S}_{_NAME}" / "migration.sql"
        script.parent.mkdir()
        script.write_text(sql, encoding="utf-8")
        say(f"wrote {script.relative_to(PROJECT)}")
    prisma_or_exit("migrate", "deploy")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main(db_search)
