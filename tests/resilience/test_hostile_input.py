"""Hostile values through every method: each comes back as it was, or is refused by name, and nothing else changes."""

from __future__ import annotations

import enum
import json
import math
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timezone
from decimal import Context, Decimal, localcontext
from typing import Any, Final

import pytest
from prisma import Json
from prisma.errors import PrismaError
from prisma.types import MessageScalarFieldKeys

from database import DatabaseError, DatabaseService
from fix_hostile import MARK, Watch, described, hostile
from fix_property import same
from fix_soak import Soak, rounds

BATCH: Final = 100  # calls between two looks at the database
MEGABYTE: Final = 1_000_000

LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)

CHAT: Final = ("Session", "Message", "CharacterFile")

Call = Callable[[DatabaseService, str, Any], Awaitable[Any]]


def plain(value: Any) -> Any:
    """What a value is without its class, and without the operator that sets it."""
    if isinstance(value, dict) and value.keys() == {"set"}:
        return value["set"]
    return value.value if isinstance(value, enum.Enum) else value


def written(value: Any) -> Any:
    """What a text field holds of a value that is not text: what the client itself writes in its place."""
    value = plain(value)
    if isinstance(value, datetime):
        return str(_instant(value).isoformat())
    if type(value).__name__ == "Json":  # of any client
        return json.dumps(value.data, ensure_ascii=False, default=_in_json)
    return str(value) if isinstance(value, Decimal) or type(value).__name__ == "Base64" else value


# The repositories


async def store_message(db: DatabaseService, own: str, value: Any) -> None:
    message = await db.messages.create_message(content=value, role="user", session_id=own)
    assert message.content == value
    assert await db.messages.get_message_by_id(message.id) == message


async def store_messages(db: DatabaseService, own: str, value: Any) -> None:
    stored = await db.messages.create_messages(own, [{"content": value, "role": "user"}] * 2)
    assert [message.content for message in stored] == [value, value]
    assert [await db.messages.get_message_by_id(message.id) for message in stored] == stored


def store_with(**fields: Callable[[Any], Any]) -> Call:
    async def store(db: DatabaseService, own: str, value: Any) -> None:
        new: Any = {"content": MARK, "role": "user", **{name: make(value) for name, make in fields.items()}}
        [stored] = await db.messages.create_messages(own, [new])
        assert await db.messages.get_message_by_id(stored.id) == stored

    return store


async def find_text(db: DatabaseService, own: str, value: Any) -> None:
    [stored] = await db.messages.create_messages(own, [{"content": value, "role": "user"}])
    assert stored in await db.messages.search_messages(value, session_id=own, limit=2 * BATCH)


async def stream(db: DatabaseService, _own: str, value: Any) -> None:
    assert [message async for message in db.messages.iter_messages(value)] == []


async def store_character(db: DatabaseService, own: str, value: Any) -> None:
    file = await db.character_files.create_character_file(content=value, session_id=own)
    assert same(file.content, json.loads(json.dumps(value)))
    assert await db.character_files.get_character_file_by_id(file.id) == file
    assert await db.character_files.get_character_file_by_session_id(own) == file


