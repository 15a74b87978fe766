"""Where conversations come from: files, folders, archives, pictures and standard input, as lines of one each."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

from demo_input import InputError
from json_elements import Elements
from readers.card import PNG, card_of
from readers.formats import OWN, format_of, is_own
from readers.sillytavern import begins
from steps import StepError

STANDARD: Final = "-"
"""Standard input or output, in place of a file."""

_DOCUMENT: Final = ".json"
_LINES: Final = (".jsonl", ".ndjson")
_ENDINGS: Final = (_DOCUMENT, *_LINES, ".png", ".gz", ".zip")
_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_HEAD: Final = 1_000_000  # bytes of a first line that are looked at
_CHUNK: Final = 1 << 16
LONGEST: Final = 1 << 28
"""Bytes of one conversation, which is held: a small archive may have any number of them in it."""

_ENCODINGS: Final = {
    codecs.BOM_UTF32_LE: "UTF-32",  # which begins as that of UTF-16
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_LOOKED_AT: Final = 20  # conversations that may lack what tells their format, before one that has it
_BROKEN: Final = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What archives raise that are cut off, damaged, encrypted, or compressed in a way that Python does not know."""


class _TooLongError(RuntimeError):
    """A conversation is longer than one is held."""

    def __str__(self) -> str:
        return f"a conversation has more than {LONGEST:,} bytes"


@dataclass(frozen=True, slots=True)
class Line:
    """The bytes of one conversation, and the place in a file that they came from.

    `format` is that of the others in its file. Instead of bytes there may be a problem, or a kind of what has none.
    """

    path: Path
    number: int
    data: bytes
    format: str | None = None
    problem: str | None = None
    left_out: str | None = None

    def failure(self, problem: object) -> InputError:
        """What is wrong with it, with the file and the line."""
        return InputError(f"{self.path}, line {self.number}: {problem}")

    @property
    def name(self) -> str:
        """The name of its file, compressed or not."""
        return self.path.name.removesuffix(".gz")


def files_of(source: str) -> list[Path]:
    """The files that a path means: itself, or those of a folder. Errors: StepError when there are none."""
    path = Path(source)
    if not path.exists():
        raise StepError(f"{path} does not exist")
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.name.lower().endswith(_ENDINGS) or _is_json(file))
    if not files:
        raise StepError(f"the folder {path} has no files that end with {', '.join(_ENDINGS)}")
    return files


def _is_json(file: Path) -> bool:
    """Whether a file without an ending has JSON in it, as those of Google AI Studio have."""
    if file.suffix or file.name.startswith(".") or not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(64).lstrip()[:1] in (b"{", b"[")


def lines_of(files: Iterable[Path]) -> Iterator[Line]:
    """The conversations of some files; each is read when it is asked for."""
    for path in files:
        try:
            with path.open("rb") as file:
                yield from _lines(path, file)
        except _BROKEN as error:
            yield Line(path, 1, b"", problem=_told(error))


def standard_lines() -> Iterator[Line]:
    """The conversations of standard input."""
    path = Path("standard input")
    try:
        yield from _lines(path, sys.stdin.buffer)
    except _BROKEN as error:
        yield Line(path, 1, b"", problem=_told(error))


def size_of(files: Iterable[Path]) -> int | None:
    """How many bytes some files have; None where they are more than they look, because some are compressed."""
    paths = list(files)
    if any(path.name.lower().endswith((".gz", ".zip")) for path in paths):
        return None
    return sum(path.stat().st_size for path in paths)


def _told(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"this cannot be read ({reason or type(error).__name__})"


def _lines(path: Path, file: BinaryIO, *, place: Literal["alone", "archive"] = "alone") -> Iterator[Line]:
    """The conversations of an open file, whatever kind of file it is."""
    number, head = _head(file)
    if head.startswith(_GZIP):
        inner = io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=_Joined(head, file))))
        yield from _lines(path, cast("BinaryIO", inner), place=place)
    elif head.startswith(_ZIP):
        yield from _archive(path, head, file)
    elif head.startswith(PNG[:6]):  # up to its first line end
        yield _picture(path, _all_of(chain([head], _chunks(file))))
    elif encoding := next((name for mark, name in _ENCODINGS.items() if head.startswith(mark)), None):
        yield Line(path, number, b"", problem=f"this is {encoding} text: convert it to UTF-8 (iconv -f {encoding})")
    else:
        yield from _recognised(_text_lines(path, number, head, file), place)


def _head(file: BinaryIO) -> tuple[int, bytes]:
    """The first line that is not blank, or the beginning of a long one, and its number."""
    number, head = 1, file.readline(_HEAD)
    while head and not head.removeprefix(codecs.BOM_UTF8).strip():
        number, head = number + 1, file.readline(_HEAD)
    return number, head


