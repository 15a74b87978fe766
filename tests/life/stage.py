"""A project in a folder of its own, on a database of its own, on which commands are run one after the other."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

__all__ = ["RECORD", "Chapter", "Outcome", "Run", "Stage", "Step", "as_record", "play", "recorded"]

RECORD: Final = Path(__file__).with_name("official.json")
"""What Prisma's official command line answered, by chapter."""

_CONFIG: Final = """\
export default {
  schema: 'schema.prisma',
  migrations: { path: 'migrations', seed: 'python seed.py' },
  datasource: { url: process.env.DATABASE_URL },
}
"""
_UNWATCHED: Final = ("prisma.config.ts", "seed.py")
_ENVIRONMENT: Final = {
    "NO_COLOR": "1",  # the official one colours what is wrong with a schema in files, too
    "PRISMA_MIGRATE_SKIP_SEED": "1",  # the official one fills the database by `db seed` only
}

_UNSTABLE: Final = (
    (re.compile(r"\b20\d{12}(?=_)"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? UTC"), "TIME UTC"),
    (re.compile(r"\b(?:\d+ms|\d+\.\d\ds)\b"), "DURATION"),
    (re.compile(r"^Loaded Prisma config from [^\n]*\n\n", re.MULTILINE), ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended, and the folder's files afterwards; what differs from run to run has fixed words."""

    status: int
    stdout: str
    stderr: str
    files: Mapping[str, str] = field(default_factory=dict)


Run = Callable[[Path, Sequence[str], Mapping[str, str], str], tuple[int, str, str]]
"""Runs a command line: the folder, the arguments, the environment and stdin; the status, stdout and stderr."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A folder and a database."""

    folder: Path
    url: str

    @classmethod
    def build(cls, folder: Path, url: str) -> Stage:
        """Begin with a configuration and nothing else."""
        stage = cls(folder, url)
        stage.write("prisma.config.ts", _CONFIG)
        return stage

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def remove(self, pattern: str) -> None:
        """Remove what has such names."""
        for path in self.folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def edit(self, pattern: str, before: str, after: str) -> None:
        """Change a text in files that have such names."""
        for path in self.folder.glob(pattern):
            path.write_bytes(path.read_bytes().replace(before.encode(), after.encode()))

    def execute(self, sql: str) -> None:
        """Run a script on the database."""
        asyncio.run(self._execute(sql))

    async def _execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.url.partition("?")[0])
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def files(self) -> dict[str, str]:
        """The project's files by their names."""
        found = sorted(path for path in self.folder.rglob("*") if path.is_file() and "node_modules" not in path.parts)
        names = {path.relative_to(self.folder).as_posix(): path for path in found}
        return {
            self._stable(name): self._stable(path.read_bytes().decode())
            for name, path in names.items()
            if name not in _UNWATCHED
        }

    def outcome(self, status: int, stdout: str, stderr: str) -> Outcome:
        """How a command ended, in fixed words."""
        return Outcome(status, self._stable(stdout), self._stable(stderr), self.files())

    def _stable(self, text: str) -> str:
        parts = urlsplit(self.url)
        text = text.replace(parts.path.removeprefix("/"), "DATABASE").replace(parts.netloc.rpartition("@")[2], "SERVER")
        text = text.replace(str(self.folder), "FOLDER")
        for unstable, word in _UNSTABLE:
            text = unstable.sub(word, text)
        return text


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what is done to the project before it.

    Shape: `differs` tells why ours answers otherwise, `says` is then what it answers, in one of both streams.
    """

    arguments: str
    before: Callable[[Stage], object] | None = None
    stdin: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    differs: str = ""
    says: str = ""

    def run(self, stage: Stage, run: Run) -> Outcome:
        """Prepare the project, then run the command."""
        if self.before is not None:
            self.before(stage)
        words = [word.replace("␣", " ") for word in self.arguments.split()]
        environment = {"DATABASE_URL": stage.url, **_ENVIRONMENT, **self.environment}
        return stage.outcome(*run(stage.folder, words, environment, self.stdin))


Chapter = Sequence[Step]


def play(chapter: Chapter, stage: Stage, *runs: Run) -> Iterator[Outcome]:
    """Run the steps one after the other, with each of the command lines in turn."""
    for step, run in zip(chapter, itertools.cycle(runs)):
        yield step.run(stage, run)


def recorded(name: str) -> list[Outcome]:
    """What the official command line answered in a chapter."""
    record: dict[str, list[dict[str, Any]]] = json.loads(RECORD.read_text("utf-8"))
    before: dict[str, str] = {}
    outcomes = []
    for answer in record[name]:
        before = answer.pop("files", before)  # written where they have changed
        outcomes.append(Outcome(**answer, files=before))
    return outcomes


def as_record(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The outcomes in the form of the record."""
    before: Mapping[str, str] = {}
    answers = []
    for outcome in outcomes:
        answer = asdict(outcome)
        if outcome.files == before:
            del answer["files"]
        before = outcome.files
        answers.append(answer)
    return answers
