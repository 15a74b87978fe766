"""Prisma's official command line, run by Node, to compare with; `make test` installs it where Node is.

Its schema engine is the program in `schema_engine`, so that it downloads nothing. A folder without a configuration gets
the one beside this file, and schemas may have the URLs that Prisma 5 took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any, Final

import pytest

from file_lock import locked
from fix_postgres import HOME_VARIABLE
from node import find_node

__all__ = [
    "ENGINE",
    "MODULES",
    "Completed",
    "Record",
    "command",
    "environment",
    "is_its_turn",
    "needed",
    "run",
    "script",
    "why_not",
]

_HERE: Final = Path(__file__).resolve().parent
MODULES: Final = _HERE / "node_modules"
"""Where its packages are, and those of Prisma's TypeScript runtime."""

_PROGRAM: Final = MODULES / "prisma" / "build" / "index.js"
_CONFIG: Final = _HERE / "prisma.config.mjs"
_PRELOAD: Final = _HERE / "preload.mjs"
ENGINE: Final = _HERE / "schema_engine" / "schema-engine"
"""The schema engine's program."""

_TAKE_A_CONFIG: Final = frozenset({"db", "debug", "format", "generate", "migrate", "studio", "validate", "version"})
_CONFIGS: Final = ("prisma7.config.*", "prisma.config.*", ".config/prisma7.*", ".config/prisma.*")
_INHERITED: Final = ("HOME", "PATH")  # and nothing else: what the developer's shell sets must not change a result
_EVERY: Final = 30  # of so many questions it answers one today; no multiple of 7, for who tests once a week
_GIVE_UP_AFTER: Final = 120.0  # seconds: a command that hangs fails its test instead of holding up the run


@dataclass(frozen=True, slots=True)
class Completed:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for looking up a message wherever it went."""
        return f"{self.stdout}\n{self.stderr}"


@dataclass(frozen=True, slots=True)
class Record:
    """What it has answered to questions that have names, a file in `answers`: TEST_OFFICIAL_RECORD=1 writes it."""

    name: str
    names: Sequence[str]

    @property
    def file(self) -> Path:
        """Where it is."""
        return _HERE / "answers" / f"{self.name}.json"

    def is_asked(self, name: str) -> bool:
        """Whether it shall answer this question now."""
        return _is_recording() or is_its_turn(self.names.index(name))

    def check(self, name: str, answer: Any) -> None:
        """Take what it has answered now, which has to be what is recorded."""
        if _is_recording():
            self._write(name, answer)
        assert answer == self.answer(name)

    def answer(self, name: str) -> Any:
        """What is recorded, as JSON has it."""
        return self._read()[name]

    def _read(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.file.read_text("utf-8") or "{}")
        return record

    def _write(self, name: str, answer: Any) -> None:
        with locked(self.file):
            record = self._read() | {name: answer}
            ordered = {each: record.get(each) for each in self.names}
            self.file.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def is_its_turn(number: int, day: date | None = None) -> bool:
    """Whether it answers the question of this number on a day, or today; with TEST_OFFICIAL_EVERY=1 it answers all."""
    every = int(os.environ.get("TEST_OFFICIAL_EVERY", _EVERY))
    return (number + (day or datetime.now(timezone.utc)).toordinal()) % every == 0


def _is_recording() -> bool:
    return "TEST_OFFICIAL_RECORD" in os.environ


def why_not() -> str:
    """Why the official command line cannot run here, nothing where it can."""
    if find_node() is None:
        return "there is no Node.js 20.19, 22.12, 24 or newer with npm on PATH to run Prisma's official command line"
    if not _PROGRAM.exists():
        return "Prisma's official command line is not installed: make test installs it"
    return ""


needed: Final = pytest.mark.skipif(bool(why_not()), reason=why_not())
"""Marks tests that compare with it."""


def run(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Completed:
    """Run it in a folder, with nothing of the caller's environment but the search path and what `env` says."""
    done = subprocess.run(
        command(folder, arguments),
        cwd=folder,
        env=environment(env),
        input=stdin,
        timeout=_GIVE_UP_AFTER,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    # a folder without a configuration shall look like one
    loaded = f"Loaded Prisma config from {os.path.relpath(_CONFIG, folder)}.\n\n"
    return Completed(done.returncode, done.stdout, done.stderr.removeprefix(loaded))


def command(folder: Path, arguments: Sequence[str]) -> list[str]:
    """What starts it, for a test that talks to it while it runs."""
    node = find_node()
    assert node is not None, why_not()
    config = ["--config", str(_CONFIG)] if _needs_config(folder, arguments) else []
    return [str(node), "--import", _PRELOAD.as_uri(), str(_PROGRAM), *arguments, *config]


def script(file: Path, *arguments: str) -> list[str]:
    """What starts a script of ours: it ends long before its wasm would gain anything from being optimized."""
    return [str(find_node()), "--liftoff-only", str(file), *arguments]


def environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Its environment; generators that are started as `python` get the one that runs the tests."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    path = [str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]
    return {
        **kept,
        "CHECKPOINT_DISABLE": "1",  # no calls home
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",  # the version is pinned
        "PRISMA_SCHEMA_ENGINE_BINARY": str(ENGINE),
        "SCHEMA_ENGINE_NODE": str(find_node()),
        "NODE_PATH": str(MODULES),  # a prisma.config.ts imports `prisma/config`
        "PATH": os.pathsep.join(path),
        "TMPDIR": _temporary(),
        **(env or {}),
    }


def _temporary() -> str:
    """Where it may leave files: in the run's own folder, where there is a run of tests."""
    if HOME_VARIABLE not in os.environ:
        return tempfile.gettempdir()
    folder = Path(os.environ[HOME_VARIABLE]) / "node"
    folder.mkdir(exist_ok=True)
    return str(folder)


def _needs_config(folder: Path, arguments: Sequence[str]) -> bool:
    named = any(argument.partition("=")[0] == "--config" for argument in arguments)
    own = any(path.is_file() for pattern in _CONFIGS for path in folder.glob(pattern))
    return bool(arguments) and arguments[0] in _TAKE_A_CONFIG and not named and not own
