"""Conversations as JSON Lines: one a line, with its session, its character file and its messages."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn, cast, get_args
from urllib.parse import quote
from uuid import UUID, uuid4, uuid5

from prisma import Json
from prisma.models import Message, Session
from prisma.types import CharacterFileCreateWithoutRelationsInput as CharacterRow
from prisma.types import MessageCreateWithoutRelationsInput as MessageRow
from prisma.types import SessionCreateWithoutRelationsInput as SessionRow
from pydantic import BaseModel

from database import Role
from database.transaction import Transaction
from demo_input import InputError, unstorable
from prisma_engine.interpreter import uuid7
from prisma_engine.namespace import schema_of
from steps import StepError

STANDARD: Final = "-"
"""Standard input or output, in place of a file."""

LONGEST: Final = timedelta(hours=12)
"""How long a transaction may take: a session is of any length, and an export is one transaction."""

_DOCUMENT: Final = ".json"
_LINES: Final = ".jsonl"
_LONGEST_NAME: Final = 200  # characters; file systems take 255

_SESSION_FIELDS: Final = frozenset({"id", "createdAt", "updatedAt", "characterFile", "messages"})
_MESSAGE_FIELDS: Final = frozenset({"id", "content", "role", "createdAt", "sessionId"})
_IDS: Final = UUID("6d3d7f0f-9d0e-5c0b-8d5b-0a3c8a6d5f2e")  # the namespace of the ids that are made from texts
_MILLISECOND: Final = timedelta(milliseconds=1)

_CHARACTER_FILE: Final = """
SELECT "id", "content"::text AS "content", "createdAt", "updatedAt"
FROM "{schema}"."CharacterFile"
WHERE "sessionId" = $1
"""


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


class _CharacterText(BaseModel):
    """A character file whose content is PostgreSQL's own JSON text: a Python float would lose digits."""

    id: str
    content: str
    createdAt: datetime  # noqa: N815  # named as the column is
    updatedAt: datetime  # noqa: N815  # named as the column is


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
    session: SessionRow = {
        "id": _id(fields, lambda: str(uuid5(_IDS, f"{line.path.name}\n{text.strip()}"))),
        "createdAt": created,
        "updatedAt": _time("updatedAt", fields) or created,
    }
    unused = (fields.keys() - _SESSION_FIELDS) | (set().union(*entries) - _MESSAGE_FIELDS)
    return Conversation(
        line, session, _character(text, fields, session), list(_messages(entries, session)), frozenset(unused)
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


def _messages(entries: Sequence[Mapping[str, Any]], session: SessionRow) -> Iterator[MessageRow]:
    time = session["createdAt"] - _MILLISECOND
    for position, entry in enumerate(entries):
        owner = f"messages[{position}]."
        # A millisecond later than the one before keeps the order, whatever the ids are.
        time = _time("createdAt", entry, owner) or time + _MILLISECOND
        yield {
            "id": _id(entry, uuid7, owner),
            "role": _role(entry, owner),
            "content": _text("content", entry, owner),
            "createdAt": time,
            "sessionId": session["id"],
        }


def _beginning(entries: Sequence[Mapping[str, Any]]) -> datetime:
    """When a conversation began that does not say it: with its first message, or now."""
    for position, entry in enumerate(entries):
        time = _time("createdAt", entry, f"messages[{position}].")
        if time:
            return time - position * _MILLISECOND
    return datetime.now(timezone.utc)


def _character(text: str, fields: Mapping[str, Any], session: SessionRow) -> CharacterRow | None:
    found = fields.get("characterFile")
    if found is None:
        return None
    if not isinstance(found, dict) or "content" not in found:
        raise TypeError("characterFile is not an object with content")
    start, _ = _member(text, text.index("{"), "characterFile")
    begin, end = _member(text, start, "content")
    created = _time("createdAt", found, "characterFile.") or session["createdAt"]
    return {
        "id": _id(found, lambda: str(uuid4()), "characterFile."),
        "content": cast("Json", text[begin:end]),  # the client takes JSON text, too, and numbers keep their digits
        "createdAt": created,
        "updatedAt": _time("updatedAt", found, "characterFile.") or created,
        "sessionId": session["id"],
    }


def _member(text: str, start: int, name: str) -> tuple[int, int]:
    """Where the value of a member begins and ends in valid JSON with an object at `start`; of several, the last."""
    found = (start, start)
    position = _after(text, start + 1)
    while text[position] != "}":
        key, end = _JSON.raw_decode(text, position)
        begin = _after(text, _after(text, end) + 1)
        _, end = _JSON.raw_decode(text, begin)
        if key == name:
            found = (begin, end)
        position = _after(text, end)
        if text[position] == ",":
            position = _after(text, position + 1)
    return found


def _after(text: str, position: int) -> int:
    """Where the next token is."""
    while text[position] in " \t\r\n":
        position += 1
    return position


def _id(fields: Mapping[str, Any], make: Callable[[], str], owner: str = "") -> str:
    """The id that is given, which may be empty, or a new one."""
    return make() if fields.get("id") is None else _text("id", fields, owner)


def _role(fields: Mapping[str, Any], owner: str) -> str:
    role = _text("role", fields, owner)
    if role not in get_args(Role):
        raise ValueError(f"{owner}role is {role[:40]!r}, and only {' and '.join(get_args(Role))} are stored")
    return role


def _text(name: str, fields: Mapping[str, Any], owner: str = "") -> str:
    if name not in fields:
        raise ValueError(f"{owner}{name} is missing")
    value = fields[name]
    if not isinstance(value, str):
        raise TypeError(f"{owner}{name} is not a text")
    problem = unstorable(value)
    if problem:
        raise ValueError(f"{owner}{name}: {problem}")
    return value


def _time(name: str, fields: Mapping[str, Any], owner: str = "") -> datetime | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(re.sub("[Zz]$", "+00:00", value))
    except (TypeError, ValueError):
        raise ValueError(f"{owner}{name} is not a time such as 2024-05-06T12:00:00.000Z") from None
    if time.utcoffset() is None:
        raise ValueError(f"{owner}{name} is in no time zone: 2024-05-06T12:00:00Z would be one of UTC")
    return time


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number that JSON can hold")


# Decimals take numbers of any length. None of the numbers is stored: those of a character file stay text.
_JSON: Final = json.JSONDecoder(parse_int=Decimal, parse_constant=_no_number)


async def beginning(tx: Transaction, session: Session) -> bytes:
    """The line of a conversation up to its first message."""
    character = await _character_json(tx, session.id)
    return f'{{"id": {_json(session.id)}, {_times(session)}, "characterFile": {character}, "messages": ['.encode()


def message_bytes(message: Message) -> bytes:
    """A message in the line of its conversation; `, ` stands between two."""
    fields = {
        "id": message.id,
        "role": message.role,
        "content": message.content,
        "createdAt": _stamp(message.createdAt),
    }
    return _json(fields).encode()


END: Final = b"]}\n"
"""The line of a conversation after its last message."""


async def _character_json(tx: Transaction, session_id: str) -> str:
    sql = _CHARACTER_FILE.format(schema=await schema_of(tx.client))
    found = await tx.client.query_first(sql, session_id, model=_CharacterText)
    if found is None:
        return "null"
    return f'{{"id": {_json(found.id)}, {_times(found)}, "content": {found.content}}}'


def _times(row: Session | _CharacterText) -> str:
    return f'"createdAt": "{_stamp(row.createdAt)}", "updatedAt": "{_stamp(row.updatedAt)}"'


def _stamp(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


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
