"""make import: store the conversations of JSON Lines; those that are stored already are skipped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from prisma.errors import DataError, UniqueViolationError

from conversations import LONGEST, STANDARD, Conversation, Line, files_of, lines_of, read_conversation, standard_lines
from database import DatabaseService
from database.repositories.new_message import keep_order
from demo_input import InputError
from progress import Report, accounted, progress, run, tell, waiting_for_input
from steps import StepError, main

_BATCH: Final = 1_000_000  # bytes of input in one transaction: some thousand messages
_OF_THE_DATA: Final = frozenset({"P2000", "P2002", "P2003", "P2004", "P2007", "P2011", "P2020", "P2023"})
"""The codes of errors that are the fault of what is stored; all others are the database's."""

_AGAIN: Final = "what was stored stays: the same command skips it and goes on"


@dataclass(slots=True)
class Import:
    """A run, and what it has done so far."""

    db: DatabaseService
    keep_going: bool
    stored: int = 0
    messages: int = 0
    skipped: int = 0
    refused: int = 0
    dropped: set[str] = field(default_factory=set)

    def figures(self) -> dict[str, object]:
        """What it has done, for the summary."""
        return {
            "stored": self.stored,
            "messages": self.messages,
            "skipped": self.skipped,
            "refused": self.refused,
            "dropped fields": sorted(self.dropped),
        }

    async def run(self, lines: Iterable[Line], report: Report) -> None:
        """Store the conversations of all lines, batch after batch."""
        read = 0
        rest = batches(lines)
        async with self.db:
            while batch := _next(rest):
                await self._store(batch)
                read += sum(len(line.data) for line in batch)
                report(read, self.messages)

    async def _store(self, batch: Sequence[Line]) -> None:
        """Store a batch as one; when that fails, each half, until the lines at fault are found."""
        try:
            await self._store_new([read_conversation(line) for line in batch])
        except (InputError, DataError) as error:
            if isinstance(error, DataError) and error.code not in _OF_THE_DATA:
                raise
            if len(batch) == 1:
                self._refuse(batch[0], error)
                return
            await self._store(batch[: len(batch) // 2])
            await self._store(batch[len(batch) // 2 :])

    async def _store_new(self, batch: Sequence[Conversation]) -> None:
        """Store the conversations whose sessions are not there; of several with one id, the first."""
        by_id = {conversation.session["id"]: conversation for conversation in reversed(batch)}
        for session in await self.db.client.session.find_many(where={"id": {"in": list(by_id)}}):
            del by_id[session.id]
        new = list(by_id.values())[::-1]
        if new:
            await self._insert(new)
        self.stored += len(new)
        self.messages += sum(len(conversation.messages) for conversation in new)
        self.skipped += len(batch) - len(new)
        self.dropped.update(*(conversation.unused for conversation in new))

    async def _insert(self, batch: Sequence[Conversation]) -> None:
        characters = [conversation.character for conversation in batch if conversation.character]
        async with self.db.transaction(timeout=LONGEST) as tx:
            await keep_order(tx.client, *(conversation.messages for conversation in batch))
            await tx.client.session.create_many(data=[conversation.session for conversation in batch])
            await tx.client.message.create_many(data=[row for conversation in batch for row in conversation.messages])
            if characters:
                await tx.client.characterfile.create_many(data=characters)

    def _refuse(self, line: Line, error: Exception) -> None:
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


def _reason(error: Exception) -> str:
    if isinstance(error, UniqueViolationError):
        return "the id of one of its messages or of its character file is taken by another one"
    return " ".join(str(error).split())


def import_conversations(source: str, *, keep_going: bool, as_json: bool) -> None:
    """Import a file, a folder of files, or standard input. Errors: StepError."""
    if source == STANDARD:
        lines, total = standard_lines(), None
    else:
        files = files_of(source)
        lines, total = lines_of(files), sum(file.stat().st_size for file in files)
    work = Import(DatabaseService(), keep_going)
    with accounted(work.figures, as_json=as_json, again=_AGAIN), progress("import", "messages", total) as report:
        run(work.run(lines, report))
    if work.refused:
        sys.exit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", metavar="FILE", help="a file, a folder of .jsonl and .json files, or - for stdin")
    parser.add_argument("--keep-going", action="store_true", help="name what cannot be stored, and go on with the rest")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout")
    arguments = parser.parse_args()
    main(lambda: import_conversations(arguments.source, keep_going=arguments.keep_going, as_json=arguments.json))
