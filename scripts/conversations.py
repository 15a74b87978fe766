"""Conversations as JSON Lines: one a line, with its session, its character file and its messages."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from demo_input import InputError
from prisma_engine.interpreter import uuid7
from steps import StepError

STANDARD: Final = "-"
"""Standard input or output, in place of a file."""

LONGEST: Final = timedelta(hours=12)
"""How long a transaction may take: a session is of any length, and an export is one transaction."""

_DOCUMENT: Final = ".json"
_LINES: Final = ".jsonl"
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
class Line:
    """The bytes of one conversation, and the place in a file that they came from."""

    path: Path
    number: int
    data: bytes

    def failure(self, problem: object) -> InputError:
        """What is wrong with it, with the file and the line."""
        return InputError(f"{self.path}, line {self.number}: {problem}")


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is stored, its place, and the names of the fields that are not stored."""

    line: Line
    session: SessionRow
    character: CharacterRow | None
    messages: Sequence[MessageRow]
    unused: frozenset[str]


def files_of(source: str) -> list[Path]:
    """The files that a path means: itself, or those of a folder. Errors: StepError when there are none."""
    path = Path(source)
    if not path.exists():
        raise StepError(f"{path} does not exist")
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.endswith((_DOCUMENT, _LINES)))
    if not files:
        raise StepError(f"the folder {path} has no files that end with {_LINES} or {_DOCUMENT}")
    return files


def lines_of(files: Iterable[Path]) -> Iterator[Line]:
    """The conversations of some files; each is read when it is asked for."""
    for path in files:
        with path.open("rb") as file:
            if path.suffix == _DOCUMENT:  # one conversation, over as many lines as it likes
                yield Line(path, 1, file.read())
            else:
                yield from _lines(path, file)


def standard_lines() -> Iterator[Line]:
    """The conversations of standard input."""
    return _lines(Path("standard input"), sys.stdin.buffer)


def _lines(path: Path, file: BinaryIO) -> Iterator[Line]:
    for number, data in enumerate(file, start=1):
        if data.strip():
            yield Line(path, number, data)


def read_conversation(line: Line) -> Conversation:
    """Read a conversation, and make the ids and times that it lacks. Errors: InputError that names file and line."""
    try:
        text = line.data.decode("utf-8-sig")
        return _conversation(line, text, _object(text))
    except json.JSONDecodeError as error:
        failing = Line(line.path, line.number + error.lineno - 1, line.data)
        raise failing.failure(f"this is not JSON ({error.msg}, column {error.colno})") from error
    except UnicodeDecodeError as error:
        raise line.failure(f"this is not UTF-8 text ({error.reason})") from error
    except RecursionError as error:
        raise line.failure("lists and objects are nested too deep") from error
    except (TypeError, ValueError) as error:
        raise line.failure(error) from error


def _conversation(line: Line, text: str, fields: Mapping[str, Any]) -> Conversation:
    entries = fields["messages"]
    created = _time("createdAt", fields) or _beginning(entries)
    session = {
        "id": _id(fields, lambda: str(uuid5(_IDS, f"{line.path.name}\n{text.strip()}"))),
        "createdAt": created,
        "updatedAt": _time("updatedAt", fields) or created,
    }
    SESSION.complete(session, fields, "")
    unused = (fields.keys() - SESSION.names - _PARTS) | (set().union(*entries) - MESSAGE.names)
    return Conversation(
        line,
        cast("SessionRow", session),
        _character(fields, session),
        _messages(entries, session),
        frozenset(unused),
    )


def _object(text: str) -> Mapping[str, Any]:
    """The object of a conversation; a list of messages is one, too."""
    value = _JSON.decode(text.strip())
    fields = {"messages": value} if isinstance(value, list) else value
    if not isinstance(fields, dict) or not isinstance(fields.get("messages"), list):
        raise TypeError('a conversation is a list of messages, or an object with such a list as "messages"')
    for position, entry in enumerate(fields["messages"]):
        if not isinstance(entry, dict):
            raise TypeError(f"messages[{position}] is not an object")
    return fields


def _messages(entries: Sequence[Mapping[str, Any]], session: Mapping[str, Any]) -> list[MessageRow]:
    rows: list[MessageRow] = []
    time = session["createdAt"] - _MILLISECOND
    for position, entry in enumerate(entries):
        owner = f"messages[{position}]."
        # A millisecond later than the one before keeps the order, whatever the ids are.
        time = _time("createdAt", entry, owner) or time + _MILLISECOND
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


def _beginning(entries: Sequence[Mapping[str, Any]]) -> datetime:
    """When a conversation began that does not say it: with its first message, or now."""
    for position, entry in enumerate(entries):
        time = _time("createdAt", entry, f"messages[{position}].")
        if time:
            return time - position * _MILLISECOND
    return datetime.now(timezone.utc)


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
    return None if fields.get(name) is None else time_of(fields[name], f"{owner}{name}")


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
