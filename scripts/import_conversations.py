"""make import: store the conversations of many formats; of those that are stored already, the new messages."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, cast

from prisma.errors import DataError, UniqueViolationError

from checkouts import require_own_server
from conversations import LONGEST, Conversation, read_conversation
from database import DatabaseService
from database.repositories.new_message import NewMessage, keep_order
from demo_input import InputError
from progress import Report, accounted, progress, run, tell, waiting_for_input
from readers.formats import NAMES
from sources import STANDARD, Line, files_of, lines_of, size_of, standard_lines
from steps import StepError, main

_BATCH: Final = 1_000_000  # bytes of input in one transaction: some thousand messages
_ASKED: Final = 10_000  # ids in one question; PostgreSQL takes some thirty thousand
_OF_THE_DATA: Final = frozenset({"P2000", "P2002", "P2003", "P2004", "P2007", "P2011", "P2020", "P2023"})
"""The codes of errors that are the fault of what is stored; all others are the database's."""

_AGAIN: Final = "what was stored stays: the same command skips it and goes on"


@dataclass(slots=True)
class Import:
    """A run, and what it has done so far."""

    db: DatabaseService
    keep_going: bool
    format: str | None = None
    is_dry: bool = False
    stored: int = 0
    grown: int = 0
    messages: int = 0
    skipped: int = 0
    refused: int = 0
    dropped: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    _would_be: set[str] = field(default_factory=set)  # the ids of what a dry run has met, and has not stored

    def figures(self) -> dict[str, object]:
        """What it has done, for the summary."""
        return {
            "stored": self.stored,
            "grown": self.grown,
            "messages": self.messages,
            "skipped": self.skipped,
            "refused": self.refused,
            "dropped fields": sorted(self.dropped),
            "left out": dict(self.left_out.most_common()),
        }

    async def run(self, lines: Iterable[Line], report: Report) -> None:
        """Store the conversations of all lines, batch after batch."""
        read = 0
        rest = batches(lines)
        async with self.db:
            while batch := _next(rest):
                self.left_out.update(line.left_out for line in batch if line.left_out)
                await self._store([line for line in batch if not line.left_out])
                read += sum(len(line.data) for line in batch)
                report(read, self.messages)

    async def _store(self, batch: Sequence[Line]) -> None:
        """Store a batch as one; when that fails, each half, until the lines at fault are found."""
        if not batch:
            return
        try:
            await self._store_new([read_conversation(line, self.format) for line in batch])
        except (InputError, DataError, RecursionError) as error:
            if len(batch) == 1:
                self._refuse(batch[0], error)
                return
            _raise_unless_of_the_data(error)
            await self._store(batch[: len(batch) // 2])
            await self._store(batch[len(batch) // 2 :])

    async def _store_new(self, batch: Sequence[Conversation]) -> None:
        """Store the conversations whose sessions are not there, and the new messages of the others."""
        ids = [conversation.session["id"] for conversation in batch]
        known = {session.id for session in await self.db.client.session.find_many(where={"id": {"in": ids}})}
        known.update(self._would_be.intersection(ids))
        new: list[Conversation] = []
        again: list[Conversation] = []
        for conversation in batch:
            (again if conversation.session["id"] in known else new).append(conversation)
            known.add(conversation.session["id"])
        if self.is_dry:
            self._meet(new)
        elif new:
            await self._insert(new)
        self.stored += len(new)
        self.messages += sum(len(conversation.messages) for conversation in new)
        self._leave_out(new)
        await self._grow_all(again)

    def _meet(self, conversations: Sequence[Conversation]) -> None:
        for conversation in conversations:
            self._would_be.update((conversation.session["id"], *(row["id"] for row in conversation.messages)))

    def _leave_out(self, conversations: Sequence[Conversation]) -> None:
        for conversation in conversations:
            self.dropped |= conversation.unused
            self.left_out += conversation.left_out

    async def _grow_all(self, batch: Sequence[Conversation]) -> None:
        """Store the new messages of conversations that are there; without ids nobody knows which are new."""
        with_ids = [conversation for conversation in batch if conversation.has_ids]
        self.skipped += len(batch) - len(with_ids)
        stored = await self._stored(row["id"] for conversation in with_ids for row in conversation.messages)
        for conversation in with_ids:
            new = [row["id"] for row in conversation.messages if row["id"] not in stored]
            if new:
                await self._grow(conversation, len(new))
            else:
                self.skipped += 1
            stored.update(new)

    async def _stored(self, ids: Iterable[str]) -> set[str]:
        """Those of some ids that messages have."""
        found: set[str] = set()
        rest = iter(ids)
        while some := list(islice(rest, _ASKED)):
            found.update(row.id for row in await self.db.client.message.find_many(where={"id": {"in": some}}))
            found.update(self._would_be.intersection(some))
        return found

    async def _grow(self, conversation: Conversation, count: int) -> None:
        rows = [{name: value for name, value in row.items() if name != "sessionId"} for row in conversation.messages]
        messages, session_id = cast("list[NewMessage]", rows), conversation.session["id"]
        try:
            if self.is_dry:
                self._meet([conversation])
            else:
                await self.db.messages.create_messages(session_id, messages, skip_existing=True)
        except DataError as error:
            self._refuse(conversation.line, error)
            return
        self.grown += 1
        self.messages += count
        self._leave_out([conversation])

    async def _insert(self, batch: Sequence[Conversation]) -> None:
        characters = [conversation.character for conversation in batch if conversation.character]
        async with self.db.transaction(timeout=LONGEST) as tx:
            await keep_order(tx.client, *(conversation.messages for conversation in batch))
            await tx.client.session.create_many(data=[conversation.session for conversation in batch])
            await tx.client.message.create_many(data=[row for conversation in batch for row in conversation.messages])
            if characters:
                await tx.client.characterfile.create_many(data=characters)

    def _refuse(self, line: Line, error: Exception) -> None:
        _raise_unless_of_the_data(error)
        self.refused += 1
        sentence = str(error if isinstance(error, InputError) else line.failure(_reason(error)))
        if not self.keep_going:
            raise StepError(f"{sentence}; {_AGAIN}, and keep_going=1 goes on past such lines")
        tell(f"refused: {sentence}")


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines in groups of about a megabyte."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.data)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _next(rest: Iterator[list[Line]]) -> list[Line] | None:
    with waiting_for_input():
        return next(rest, None)


def _raise_unless_of_the_data(error: Exception) -> None:
    """Raise an error that is not the fault of what should be stored."""
    if isinstance(error, DataError) and error.code not in _OF_THE_DATA:
        raise error


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "lists and objects are nested too deep"
    if isinstance(error, UniqueViolationError):
        return "the id of one of its messages or of its character file is taken by another one"
    return " ".join(str(error).split())


def import_conversations(source: str, *, format_: str | None, keep_going: bool, is_dry: bool, as_json: bool) -> None:
    """Import a file, a folder of files, or standard input. Errors: StepError."""
    require_own_server()
    if source == STANDARD:
        lines, total = standard_lines(), None
    else:
        files = files_of(source)
        lines, total = lines_of(files), size_of(files)
    work = Import(DatabaseService(), keep_going, format_, is_dry)
    with accounted(work.figures, as_json=as_json, again=_AGAIN), progress("import", "messages", total) as report:
        run(work.run(lines, report))
    if work.refused:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", metavar="FILE", help="a file, also a .zip or .gz, a folder of them, or - for stdin")
    parser.add_argument("--as", dest="format", choices=NAMES, help="the format, which is recognised otherwise")
    parser.add_argument("--dry-run", action="store_true", help="store nothing, and tell what would be stored")
    parser.add_argument("--keep-going", action="store_true", help="name what cannot be stored, and go on with the rest")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout")
    options = parser.parse_args()
    main(
        lambda: import_conversations(
            options.source,
            format_=options.format,
            keep_going=options.keep_going,
            is_dry=options.dry_run,
            as_json=options.json,
        )
    )
