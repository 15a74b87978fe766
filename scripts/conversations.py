"""Conversations as JSON Lines: one a line, with its session, its character file and its messages."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, NoReturn, cast, get_args
from urllib.parse import quote
from uuid import UUID, uuid4, uuid5

from prisma import Prisma
from prisma.models import CharacterFile, Message, Session
from prisma.types import CharacterFileCreateWithoutRelationsInput as CharacterRow
from prisma.types import MessageCreateWithoutRelationsInput as MessageRow
from prisma.types import SessionCreateWithoutRelationsInput as SessionRow

from columns import CHARACTER, MESSAGE, SESSION, json_text, text_of, time_of
from database import Role
from database.repositories.exact import exact
from prisma_engine.uuid7 import uuid7
from readers.formats import FORMATS, OWN, format_of
from readers.reading import Reading
from sources import Line
from steps import StepError

LONGEST: Final = timedelta(hours=12)
"""How long a transaction may take: a session is of any length, and an export is one transaction."""

_LINES: Final = ".jsonl"
_TITLE: Final = "title"
_LONGEST_NAME: Final = 200  # characters; file systems take 255

_PAGE: Final = 500  # rows of one read: enough that the round trips do not matter, few enough to hold
_BEYOND: Final[Mapping[str, str]] = {"asc": "gt", "desc": "lt"}
_ROLES: Final = " and ".join(", ".join(get_args(Role)).rsplit(", ", 1))
_PARTS: Final = frozenset({"characterFile", "messages"})
_IDS: Final = UUID("6d3d7f0f-9d0e-5c0b-8d5b-0a3c8a6d5f2e")  # the namespace of the ids that are made from texts
_MILLISECOND: Final = timedelta(milliseconds=1)

SESSIONS: Final = exact(Session)
MESSAGES: Final = exact(Message)
CHARACTERS: Final = exact(CharacterFile)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is stored, its place, the names of fields and the kinds of parts that are not stored."""

    line: Line
    session: SessionRow
    character: CharacterRow | None
    messages: Sequence[MessageRow]
    unused: frozenset[str]
    left_out: Counter[str]
    has_ids: bool  # of the file: those of messages, which tell new ones


def read_conversation(line: Line, format_: str | None = None) -> Conversation:
    """Read a conversation of any format, or of one, and make the ids and times that it lacks.

    Errors: InputError that names file and line.
    """
    if line.problem:
        raise line.failure(line.problem)
    try:
        text = line.data.decode("utf-8-sig")
        return _read(line, text, format_)
    except json.JSONDecodeError as error:
        failing = replace(line, number=line.number + error.lineno - 1)
        raise failing.failure(f"this is not JSON ({error.msg}, column {error.colno})") from error
    except UnicodeDecodeError as error:
        raise line.failure(f"this is not UTF-8 text ({error.reason})") from error
    except RecursionError as error:
        raise line.failure("lists and objects are nested too deep") from error
    except (TypeError, ValueError, ArithmeticError) as error:
        raise line.failure(error) from error


def _read(line: Line, text: str, format_: str | None) -> Conversation:
    value = _JSON.decode(text.strip())
    name = format_ or format_of(value) or _format_of_the_others(line, value)
    if name == OWN:
        fields = _object(value)
        return _conversation(line, text, fields, Counter())
    try:
        reading = FORMATS[name].read(value)
    except AttributeError as error:  # a list where an object should be, or the other way round
        raise TypeError(f"this is no conversation in the form of {name}") from error
    return _conversation(line, text, _fields(line, text, reading), reading.left_out)


def _format_of_the_others(line: Line, value: object) -> str:
    return line.format or OWN if isinstance(value, dict) and "messages" not in value else OWN


def _fields(line: Line, text: str, reading: Reading) -> Mapping[str, Any]:
    """A reading in the own format. Its ids are the same at each import, so that what is new is found."""
    session_id = reading.id or _made_id(line, reading.key or text)
    fields: dict[str, Any] = {"id": session_id, "createdAt": reading.created, "updatedAt": reading.updated}
    if reading.title and _TITLE in SESSION.names:
        fields[_TITLE] = reading.storable(reading.title)
    elif reading.title:
        reading.leave(_TITLE)
    if reading.character is not None:
        fields["characterFile"] = {"content": reading.character}
    fields["messages"] = [
        {
            # Ids of messages are unique in one conversation only.
            "id": str(uuid5(_IDS, f"{session_id}\n{said.id or position}")),
            "role": said.role,
            "content": said.content,
            "createdAt": said.time,
        }
        for position, said in enumerate(reading.messages)
    ]
    return fields


def _made_id(line: Line, text: str) -> str:
    return str(uuid5(_IDS, f"{line.name}\n{text.strip()}"))


def _conversation(line: Line, text: str, fields: Mapping[str, Any], left_out: Counter[str]) -> Conversation:
    entries = fields["messages"]
    begun = _beginning(entries)
    created = _time("createdAt", fields) or begun or datetime.now(timezone.utc)
    session = {
        "id": _id(fields, lambda: _made_id(line, text)),
        "createdAt": created,
        "updatedAt": _time("updatedAt", fields) or created,
    }
    SESSION.complete(session, fields, "")
    unused = (fields.keys() - SESSION.names - _PARTS) | (set().union(*entries) - MESSAGE.names)
    return Conversation(
        line,
        cast("SessionRow", session),
        _character(fields, session),
        _messages(entries, session, min(begun or created, created)),
        frozenset(unused),
        left_out,
        has_ids=all(entry.get("id") is not None for entry in entries),
    )


