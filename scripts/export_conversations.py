"""make export: write conversations as JSON Lines, all of them as they are at one moment."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from prisma.types import MessageWhereInput

from checkouts import require_own_server
from conversations import (
    LONGEST,
    MESSAGES,
    SESSIONS,
    file_name,
    names_in,
    replacing,
    rows_of,
    standard_output,
)
from database import DatabaseService
from database.transaction import Transaction
from export_forms import FORMS
from progress import Report, accounted, progress, run
from readers.formats import OWN
from sources import STANDARD
from steps import StepError, main

_AGAIN: Final = "files are whole or not there: the same command starts again, and in a folder it writes what is missing"


@dataclass(slots=True)
class Export:
    """A run, and what it has done so far."""

    db: DatabaseService
    session_id: str | None
    format: str = OWN
    written: int = 0
    messages: int = 0
    skipped: int = 0

    def figures(self) -> dict[str, object]:
        """What it has done, for the summary."""
        return {"written": self.written, "messages": self.messages, "skipped": self.skipped}

    async def run(self, target: str) -> None:
        """Write the sessions to standard output, to a file, or to a file each in a folder."""
        write = self._write_each if _is_folder(target) else self._write_all
        async with self.db, self.db.transaction(isolation="RepeatableRead", timeout=LONGEST) as tx:
            where: MessageWhereInput = {} if self.session_id is None else {"sessionId": self.session_id}
            total = await tx.client.message.count(where=where)
            with progress("export", "messages", total) as report:
                await write(tx, target, report)

    async def _write_all(self, tx: Transaction, target: str, report: Report) -> None:
        with standard_output() if target == STANDARD else replacing(Path(target)) as file:
            async for session in self._sessions(tx):
                await self._write(tx, session, file, report)

    async def _write_each(self, tx: Transaction, target: str, report: Report) -> None:
        there = names_in(Path(target))
        async for session in self._sessions(tx):
            name = file_name(session.id)
            if name in there:
                self.skipped += 1
            else:
                with replacing(Path(target, name)) as file:
                    await self._write(tx, session, file, report)

    async def _write(self, tx: Transaction, session: Any, file: BinaryIO, report: Report) -> None:
        form = FORMS[self.format]
        between = await form.beginning(session, tx.client)
        count = 0
        async for message in rows_of(MESSAGES.prisma(tx.client), {"sessionId": session.id}, "asc"):
            file.write(between + form.message(message))
            between = b", "
            count += 1
            report(self.messages + count, self.messages + count)
        if not count and form.needs_messages:
            self.skipped += 1
            return
        file.write(form.end if count else between + form.end)
        self.messages += count
        self.written += 1

    async def _sessions(self, tx: Transaction) -> AsyncIterator[Any]:
        """The session that is asked for, or all of them, the newest first."""
        where = {} if self.session_id is None else {"id": self.session_id}
        async for session in rows_of(SESSIONS.prisma(tx.client), where, "desc"):
            yield session
        if self.session_id is not None and not self.written + self.skipped:
            raise StepError(f"there is no session with the id {self.session_id}")


def _is_folder(target: str) -> bool:
    return target.endswith("/") or Path(target).is_dir()


def export_conversations(target: str, *, session_id: str | None, format_: str, as_json: bool) -> None:
    """Export to a file, a folder, or standard output. Errors: StepError."""
    require_own_server()
    work = Export(DatabaseService(), session_id, format_)
    with accounted(work.figures, as_json=as_json, again=_AGAIN):
        run(work.run(target))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "target", metavar="FILE", help="a file, a folder (ends with /) for a file each, or - for stdout"
    )
    parser.add_argument("--as", dest="format", choices=FORMS, default=OWN, help="its own format, or one for training")
    parser.add_argument("--session", metavar="ID", help="only the session with this id")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout")
    arguments = parser.parse_args()
    if arguments.json and arguments.target == STANDARD:
        parser.error("--json needs stdout for itself: name a file instead of -")
    main(
        lambda: export_conversations(
            arguments.target, session_id=arguments.session, format_=arguments.format, as_json=arguments.json
        )
    )