REPOSITORY_CALLS: Final[Mapping[str, Call]] = {
    "create_message content": store_message,
    "create_character_file content": store_character,
    "create_message role": lambda db, own, v: db.messages.create_message(content=MARK, role=v, session_id=own),
    "create_message session_id": lambda db, own, v: db.messages.create_message(content=MARK, role="user", session_id=v),
    "create_character_file session_id": lambda db, own, v: db.character_files.create_character_file(
        content=MARK, session_id=v
    ),
    "get_session_by_id": lambda db, own, v: db.sessions.get_session_by_id(v),
    "get_session_with_messages": lambda db, own, v: db.sessions.get_session_with_messages(v),
    "get_session_with_character_file": lambda db, own, v: db.sessions.get_session_with_character_file(v),
    "get_complete_session": lambda db, own, v: db.sessions.get_complete_session(v),
    "delete_session": lambda db, own, v: db.sessions.delete_session(v),
    "get_message_by_id": lambda db, own, v: db.messages.get_message_by_id(v),
    "get_messages_by_session_id": lambda db, own, v: db.messages.get_messages_by_session_id(v),
    "delete_message": lambda db, own, v: db.messages.delete_message(v),
    "delete_messages_by_session_id": lambda db, own, v: db.messages.delete_messages_by_session_id(v),
    "get_character_file_by_id": lambda db, own, v: db.character_files.get_character_file_by_id(v),
    "get_character_file_by_session_id": lambda db, own, v: db.character_files.get_character_file_by_session_id(v),
    "delete_character_file": lambda db, own, v: db.character_files.delete_character_file(v),
    "delete_character_file_by_session_id": lambda db, own, v: db.character_files.delete_character_file_by_session_id(v),
    "create_messages content": store_messages,
    "create_messages role": store_with(role=lambda v: v),
    "create_messages id": store_with(id=lambda v: v),
    "create_messages createdAt": store_with(createdAt=lambda v: v),
    "create_messages message": lambda db, own, v: db.messages.create_messages(own, [v]),
    "create_messages messages": lambda db, own, v: db.messages.create_messages(own, v),
    "create_messages session_id": lambda db, own, v: db.messages.create_messages(v, [{"content": "", "role": "user"}]),
    "get_messages_by_session_id limit": lambda db, own, v: db.messages.get_messages_by_session_id(own, limit=v),
    "get_messages_by_session_id before": lambda db, own, v: db.messages.get_messages_by_session_id(own, before=v),
    "get_messages_by_session_id after": lambda db, own, v: db.messages.get_messages_by_session_id(own, after=v),
    "get_last_messages session_id": lambda db, own, v: db.messages.get_last_messages(v, 1),
    "get_last_messages count": lambda db, own, v: db.messages.get_last_messages(own, v),
    "iter_messages": stream,
    "search_messages text": find_text,
    "search_messages words": lambda db, own, v: db.messages.search_messages(v, by="words", session_id=own),
    "search_messages by": lambda db, own, v: db.messages.search_messages(MARK, by=v),
    "search_messages after": lambda db, own, v: db.messages.search_messages(MARK, after=v),
    "search_messages session_id": lambda db, own, v: db.messages.search_messages(MARK, session_id=v),
    "search_messages limit": lambda db, own, v: db.messages.search_messages(MARK, limit=v),
    "list_sessions limit": lambda db, own, v: db.sessions.list_sessions(limit=v),
    "list_sessions order": lambda db, own, v: db.sessions.list_sessions(order=v),
    "list_sessions after": lambda db, own, v: db.sessions.list_sessions(after=v),
    "delete_sessions_before time": lambda db, own, v: db.sessions.delete_sessions_before(v, dry_run=True),
    "delete_sessions_before by": lambda db, own, v: db.sessions.delete_sessions_before(LONG_AGO, by=v, dry_run=True),
    "delete_sessions_before batch_size": lambda db, own, v: db.sessions.delete_sessions_before(LONG_AGO, batch_size=v),
}


# The client


def message(own: str, content: Any) -> dict[str, Any]:
    return {"content": content, "role": "user", "sessionId": own}


async def store_id(db: DatabaseService, _own: str, value: Any) -> None:
    session = db.client.session
    created = await session.create(data={"id": value})
    assert created.id == written(value)
    assert await session.find_unique(where={"id": created.id}) == created
    assert await session.find_many(where={"id": {"in": [created.id]}}) == [created]
    assert await session.delete(where={"id": created.id}) == created


async def store_content(db: DatabaseService, own: str, value: Any) -> None:
    created = await db.client.message.create(data=message(own, value))  # type: ignore[arg-type]  # any value, on purpose
    assert created.content == written(value)
    found = await db.client.message.find_many(where={"sessionId": own, "content": {"equals": created.content}})
    assert created in found


async def store_many(db: DatabaseService, own: str, value: Any) -> None:
    rows: Any = [message(own, MARK), message(own, value)]
    assert await db.client.message.create_many(data=rows) == 2
    stored = await db.client.message.find_many(where={"sessionId": own})
    assert written(value) in [row.content for row in stored]


async def change(db: DatabaseService, own: str, value: Any) -> None:
    created = await db.client.message.create(data={"content": MARK, "role": "user", "sessionId": own})
    changed = await db.client.message.update(where={"id": created.id}, data={"content": value})
    assert changed is not None
    assert changed.content == written(value)


async def put(db: DatabaseService, own: str, value: Any) -> None:
    create: Any = message(own, value)
    stored = await db.client.message.upsert(where={"id": MARK}, data={"create": create, "update": {"content": value}})
    assert stored.content == written(value)


async def give_back(db: DatabaseService, _own: str, value: Any) -> None:
    row = await db.client.query_first("SELECT $1::text AS text, $2::text AS same", value, value)
    assert row["text"] == row["same"]
    if isinstance(value, str):
        assert row["text"] == value


