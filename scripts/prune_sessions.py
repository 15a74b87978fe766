"""make prune: delete the sessions that are older than a time, with their messages and character files."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, get_args

from checkouts import require_own_server
from database import DatabaseService, SessionOrder
from database_url import DatabaseUrl
from progress import accounted, progress, run
from steps import StepError, main
from times import iso_time

_AGAIN: Final = "sessions are deleted whole: the same command deletes the rest"
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SAID: Final = {"creation": "created before", "activity": "without activity since"}
_GLANCE: Final = 1.0  # seconds between two looks at what is left


@dataclass(slots=True)
class Prune:
    """A run, and what it has done so far."""

    db: DatabaseService
    before: datetime
    batch_size: int
    by: SessionOrder = "creation"
    found: int = 0
    deleted: int = 0

    def figures(self) -> dict[str, object]:
        """What it has done, for the summary."""
        return {"before": self.before.isoformat(), "found": self.found, "deleted": self.deleted}

    async def count(self) -> None:
        """Count the sessions."""
        async with self.db:
            self.found = await self._left()

    async def delete(self) -> None:
        """Delete them in batches, and look now and then how many are left."""
        async with self.db:
            deleting = asyncio.ensure_future(
                self.db.sessions.delete_sessions_before(self.before, by=self.by, batch_size=self.batch_size)
            )
            with progress("prune", "sessions", self.found) as report:
                while not deleting.done():
                    await asyncio.wait([deleting], timeout=_GLANCE)
                    self.deleted = max(self.found - await self._left(), 0)
                    report(self.deleted, self.deleted)
            self.deleted = await deleting

    async def _left(self) -> int:
        return await self.db.sessions.delete_sessions_before(self.before, by=self.by, dry_run=True)


def _age(text: str) -> datetime:
    """The time so long ago."""
    found = re.fullmatch(r"(\d+)([hdw])", text)
    try:
        if found:
            return datetime.now(timezone.utc).replace(microsecond=0) - int(found[1]) * _UNITS[found[2]]
    except OverflowError:
        pass
    raise argparse.ArgumentTypeError(f"{text} is not an age such as 90d: hours (h), days (d) or weeks (w)")


def _moment(text: str) -> datetime:
    try:
        time = iso_time(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text} is not a time such as 2026-01-01 or 2026-01-01T12:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1")
    return int(text)


def prune_sessions(work: Prune, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Count old sessions and, once somebody has agreed, delete them. Errors: StepError."""
    require_own_server()
    with accounted(work.figures, as_json=as_json, again=_AGAIN):
        run(work.count())
        if work.found and not dry_run:
            if not yes:
                _ask(f"{work.found:,} sessions {_SAID[work.by]} {work.before}")
            run(work.delete())


def _ask(what: str) -> None:
    url = DatabaseUrl.of_project()
    what = f"{what} in the database {url.database} at {url.place}"
    if not sys.stdin.isatty():
        raise StepError(f"this deletes {what}: agree with make prune yes=1 (--yes)")
    print(f"Delete {what}? [y/N] ", end="", file=sys.stderr, flush=True)
    if input().strip().lower() not in {"y", "yes"}:
        raise StepError("nothing was deleted")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument(
        "--older-than", type=_age, metavar="AGE", dest="before", help="hours, days or weeks: 48h, 90d, 12w"
    )
    when.add_argument(
        "--before", type=_moment, metavar="TIME", help="2026-01-01, or with a time of day; UTC by default"
    )
    parser.add_argument(
        "--by",
        choices=get_args(SessionOrder),
        default="creation",
        help="what is that old: their creation, or last message",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count")
    parser.add_argument("--batch-size", type=_positive, default=100, help="sessions in a transaction (%(default)s)")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout")
    arguments = parser.parse_args()
    main(
        lambda: prune_sessions(
            Prune(DatabaseService(), arguments.before, arguments.batch_size, arguments.by),
            dry_run=arguments.dry_run,
            yes=arguments.yes,
            as_json=arguments.json,
        )
    )
