"""Conversations and characters as they come in files, checked to the last character before anyone stores them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

Json = Any  # a JSON document: its shape belongs to whoever wrote it

Role = Literal["user", "assistant"]
DEEPEST: Final = 100  # levels of lists and objects; Python and PostgreSQL give up at some thousands, people long before
LONGEST_NUMBER: Final = 4_000  # digits; Python refuses to read more than 4,300 (sys.int_info)

# The tokens of a JSON text that matter here. A string that never ends reaches to the end of the text.
_TOKEN: Final = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*\\?(?:"|\Z)|[\[\]{}]|-?(?:Infinity|NaN|\d[\d.eE+-]*)',
    re.DOTALL,
)
_COLON: Final = re.compile(r"\s*:")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_NESTING: Final[Mapping[str, int]] = {"[": 1, "{": 1, "]": -1, "}": -1}
_KINDS: Final[Mapping[type, str]] = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class InputError(Exception):
    """A file that cannot be stored: which file, which line, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON text and the place in a file that it came from."""

    path: Path
    text: str
    first_line: int = 1

    def failure(self, position: int, problem: str) -> InputError:
        """What is wrong at a position of the text, with the file and the line."""
        line = self.first_line + self.text.count("\n", 0, position)
        return InputError(f"{self.path}, line {line}: {problem}")


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    content: str
    fields: Mapping[str, Json] = field(default_factory=dict, compare=False)  # all that its file says of it


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation, and the names of the fields in its file that a message has no place for."""

    turns: Sequence[Turn]
    unused: Sequence[str]


def read_transcript(path: Path) -> Transcript:
    """Read a list of messages from a JSON or JSON Lines file. Errors: InputError that names file and line."""
    document = read_document(path)
    entries = list(_entries(document))
    if not entries:
        raise document.failure(0, "the transcript holds no messages")
    turns = [_turn(source, position, entry) for source, position, entry in entries]
    unused = {name for _, _, entry in entries for name in entry} - {"role", "content"}
    return Transcript(turns, sorted(unused))


def read_character(path: Path) -> dict[str, Json]:
    """Read a character, which is a JSON object, from a file. Errors: InputError that names file and line."""
    document = read_document(path)
    character = parse(document)
    if not isinstance(character, dict):
        raise document.failure(0, f"a character file is an object, not {_KINDS[type(character)]}")
    return character


def read_document(path: Path) -> Document:
    """Read a file's text, which is UTF-8, with or without a byte order mark. Errors: InputError that names the file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}, line {line}: the file is not UTF-8 text ({error.reason})") from error
    if not text.strip():
        raise InputError(f"{path}, line 1: the file is empty")
    return Document(path, text)


def parse(document: Document) -> Json:
    """Parse one JSON value that PostgreSQL can store. Errors: InputError that names file and line."""
    _check_sizes(document)
    try:
        value = json.loads(document.text)
    except json.JSONDecodeError as error:
        raise document.failure(error.pos, f"this is not JSON ({error.msg}, column {error.colno})") from error
    for token in _TOKEN.finditer(document.text):
        problem = _problem(token.group())
        if problem:
            raise document.failure(token.start(), problem)
    return value


def _check_sizes(document: Document) -> None:
    """Refuse what Python's parser would fail on without saying where."""
    depth = 0
    for token in _TOKEN.finditer(document.text):
        depth += _NESTING.get(token.group(), 0)
        if depth > DEEPEST:
            raise document.failure(token.start(), f"lists and objects are nested more than {DEEPEST} deep")
        if not token.group().startswith('"') and len(token.group()) > LONGEST_NUMBER:
            raise document.failure(token.start(), f"a number has more than {LONGEST_NUMBER} digits")


def _problem(token: str) -> str | None:
    if token in _NESTING or token.lstrip("-").isdigit():
        return None
    if not token.startswith('"'):
        return None if math.isfinite(float(token)) else f"{token} is not a number that JSON can hold"
    return unstorable(json.loads(token))


def unstorable(text: str) -> str | None:
    """What keeps PostgreSQL from storing a text, if anything does."""
    found = _UNSTORABLE.search(text)
    return f"a text holds U+{ord(found.group()):04X}, which PostgreSQL cannot store" if found else None


def _entries(document: Document) -> Iterator[tuple[Document, int, Json]]:
    """The entries of a transcript, each with the place where it begins."""
    first_line = document.text.lstrip().partition("\n")[0].rstrip()
    # a brace alone opens an object over several lines, which is no JSON Lines
    return _lines(document) if first_line.startswith("{") and first_line != "{" else _elements(document)


def _lines(document: Document) -> Iterator[tuple[Document, int, Json]]:
    # not splitlines(): it also splits at characters that may stand inside a JSON string
    for number, line in enumerate(document.text.split("\n"), start=1):
        if line.strip():
            source = Document(document.path, line, number)
            yield source, 0, parse(source)


def _elements(document: Document) -> Iterator[tuple[Document, int, Json]]:
    entries = parse(document)
    if not isinstance(entries, list):
        raise document.failure(0, f"a transcript is a list of messages, not {_KINDS[type(entries)]}")
    decoder = json.JSONDecoder()
    position = document.text.index("[") + 1
    for _ in entries:
        while document.text[position] in " \t\r\n,":
            position += 1
        entry, end = decoder.raw_decode(document.text, position)
        yield document, position, entry
        position = end


def _turn(source: Document, position: int, entry: Json) -> Turn:
    if not isinstance(entry, dict):
        raise source.failure(position, f"a message is an object with role and content, not {_KINDS[type(entry)]}")
    for name in ("role", "content"):
        if name not in entry:
            raise source.failure(position, f'the message has no "{name}"')
        if not isinstance(entry[name], str):
            where = _position_of(name, source, position)
            raise source.failure(where, f'the "{name}" of a message is a text, not {_KINDS[type(entry[name])]}')
    if entry["role"] not in get_args(Role):
        role = json.dumps(entry["role"][:40], ensure_ascii=False)
        where = _position_of("role", source, position)
        raise source.failure(where, f'the role {role} is not supported, only "user" and "assistant" are')
    return Turn(entry["role"], entry["content"], entry)


def _position_of(name: str, source: Document, start: int) -> int:
    """Where the field of an object stands, or the object itself when the name is written with escapes."""
    depth, found = 0, start
    for token in _TOKEN.finditer(source.text, start):
        depth += _NESTING.get(token.group(), 0)
        if depth == 0:
            break
        if depth == 1 and token.group() == f'"{name}"' and _COLON.match(source.text, token.end()):
            found = token.start()
    return found
