"""`generate` beside Prisma's official command line: the same requests to the byte, the same words."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from interop import official
from prisma_engine.cli.dispatch import run
from prisma_engine.generate import generate
from steps import PROJECT

pytestmark = official.needed

RECORDER: Final = """\
import json
import os
import sys

with open(os.environ["RECORD"], "ab") as record:
    for line in sys.stdin.buffer:
        record.write(line)
        request = json.loads(line)
        generator = request["params"].get("generator", request["params"])
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        if request["method"] == "getManifest":
            answer["result"] = {"manifest": {"prettyName": "Recorder", "defaultOutput": "./recorded", "version": "3"}}
        elif "fails" in generator["config"]:
            answer["error"] = {"code": -32000, "message": generator["config"]["fails"], "data": {}}
        else:
            answer["result"] = None
        print(json.dumps(answer), file=sys.stderr, flush=True)
"""
GENERATORS: Final = f"""
generator first {{
  provider        = "{sys.executable} recorder.py"
  previewFeatures = ["views"]
  depth           = "3"
}}

generator second {{
  provider      = "{sys.executable} recorder.py"
  output        = "../out/of/here"
  binaryTargets = ["native", "rhel-openssl-3.0.x"]
}}
"""
SOURCE: Final = 'datasource db {\n  provider = "postgresql"\n}\n'
MODEL: Final = "\n/// Ein Mensch, süß\nmodel User {\n  id   Int @id\n  rate Float @default(1.0)\n}\n"
SCHEMAS: Final = ("tests/schemas/article.prisma", "tests/schemas/types.prisma", "tests/drop_in/prisma/schema.prisma")

_GENERATOR: Final = re.compile(r"^generator\s+\w+\s*\{.*?^\}", re.MULTILINE | re.DOTALL)
_URL: Final = re.compile(r"^\s*url\s*=.*\n", re.MULTILINE)
_NUMBER: Final = re.compile(rb'"id":\d+\}$', re.MULTILINE)  # counts a process's requests
_DURATION: Final = re.compile(r"in [\d.]+m?s$", re.MULTILINE)


def project(folder: Path, schema: str) -> Path:
    """A folder with a schema and the generator that records what it is told."""
    (folder / "prisma").mkdir(parents=True)
    (folder / "prisma" / "schema.prisma").write_text(schema, encoding="utf-8")
    (folder / "recorder.py").write_text(RECORDER, encoding="utf-8")
    return folder


def recorded(path: Path) -> list[bytes]:
    """The requests of a run, in their order; the programs of several generators start in any."""
    return sorted(_NUMBER.sub(b"", path.read_bytes()).splitlines())


@pytest.mark.parametrize("name", SCHEMAS)
def test_generators_are_told_the_same_to_the_byte(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    folder = project(tmp_path / "project", _URL.sub("", _GENERATOR.sub("", text)) + GENERATORS)
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    done = official.run(folder, "generate", env={"RECORD": str(theirs)})
    assert done.status == 0, done.output
    monkeypatch.setenv("RECORD", str(ours))
    monkeypatch.chdir(folder)
    assert [result.error for result in generate(Path("prisma/schema.prisma")).results] == [None, None]
    assert recorded(ours) == recorded(theirs)
    assert len(recorded(ours)) == 4


SAID: Final[Mapping[str, tuple[str, Sequence[str]]]] = {
    "all": (SOURCE + GENERATORS + MODEL, []),
    "one": (SOURCE + GENERATORS + MODEL, ["--generator", "second"]),
    "unknown": (SOURCE + GENERATORS + MODEL, ["--generator=no", "--generator=none"]),
    "failing": (SOURCE + GENERATORS.replace("depth  ", "fails  ") + MODEL, []),
    "no models": (SOURCE + GENERATORS, ["--require-models"]),
    "no datasource": (GENERATORS + MODEL, []),
    "invalid": (SOURCE + GENERATORS + MODEL.replace("@id", ""), []),
    "broken": (SOURCE + GENERATORS.replace('"3"', "}") + MODEL, []),
}
"""Schemas, and the options of the command."""

_RECORD: Final = official.Record("generate", list(SAID))


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    schema, options = SAID[name]
    folder = project(tmp_path / "project", schema)
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    if _RECORD.is_asked(name):
        # which finds colours everywhere, for some errors
        done = official.run(folder, "generate", *options, env={"RECORD": str(tmp_path / "record"), "NO_COLOR": "1"})
        _RECORD.check(name, _outcome(done.status, done.stdout, done.stderr))
    monkeypatch.chdir(folder)
    status = run(["generate", *options])
    assert _outcome(status, *capfd.readouterr()) == _RECORD.answer(name)


def _outcome(status: int, stdout: str, stderr: str) -> dict[str, object]:
    return {"status": status, "stdout": _comparable(stdout), "stderr": _comparable(stderr).rstrip("\n")}


def _comparable(text: str) -> str:
    """What is said, without how long it took, and with the name that a method has in Python."""
    return _DURATION.sub("in …", text).replace("$queryRaw", "query_raw")


def test_the_official_command_line_can_use_our_generator_too(tmp_path: Path) -> None:
    """A repository with Node may go on with `npx prisma generate`, whatever the provider is called."""
    generator = 'generator client {\n  provider = "python -m prisma_engine.generator"\n  output = "../db"\n}\n'
    folder = project(tmp_path / "project", SOURCE + generator + MODEL)
    done = official.run(folder, "generate")
    assert done.status == 0, done.output
    packaged = folder / "db" / "schema.prisma"
    assert packaged.read_bytes() == (folder / "prisma" / "schema.prisma").read_bytes()
