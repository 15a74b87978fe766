"""Hostile values, what to expect of them, and a watch over what they do to a database."""

from __future__ import annotations

import enum
import hashlib
import logging
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from prisma import Base64, Json

from database_url import DatabaseUrl
from fix_postgres import Server

MARK: Final = "Zq7x"
"""A part of every hostile text, by which it would be found in a statement."""

LONG: Final = 1_000_000
TOO_DEEP: Final = 10_000

Make = Callable[[Random], Any]


class Text(str):
    """A text whose type is the caller's own."""

    __slots__ = ()


class Page(enum.IntEnum):
    """A number whose type is the caller's own."""

    FIRST = 1


class Answer(enum.Enum):
    """A text behind a name."""

    YES = "yes"


class Agreeable:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


def nested(levels: int, leaf: Any = None, *, key: str | None = None) -> Any:
    """Lists in lists, or with a key dicts in dicts."""
    for _ in range(levels):
        leaf = [leaf] if key is None else {key: leaf}
    return leaf


def endless() -> list[Any]:
    """A list that holds itself."""
    items: list[Any] = []
    items.append(items)
    return items


PIECES: Final = (
    *("\0", "\ud800", "\udfff", "\n", "\r\n", "\t", "\x1b[31m", "\x7f", "\u2028", "\ufeff", "\u202e", "\u200f"),
    *(
        "'",
        '"',
        "`",
        "\\",
        "\\'",
        "''",
        "--",
        "/*",
        "*/",
        ";",
        "%",
        "_",
        "\\%",
        "$1",
        "$$",
        "${x}",
        "{}",
        "%s",
        ":id",
        "?",
    ),
    *(
        '\'; DROP TABLE "Message"; --',
        '" OR 1=1 --',
        "') RETURNING *; --",
        "pg_sleep(60)",
        "<script>",
        "\\u0000",
        "\\x00",
    ),
    *("NULL", "null", "NaN", "1e999", "0x10", "[1,2]", '{"a": 1}', '{"$type":"Param"}'),
    *("👩\u200d👩\u200d👧", "🏴", "é", "e\u0301", "ﷺ", "\U0010ffff", "שלום", "مرحبا"),
)
"""What hostile texts are put together from."""


def hostile_text(random: Random) -> str:
    """A text of hostile pieces, with the mark somewhere."""
    pieces = random.choices(PIECES, k=random.randint(0, 6))
    pieces.insert(random.randint(0, len(pieces)), MARK)
    return "".join(pieces)


