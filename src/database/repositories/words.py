"""Words in messages, by PostgreSQL's own full text search and an index that a migration of the project's may add.

The index has the words of each message, and the stretches of time it is in: of 64 seconds, of 16 times that, and so on.
Newest first, a search looks into the last stretch that holds enough messages, and into longer ones until a page is
full. So it reads about as many messages as it returns, for words that every message has as for those that few have;
an index of words alone would have to give all messages with a word before the newest could be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from prisma import Prisma
from prisma.models import Message

from database.errors import WordIndexMissingError, shown
from prisma_engine.namespace import Table, query, table_of

__all__ = ["INDEXED", "index_sql", "page_of"]

INDEXED: Final = 100_000
"""The characters of a message that are indexed: PostgreSQL refuses what has more than a megabyte of words."""

_LONGEST: Final = 500
"""The characters of words to search for: PostgreSQL refuses a word of more than two kilobytes."""

_STEP: Final = 16  # a stretch of the next level is so many times as long
_LENGTHS: Final = tuple(64 * _STEP**level for level in range(5))  # in seconds, up to 48 days
_STRETCHES: Final = (1, _STEP // 4)  # of a level, before the next one: each window is four times as long as the last
_ENOUGH: Final = 4  # messages for each one asked for, where the first window ends

# A server whose locale is C, as that of embedded ones is for the kinds of characters, takes these for letters.
_MARKS: Final = "„“”‚‘’«»‹›–—…•·¿¡¶§†‡′″、。「」『』【】〈〉《》，．！？：；（）～"  # noqa: RUF001
_SPACES: Final = r"\u00A0\u2009\u200B\u202F\u3000"
_PLAIN: Final = "translate({{}}, E'{marks}{spaces}', repeat(' ', {count}))".format(
    marks=_MARKS, spaces=_SPACES, count=len(_MARKS) + _SPACES.count("u")
)

_LEVELS: Final = len(_LENGTHS)
_TIMES: Final = ", ".join(
    f"floor(date_part('epoch', {{message[createdAt]}}) / {length})::bigint * {_LEVELS} + {level}"
    for level, length in enumerate(_LENGTHS)
)
_PARTS: Final = {
    "words": "to_tsvector('simple', {})".format(_PLAIN.format(f"left({{message[content]}}, {INDEXED})")),
    "asked": "websearch_to_tsquery('simple', {})".format(_PLAIN.format("$1")),
    "times": f"ARRAY[{_TIMES}]",
}
_INDEX: Final = """\
CREATE INDEX{concurrently} IF NOT EXISTS {name}
ON {table}
USING gin (({words}), ({times}))
WITH (gin_pending_list_limit = 256);
"""
# The latest messages wait to be sorted into such an index, and each search reads those that wait: so they are few.

_LOOK: Final = """
SELECT min("time") AS "oldest", max("time") AS "newest", EXISTS (
    SELECT FROM pg_index WHERE indexrelid = to_regclass($3) AND indisvalid
) AS "indexed", querytree({asked}) = 'T' AS "endless"
FROM (
    SELECT {message[createdAt]} AS "time"
    FROM {message}
    WHERE {message[createdAt]} <= $2
    ORDER BY {message[createdAt]} DESC
    LIMIT $4
) newest
"""
_FIND: Final = """
WITH found AS MATERIALIZED (
    SELECT {message[createdAt]} AS "time", {message[id]} AS "id", {message[sessionId]} AS "session"
    FROM {message}
    WHERE {words} @@ {asked} AND {times} && $6
)
SELECT "id", "session"
FROM found
WHERE ("time", "id", "session") < ($2, $3, $4)
ORDER BY "time" DESC, "id" DESC, "session" DESC
LIMIT $5
"""
_FIND_ALL: Final = _FIND.replace(" AND {times} && $6", "")
_FIND_IN_SESSION: Final = """
SELECT {message[id]} AS "id", {message[sessionId]} AS "session"
FROM {message}
WHERE {message[sessionId]} = $4 AND ({message[createdAt]}, {message[id]}) < ($2, $3) AND {words} @@ {asked}
ORDER BY {message[createdAt]} DESC, {message[id]} DESC
LIMIT $5
"""
# Of an order by time, PostgreSQL would make a walk through all messages where it thinks that many have the words; a
# MATERIALIZED part does not know of the order.


def index_sql(message: Table, *, has_partitions: bool) -> str:
    """The SQL that makes the index: a migration of its own, because no transaction may be around it.

    PostgreSQL makes none `CONCURRENTLY` on a table with partitions, but takes over those that these have already.
    """
    concurrently = "" if has_partitions else " CONCURRENTLY"
    return _named(_INDEX, message, name=_quoted(_name(message)), table=_quoted(message.name), concurrently=concurrently)


async def page_of(
    client: Prisma, words: str, place: tuple[datetime, str, str], limit: int, *, in_session: bool
) -> list[tuple[str, str]]:
    """The ids of the next so many messages before a place that have the words, and of their sessions, newest first.

    A place is a time and the ids of a message and of its session, which is the one searched where it is `in_session`.
    Errors: ValueError for words that are too long; and, but for one session, whose messages are read without the index,
            WordIndexMissingError where there is none, and ValueError for words that every message may lack.
    """
    if len(words) > _LONGEST:
        raise ValueError(f"The words to search for have {len(words):,} characters: {_LONGEST} is the most.")
    message = await table_of(client, Message)
    if in_session:
        return await _found(client, _named(_FIND_IN_SESSION, message), words, *place, limit)
    index = f"{_quoted(message.schema)}.{_quoted(_name(message))}"
    [seen] = await query(client, _named(_LOOK, message), words, place[0], index, _ENOUGH * limit)
    if not seen["indexed"]:
        raise WordIndexMissingError
    if seen["endless"]:
        raise ValueError(f"The words {shown(words)} only say what a message must not have: add one that it must have.")
    if seen["newest"] is None:
        return []
    for window in _windows(seen["oldest"].timestamp(), seen["newest"].timestamp()):
        keys = await _found(client, _named(_FIND, message), words, *place, limit, window)
        if len(keys) == limit:
            return keys
    return await _found(client, _named(_FIND_ALL, message), words, *place, limit)


def _windows(oldest: float, newest: float) -> Iterator[list[int]]:
    """What the index calls the stretches of each window that ends with the newest message and has the oldest in it.

    Units: seconds since 1970.
    """
    for level, length in enumerate(_LENGTHS):
        last = int(newest // length)
        for stretches in _STRETCHES:
            if (last - stretches) * length <= oldest:
                yield [number * _LEVELS + level for number in range(last - stretches, last + 1)]


async def _found(client: Prisma, sql: str, *parameters: object) -> list[tuple[str, str]]:
    return [(row["id"], row["session"]) for row in await query(client, sql, *parameters)]


def _named(sql: str, message: Table, **names: str) -> str:
    parts = {name: part.format(message=message) for name, part in _PARTS.items()}
    return sql.format(message=message, **parts, **names)


def _name(message: Table) -> str:
    return f"{message.name}_words_idx"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