def raw(type_: str) -> Call:
    return lambda db, own, v: db.client.query_raw(f"SELECT $1::{type_} AS value", v)


def find(**arguments: Callable[[Any], Any]) -> Call:
    def run(db: DatabaseService, _own: str, value: Any) -> Awaitable[Any]:
        return db.client.message.find_many(**{name: make(value) for name, make in arguments.items()})

    return run


ROLE: Final[list[MessageScalarFieldKeys]] = ["role"]

CLIENT_CALLS: Final[Mapping[str, Call]] = {
    "create id": store_id,
    "create content": store_content,
    "create_many content": store_many,
    "update content": change,
    "upsert content": put,
    "create data": lambda db, own, v: db.client.message.create(data=v),
    "create_many data": lambda db, own, v: db.client.message.create_many(data=[v]),
    "update data": lambda db, own, v: db.client.message.update(where={"id": MARK}, data=v),
    "update_many": lambda db, own, v: db.client.message.update_many(where={"sessionId": own}, data={"content": v}),
    "delete_many": lambda db, own, v: db.client.message.delete_many(where={"sessionId": own, "content": v}),
    "nested create": lambda db, own, v: db.client.session.update(
        where={"id": own}, data={"messages": {"create": [{"content": v, "role": "user"}]}}
    ),
    "where": find(where=lambda v: v),
    "where content": find(where=lambda v: {"content": v}),
    "where contains": find(where=lambda v: {"content": {"contains": v, "mode": "insensitive"}}),
    "where in": find(where=lambda v: {"content": {"in": v}}),
    "where not": find(where=lambda v: {"NOT": [{"content": {"startswith": v}}]}),
    "where related": find(where=lambda v: {"session": {"is": {"id": v}}}),
    "order": find(order=lambda v: v),
    "order direction": find(order=lambda v: {"id": v}),
    "take": find(take=lambda v: v),
    "skip": find(skip=lambda v: v),
    "cursor": find(cursor=lambda v: {"id": v}),
    "include": find(include=lambda v: v),
    "having": lambda db, own, v: db.client.message.group_by(by=ROLE, having={"role": v}),
    "raw text": give_back,
    "raw script": lambda db, own, v: db.client.execute_raw('UPDATE "Message" SET content = $1 WHERE id = $2', v, v),
    **{
        f"raw {type_}": raw(type_) for type_ in ("int", "numeric", "timestamptz", "jsonb", "bytea", "text[]", "jsonb[]")
    },
}


FINITE: Final = 200
"""More than the different statements of a run, however long it is: a new value makes no new statement."""


class Run:
    """Hostile calls, one after the other: they are counted, and what they return is looked at."""

    def __init__(self, soak: Soak, count: int) -> None:
        self._soak = soak
        self.count = count
        self.refused = 0

    async def call(self, name: str, value: Any, call: Awaitable[Any], *others: type[Exception]) -> Any:
        """What the call returns, or the documented error that it raises; any other error fails the test."""
        documented: tuple[type[Exception], ...] = (DatabaseError, TypeError, *others)
        try:
            return await call
        except documented as error:
            self.refused += 1
            return error
        except Exception as error:
            raise AssertionError(f"{name} of {described(value)}: {error!r}"[:2000]) from error

    def conclude(self, statements: set[str]) -> None:
        """Look at the statements of all calls."""
        assert 0 < self.refused < self.count
        assert [statement for statement in statements if MARK in statement] == []
        assert len(statements) < FINITE
        self._soak.record("Hostile input", calls=self.count, refused=self.refused, different_statements=len(statements))


@pytest.mark.parametrize(
    ("calls", "documented", "count"),
    [
        (REPOSITORY_CALLS, [PrismaError, ValueError], rounds(1_500, 12_000)),
        (CLIENT_CALLS, [PrismaError], rounds(1_000, 8_000)),
    ],
    ids=["repositories", "client"],
)
async def test_no_value_harms_a_chat(  # noqa: PLR0917  # fixtures
    db: DatabaseService,
    watch: Watch,
    statements: set[str],
    soak: Soak,
    calls: Mapping[str, Call],
    documented: Sequence[type[Exception]],
    count: int,
) -> None:
    witness = await db.sessions.create_session()
    for content in ("", "%", "_", "nan", "null", MARK):
        await db.messages.create_message(content=content, role="user", session_id=witness.id)
    await db.character_files.create_character_file(content={"a": 1}, session_id=witness.id)
    before = await watch.state(CHAT)
    run = Run(soak, count)
    for start in range(0, count, BATCH):
        own = (await db.sessions.create_session()).id
        for _ in range(min(BATCH, count - start)):
            name, value = soak.random.choice(list(calls)), hostile(soak.random)
            await run.call(name, value, calls[name](db, own, value), *documented)
        await watch.execute('DELETE FROM "Session" WHERE id = $1', own)
        assert await watch.state(CHAT) == before
    run.conclude(statements)