class _Joined(io.RawIOBase):
    """The beginning of a file that was read, and the rest of it."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        super().__init__()
        self._head, self._file = io.BytesIO(head), file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._head.read(size) or self._file.read(size)


def _archive(path: Path, head: bytes, file: BinaryIO) -> Iterator[Line]:
    """The conversations of the files in a zip."""
    with tempfile.TemporaryFile() as whole:  # standard input cannot go back to where the list of files is
        whole.write(head)
        shutil.copyfileobj(file, whole)
        with zipfile.ZipFile(whole) as archive:
            for entry in archive.infolist():
                if not entry.is_dir() and not entry.filename.startswith("__MACOSX/"):
                    yield from _member(archive, entry, path / entry.filename)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Iterator[Line]:
    if not path.name.lower().endswith(_ENDINGS):
        yield Line(path, 1, b"", left_out="other file of an archive")
        return
    try:
        with archive.open(entry) as file:
            yield from _lines(path, cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", file))), place="archive")
    except _BROKEN as error:
        yield Line(path, 1, b"", problem=_told(error))


def _picture(path: Path, data: bytes) -> Line:
    try:
        card = card_of(data)
    except ValueError as error:
        return Line(path, 1, b"", problem=str(error))
    return Line(path, 1, b"", left_out="picture without a character") if card is None else Line(path, 1, card)


def _recognised(lines: Iterator[Line], place: Literal["alone", "archive"]) -> Iterator[Line]:
    """The lines of a file, with the format of the first one that tells it; other files of an archive are left out."""
    looked_at: list[Line] = []
    name = None
    for line in islice(lines, _LOOKED_AT):
        looked_at.append(line)
        if name := _format(line):
            break
    if looked_at and name is None and place == "archive":
        yield Line(looked_at[0].path, 1, b"", left_out="file of an archive without conversations")
        return
    for line in chain(looked_at, lines):
        yield replace(line, format=name)


def _format(line: Line) -> str | None:
    value = _value(line.data)
    return format_of(value) or (OWN if is_own(value) else None)


def _value(data: bytes) -> Any:
    """The JSON of some bytes, None where they are none; what is wrong is told when they are read to be stored."""
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def _text_lines(path: Path, number: int, head: bytes, file: BinaryIO) -> Iterator[Line]:
    if _is_lines(path, head):
        first = head if head.endswith(b"\n") else head + next(_lines_within(file), b"")
        lines = chain([first], _lines_within(file))
        if begins(_value(first)):
            yield Line(path, number, _joined(lines))
        elif first:
            for position, data in enumerate(lines, start=number):
                if data.strip():
                    yield from _values(path, position, [data])
    else:
        yield from _values(path, number, chain([head], _chunks(file)))


def _is_lines(path: Path, head: bytes) -> bool:
    """Whether a text is JSON Lines, and not one document over many lines."""
    if path.name.lower().removesuffix(".gz").endswith(_LINES):
        return True
    text = head.decode("utf-8-sig", "replace").strip()
    if len(head) == _HEAD:
        return not text.startswith("[")
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return path.suffix != _DOCUMENT and error.pos < len(text)
    except (ValueError, RecursionError):
        pass
    return bool(text) or path.suffix != _DOCUMENT


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")


def _lines_within(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file. Errors: _TooLongError."""
    while line := file.readline(LONGEST + 1):
        if len(line) > LONGEST:
            raise _TooLongError
        yield line


def _joined(lines: Iterable[bytes]) -> bytes:
    """JSON Lines as one list, each in a line of its own. Errors: _TooLongError."""
    stripped = (line.removeprefix(codecs.BOM_UTF8).strip() for line in lines)
    return b"[" + _all_of((line for line in stripped if line), between=b",\n") + b"]"


def _all_of(pieces: Iterable[bytes], between: bytes = b"") -> bytes:
    """The pieces as one. Errors: _TooLongError."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > LONGEST:
            raise _TooLongError
        held.append(piece)
    return between.join(held)


def _values(path: Path, number: int, chunks: Iterable[bytes]) -> Iterator[Line]:
    """A conversation, or those of a list of conversations."""
    held = bytearray()  # since the last conversation
    source = iter(chunks)

    def holding() -> Iterator[bytes]:
        for chunk in source:
            held.extend(chunk)
            if len(held) > LONGEST:
                raise _TooLongError
            yield chunk

    beginning = next(holding(), b"")
    if not beginning.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        yield Line(path, number, _all_of(chain([beginning], source)))
        return
    elements = Elements(chain([beginning], holding()))
    found = iter(elements)
    first = next(found, None)
    if first is None and elements.is_whole and not elements.rest.strip():
        yield Line(path, number, b"", left_out="empty list")
        return
    if first is None or not _is_conversation(first[1]):
        yield Line(path, number, _all_of(chain([bytes(held)], source)))
        return
    for before, data in chain([first], found):
        held.clear()
        yield Line(path, number + before, data)
    if not elements.is_whole:
        yield Line(path, number + elements.line, b"", problem="the list does not come to its end")
    elif elements.rest.strip() or any(chunk.strip() for chunk in source):
        yield Line(path, number + elements.line, b"", problem="something follows after the list")


def _is_conversation(data: bytes) -> bool:
    """Whether an element of a list is a conversation, and no message of one that is the list itself."""
    value = _value(data)
    if not isinstance(value, dict):
        return value is None and data.startswith(b"{")  # a broken one
    return not value.keys() & {"role", "from"} and not begins(value)
