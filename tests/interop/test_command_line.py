"""The command line beside what Prisma's official one answers: what they print, write and end with."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from interop import official
from prisma_engine.cli import dispatch

pytestmark = official.needed

VALID: Final = """\
datasource db {
  provider = "postgresql"
}

generator client {
  provider        = "prisma-client-py"
  previewFeatures = ["views", "orderByNulls", "tracing"]
}

model User {
  id Int @id
    name   String?
}
"""
WRONG: Final = VALID.replace("String?", "Strong @db.Uuid")
BROKEN: Final = 'datasource db {\n  provider = "oracle"\n}\n\ngenerator x {\n}\n\nmodel A {\n  id Int\n  b'
PRISMA_5: Final = VALID.replace('"postgresql"\n', '"postgresql"\n  url      = env("DATABASE_URL")\n')
WINDOWS: Final = VALID.replace("\n", "\r\n")

FILES: Final[Mapping[str, str]] = {
    "schema.prisma": VALID,
    "wrong.prisma": WRONG,
    "broken.prisma": BROKEN,
    "five.prisma": PRISMA_5,
    "windows.prisma": WINDOWS,
    "several/b.prisma": VALID,
    "several/a/c.prisma": "model C {\n id Int @id\n u User[]\n }\n",
    "several/_.prisma": "model D {\n  id Int @id\n}\n",
}
COMMANDS: Final[Sequence[Sequence[str]]] = [
    ["validate"],
    ["validate", "--schema", "wrong.prisma"],
    ["validate", "--schema=broken.prisma"],
    ["validate", "--schema", "several"],
    ["validate", "--schema", "missing.prisma"],
    ["validate", "--nothing", "-x"],
    ["format", "--check"],
    ["format", "--schema", "five.prisma"],
    ["format", "--schema", "windows.prisma"],
    ["format", "--schema", "wrong.prisma"],
    ["format", "--schema", "several"],
    ["db", "pusch"],
]

TOOK: Final = re.compile(r" in [\d.]+m?s\b")


_RECORD: Final = official.Record("command_line", [" ".join(each) for each in COMMANDS])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with schemas of all kinds."""
    project = tmp_path / "project"
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(text.encode())
    monkeypatch.chdir(project)
    monkeypatch.setenv("NO_COLOR", "1")
    before = dict(os.environ)
    yield project
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_does_and_says_what_prismas_own_does(
    arguments: Sequence[str], folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = " ".join(arguments)
    if _RECORD.is_asked(name):
        theirs = tmp_path / "theirs"
        shutil.copytree(folder, theirs)
        done = official.run(theirs, *arguments, env={"NO_COLOR": "1"})
        _RECORD.check(name, _outcome(done.status, done.stdout, done.stderr, theirs))

    status = dispatch.run(arguments)
    printed = capsys.readouterr()

    assert _outcome(status, printed.out, printed.err, folder) == _RECORD.answer(name)


def _outcome(status: int, stdout: str, stderr: str, folder: Path) -> dict[str, object]:
    """How a command ended, and the folder's files that it has changed."""
    files = {str(path.relative_to(folder)): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}
    assert FILES.keys() <= files.keys()
    changed = {name: text for name, text in files.items() if text != FILES.get(name)}
    return {"status": status, "stdout": TOOK.sub(" in Xms", stdout), "stderr": stderr, "files": changed}