# Every scalar


def _instant(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return aware.astimezone(timezone.utc).replace(microsecond=aware.microsecond // 1000 * 1000)
    assert isinstance(value, date)
    return datetime(value.year, value.month, value.day, tzinfo=timezone.utc)


def _same_float(got: float, value: Any) -> bool:
    return got == float(value) or (math.isnan(got) and math.isnan(float(value)))


def _same_decimal(got: Decimal, value: Any) -> bool:
    with localcontext(Context(prec=100)):  # the column keeps 30 digits after the point
        return got == Decimal(str(value)).quantize(Decimal("1E-30"))


def _same_document(got: Any, value: Any) -> bool:
    if isinstance(value, str):  # the client takes a bare text for JSON
        return same(got, json.loads(value))
    data = getattr(value, "data", value)  # of any client's Json
    return same(got, json.loads(json.dumps(data, default=_in_json)))


def _in_json(value: Any) -> str:
    return str(_instant(value).isoformat()) if isinstance(value, datetime) else str(value)


SCALARS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "text": lambda got, value: bool(got == written(value)),
    "whole": lambda got, value: bool(got == value),
    "big": lambda got, value: bool(got == int(value)),
    "real": _same_float,
    "exact": _same_decimal,
    "truth": lambda got, value: got is value,
    "moment": lambda got, value: isinstance(value, str) or bool(got == _instant(value)),
    "document": _same_document,
    "raw": lambda got, value: str(got) == (b64encode(value).decode() if isinstance(value, bytes) else str(value)),
    "colour": lambda got, value: got == value,
}
"""Whether what was read is what was written, for each type of column."""


async def by_create(table: Any, data: dict[str, Any]) -> Any:
    return await table.create(data=data)


async def by_upsert(table: Any, data: dict[str, Any]) -> Any:
    return await table.upsert(where={"id": 0}, data={"create": {"id": 0, **data}, "update": data})


async def by_update(table: Any, data: dict[str, Any]) -> Any:
    created = await table.create(data={})
    return await table.update(where={"id": created.id}, data=data)


async def by_many(table: Any, data: dict[str, Any]) -> Any:
    await table.create_many(data=[{"id": -1, **data}, {"id": -2}])
    return await table.find_unique(where={"id": -1})


async def test_no_value_is_stored_as_another(
    types_client: Any, types_url: str, types_watch: Watch, statements: set[str], soak: Soak
) -> None:
    run = Run(soak, rounds(1_000, 8_000))
    async with types_client.Prisma(datasource={"url": types_url}, use_dotenv=False) as client:
        table = client.scalar
        witness = await table.create(data={"text": MARK, "texts": [MARK], "document": types_client.Json([MARK])})
        before = await types_watch.state(["Scalar"])
        for _ in range(run.count):
            field, value = soak.random.choice(list(SCALARS)), hostile(soak.random)
            value = types_client.Json(value.data) if isinstance(value, Json) else value
            several = soak.random.random() < 0.2
            data = {f"{field}s": [value]} if several else {field: value}
            write = soak.random.choice([by_create, by_upsert, by_update, by_many])
            record = await run.call(field, value, write(table, data), types_client.errors.PrismaError)
            is_operator = field != "document" and isinstance(value, dict) and value.keys() != {"set"}
            if not isinstance(record, Exception) and value is not None and not is_operator:
                got = getattr(record, f"{field}s")[0] if several else getattr(record, field)
                wanted = value if field == "document" else plain(value)
                assert SCALARS[field](got, wanted), f"{field}: {got!r} of {described(value)}"[:2000]
            await table.delete_many(where={"id": {"not": witness.id}})
            assert await types_watch.state(["Scalar"]) == before
    run.conclude(statements)


async def test_a_very_long_message_comes_back_whole(db: DatabaseService) -> None:
    content = "a'ß\"\\👩‍👩‍👧‍👦%" * (rounds(5, 100) * MEGABYTE // 16)
    session = await db.sessions.create_session()
    created = await db.messages.create_message(content=content, role="user", session_id=session.id)
    [stored] = await db.messages.get_messages_by_session_id(session.id)
    assert created.content == content
    assert stored.content == content