def _long_text(random: Random) -> str:
    return hostile_text(random) * (LONG // 50)


TEXTS: Final[Sequence[Make]] = (
    *[hostile_text] * 20,
    lambda random: random.choice(["", " ", "null", "true", "0", "nan", "%", "_", "\\", "--5", "٣", MARK]),
    lambda random: Text(hostile_text(random)),
)

NUMBERS: Final[Sequence[Make]] = (
    lambda random: random.choice([2**31, -(2**31) - 1, 2**63, -(2**63) - 1, 2**1000, 10**5000, 0, -1, 7, Page.FIRST]),
    lambda random: random.choice([math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e300, 0.1, 1.5]),
    lambda random: Decimal(
        random.choice(["NaN", "sNaN", "-Infinity", "1E+1000000", "1E-1000000", "-0", "1.5", "1" * 2000])
    ),
    lambda random: random.choice([True, False, 1j]),
)

TIMES: Final[Sequence[Make]] = (
    lambda random: random.choice([datetime.min, datetime.max]),  # noqa: DTZ901  # the client takes it for UTC
    lambda random: datetime.min.replace(tzinfo=timezone(timedelta(hours=random.randint(1, 23)))),
    lambda random: datetime.max.replace(tzinfo=timezone(-timedelta(hours=random.randint(1, 23)))),
    lambda random: datetime(2024, 2, 29, 23, 59, 59, random.randrange(10**6), tzinfo=timezone.utc),
    lambda random: random.choice([date.min, date.max, time.min, time.max, timedelta.max]),
    lambda random: random.choice(
        ["2024-02-30T00:00:00Z", "0000-01-01", "infinity", "24:00", "2024-02-29T10:00:00+99:00"]
    ),
)

DOCUMENTS: Final[Sequence[Make]] = (
    lambda random: {hostile_text(random): [hostile_text(random), None, True, 0.1, 2**70]},
    lambda random: nested(random.randint(1, 300), hostile_text(random)),
    lambda random: nested(random.randint(1, 300), key=hostile_text(random)),
    lambda random: nested(TOO_DEEP, key=random.choice([None, "a"])),
    lambda random: [math.nan, hostile_text(random)],
    lambda random: {hostile_text(random): 10**5000},
    lambda random: random.choice([[], {}, [[]], [{}], {"": ""}]),
    lambda random: Json(hostile_text(random)),
    lambda random: Json(nested(TOO_DEEP)),
)

OPERATORS: Final[Sequence[Make]] = (
    lambda random: {random.choice(["not", "contains", "startswith", "gt", "set", "equals"]): hostile_text(random)},
    lambda random: {random.choice(["in", "not_in", "notIn", "hasSome"]): [hostile_text(random)]},
    lambda random: {random.choice(["OR", "AND", "NOT"]): [{}]},
    lambda random: {random.choice(["increment", "set", "push", "connect"]): 10**5000},
    lambda random: {
        "$type": random.choice(["Param", "Raw", "FieldRef", "Enum"]),
        "value": {"name": "%1", "type": "String"},
    },
    lambda random: {hostile_text(random): hostile_text(random)},
    lambda random: {random.choice([1, None, (1, 2), b"a", 1.5]): 1},
)

OBJECTS: Final[Sequence[Make]] = (
    lambda random: random.choice([object(), object, Agreeable(), ..., NotImplemented, range(3), len]),
    lambda random: (letter for letter in "ab"),
    lambda random: random.choice([b"a\0\xff", bytearray(b"a"), memoryview(b"a"), Base64.encode(b"a"), Base64("a")]),  # type: ignore[arg-type]  # that it is wrong is the point
    lambda random: random.choice([{MARK}, frozenset([MARK]), (MARK,), [MARK], [None], [MARK, 1]]),
    lambda random: random.choice([endless(), Answer.YES, UUID(int=1), None]),
)

KINDS: Final = (TEXTS, TEXTS, NUMBERS, TIMES, DOCUMENTS, OPERATORS, OBJECTS)


def hostile(random: Random) -> Any:
    """A value of any kind."""
    if random.random() < 0.01:
        return _long_text(random)
    return random.choice(random.choice(KINDS))(random)


def described(value: object) -> str:
    """A value in short, for the message of a failing test."""
    shown = repr(value)[:200] if isinstance(value, (str, bytes, float, Decimal, date)) else ""
    return f"{type(value).__name__} {shown}"


class Watch:
    """Looks at a database behind its client's back."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection = connection

    async def state(self, tables: Sequence[str]) -> str:
        """A checksum of every row of these tables."""
        digest = hashlib.sha256()
        for table in tables:
            for row in await self._connection.fetch(f'SELECT t::text FROM "{table}" t ORDER BY 1'):
                digest.update(repr((table, row[0])).encode())
        return digest.hexdigest()

    async def execute(self, sql: str, *args: object) -> None:
        """Run a statement."""
        await self._connection.execute(sql, *args)


class _Statements(logging.Handler):
    """Keeps the texts of all statements."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        assert isinstance(record.args, tuple)
        self.texts.add(str(record.args[0]))


@pytest_asyncio.fixture
async def watch(server: Server, migrated_url: str) -> AsyncIterator[Watch]:
    """A watch over the database of the fixture `db`."""
    async with _watching(server, migrated_url) as watch:
        yield watch


@pytest_asyncio.fixture
async def types_watch(server: Server, types_url: str) -> AsyncIterator[Watch]:
    """A watch over the database with a table of every type."""
    async with _watching(server, types_url) as watch:
        yield watch


@asynccontextmanager
async def _watching(server: Server, url: str) -> AsyncIterator[Watch]:
    connection = await server.connect(DatabaseUrl.parse(url).database)
    try:
        yield Watch(connection)
    finally:
        await connection.close()


@pytest.fixture
def statements() -> Iterator[set[str]]:
    """The texts of the statements that clients run in this test."""
    log = logging.getLogger("prisma_engine.sql")
    handler, before = _Statements(), (log.level, log.propagate)
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    yield handler.texts
    log.removeHandler(handler)
    log.setLevel(before[0])
    log.propagate = before[1]
