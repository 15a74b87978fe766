"""make db-search: add the index of words in messages, as a migration of the project's own."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime, timezone
from typing import Final

from checkouts import require_own_server
from db_partitions import project_messages, run
from prisma_command import prisma_here_or_exit, prisma_or_exit
from prisma_engine.admin.session import quoted
from steps import PROJECT, StepError, main, say

_MIGRATIONS: Final = PROJECT / "migrations"
_NAME: Final = "message_words"
_UNINDEXED: Final = """
SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid
WHERE inhparent = to_regclass($1) AND to_regclass($2) IS NULL ORDER BY relname
"""


def db_search() -> None:
    """Apply what migrations there are; where the database has no index then, write one more for it."""
    require_own_server()
    prisma_or_exit("generate")  # the SQL has the names of the schema as it is now
    run(_index_partitions())
    prisma_here_or_exit("migrate", "deploy")
    sql = _sql_of_missing_index()
    if sql is None:
        say("the index is there")
        return
    script = _MIGRATIONS / f"{datetime.now(timezone.utc):%Y%m%d%H%M%S}_{_NAME}" / "migration.sql"
    script.parent.mkdir()
    script.write_text(sql, encoding="utf-8")
    say(f"wrote {script.relative_to(PROJECT)}")
    prisma_here_or_exit("migrate", "deploy")
    if _sql_of_missing_index() is not None:
        raise StepError("an index of this name is there but not valid: drop it, then run make db-search again")


async def _index_partitions() -> None:
    """Index each partition, if there are any, while others write; a migration for them all then takes those indexes.

    PostgreSQL can make none `CONCURRENTLY` for them all.
    """
    from database.repositories.message_key import HAS_SESSION
    from database.repositories.words import index_sql

    if not HAS_SESSION:
        return
    async with project_messages() as (connection, table):
        for row in await connection.fetch(_UNINDEXED, quoted(table.name), quoted(f"{table.name}_words_idx")):
            await connection.execute(index_sql(replace(table, name=row[0]), has_partitions=False))


def _sql_of_missing_index() -> str | None:
    """The SQL for the index; None where searches find one."""
    from database import WordIndexMissingError
    from database.sync import DatabaseService

    with DatabaseService() as db:
        try:
            db.messages.search_messages("any", by="words", limit=1)
        except WordIndexMissingError:
            return db.messages.word_index_sql()
        return None


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main(db_search)