def _object(value: Any) -> Mapping[str, Any]:
    """The object of a conversation; a list of messages is one, too."""
    fields = {"messages": value} if isinstance(value, list) else value
    if not isinstance(fields, dict) or not isinstance(fields.get("messages"), list):
        raise TypeError('a conversation is a list of messages, or an object with such a list as "messages"')
    for position, entry in enumerate(fields["messages"]):
        if not isinstance(entry, dict):
            raise TypeError(f"messages[{position}] is not an object")
    return fields


def _messages(
    entries: Sequence[Mapping[str, Any]], session: Mapping[str, Any], beginning: datetime
) -> list[MessageRow]:
    rows: list[MessageRow] = []
    time: datetime | None = None
    for position, entry in enumerate(entries):
        owner = f"messages[{position}]."
        # A millisecond later than the one before keeps the order, whatever the ids are.
        after = beginning if time is None else _later(time, 1)
        given = _time("createdAt", entry, owner)
        time = after if given is None or (time is not None and given < time) else given
        message = {
            "id": _id(entry, uuid7, owner),
            "role": _role(entry, owner),
            "content": _text("content", entry, owner),
            "createdAt": time,
            "sessionId": session["id"],
        }
        MESSAGE.complete(message, entry, owner)
        rows.append(cast("MessageRow", message))
    return rows


def _beginning(entries: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When a conversation began that does not say it: with its first message, where one says when that was."""
    for position, entry in enumerate(entries):
        time = _time("createdAt", entry, f"messages[{position}].")
        if time:
            return _later(time, -position)
    return None


def _later(time: datetime, milliseconds: int) -> datetime:
    """A time some milliseconds later, unless that is beyond what a time can be."""
    try:
        return time + milliseconds * _MILLISECOND
    except OverflowError:
        return time


def _character(fields: Mapping[str, Any], session: Mapping[str, Any]) -> CharacterRow | None:
    found, owner = fields.get("characterFile"), "characterFile."
    if found is None:
        return None
    if not isinstance(found, dict) or "content" not in found:
        raise TypeError("characterFile is not an object with content")
    created = _time("createdAt", found, owner) or session["createdAt"]
    character = {
        "id": _id(found, lambda: str(uuid4()), owner),
        "content": json_text(found["content"]),  # the client takes JSON text, too, and numbers keep their digits
        "createdAt": created,
        "updatedAt": _time("updatedAt", found, owner) or created,
        "sessionId": session["id"],
    }
    CHARACTER.complete(character, found, owner)
    return cast("CharacterRow", character)


def _id(fields: Mapping[str, Any], make: Callable[[], str], owner: str = "") -> str:
    """The id that is given, which may be empty, or a new one."""
    return make() if fields.get("id") is None else _text("id", fields, owner)


def _role(fields: Mapping[str, Any], owner: str) -> str:
    role = _text("role", fields, owner)
    if role not in get_args(Role):
        raise ValueError(f"{owner}role is {role[:40]!r}, and only {_ROLES} are stored")
    return role


def _text(name: str, fields: Mapping[str, Any], owner: str = "") -> str:
    if name not in fields:
        raise ValueError(f"{owner}{name} is missing")
    return text_of(fields[name], f"{owner}{name}")


def _time(name: str, fields: Mapping[str, Any], owner: str = "") -> datetime | None:
    value = fields.get(name)
    return value if value is None or isinstance(value, datetime) else time_of(value, f"{owner}{name}")


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError(f"the number {text[:40]} is too large") from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number that JSON can hold")


_JSON: Final = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_no_number)
"""Decimals take numbers of any length, and keep the digits of each."""


async def rows_of(table: Any, where: Mapping[str, Any], order: Literal["asc", "desc"]) -> AsyncIterator[Any]:
    """The rows of a table in the order of time, as its transaction sees them: some hundreds are held."""
    beyond, bounds = _BEYOND[order], dict(where)
    while page := await table.find_many(where=bounds, order=[{"createdAt": order}, {"id": order}], take=_PAGE):
        for row in page:
            yield row
        time, id_ = row.createdAt, row.id
        bounds = {
            **where,
            "createdAt": {f"{beyond}e": time},  # tells PostgreSQL where in the index to start
            "OR": [{"createdAt": {beyond: time}}, {"id": {beyond: id_}}],
        }


async def beginning(session: Any, client: Prisma) -> bytes:
    """The line of a conversation up to its first message."""
    character = await CHARACTERS.prisma(client).find_unique(where={"sessionId": session.id})
    told = f"{{{CHARACTER.written(character)}}}" if character else "null"
    return f'{{{SESSION.written(session)}, "characterFile": {told}, "messages": ['.encode()


def message_bytes(message: Any) -> bytes:
    """A message in the line of its conversation; `, ` stands between two."""
    return f"{{{MESSAGE.written(message)}}}".encode()


END: Final = b"]}\n"
"""The line of a conversation after its last message."""


def file_name(session_id: str) -> str:
    """The name of a session's file: no id leads out of the folder or is too long for a name."""
    name = quote(session_id, safe="")
    return f"{name if len(name) <= _LONGEST_NAME else sha256(session_id.encode()).hexdigest()}{_LINES}"


def names_in(folder: Path) -> set[str]:
    """The names of the files in a folder, which is made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    return {file.name for file in folder.iterdir()}


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Write to standard output."""
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file that takes its place when it is whole; what was there stays until then.

    Errors: StepError for what is there and no file.
    """
    if path.exists() and not path.is_file():
        raise StepError(f"{path} is not a file, and cannot be replaced by one")
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
