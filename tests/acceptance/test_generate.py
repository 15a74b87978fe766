"""`generate` as a person runs it: a schema for Prisma 5.17 with generators of every kind, in a Python without Node."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from fix_environment import PythonEnvironment

SCHEMA: Final = """\
// Füße, 日本
datasource db {
  provider  = "postgresql"
  url       = env("SHOP_URL")
  directUrl = env("DIRECT_URL")
}

generator js {
  provider = "prisma-client-js"
}

generator erd {
  provider = "prisma-erd-generator"
}

generator docs {
  provider = "python docs.py"
  output   = "./docs.txt"
}

generator settings {
  provider = env("SETTINGS_GENERATOR")
  output   = "./settings.txt"
  depth    = 3
}

generator client {
  provider               = "prisma-client-py"
  output                 = "./app/db"
  recursive_type_depth   = 5
  partial_type_generator = "app/partials.py"
  previewFeatures        = ["views", "metrics"]
}

/// Ein Mensch, süß
model User {
  id    Int    @id @default(autoincrement())
  name  String @default("Jürgen") // words
  posts Post[]
}

model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int

  @@map("posts") // more words
}

view Busy {
  id   Int    @id
  name String
}
"""
PARTIALS: Final = """\
from app.db.models import User

User.create_partial("UserOnlyName", include={"name"})
"""
DOCS: Final = """\
from pathlib import Path

from prisma.generator import BaseGenerator, Manifest


class Docs(BaseGenerator):
    def get_manifest(self):
        return Manifest(name="Döcs", default_output=Path("docs"))

    def generate(self, data):
        [source] = data.datasources
        models = [model.name for model in data.dmmf.datamodel.models]
        others = [other.name for other in data.other_generators]
        told = [source.url.from_env_var, data.schema_path.name, *models, *others, data.datamodel.splitlines()[0]]
        Path(data.generator.output.value).write_text("\\n".join(told), encoding="utf-8")


if __name__ == "__main__":
    Docs.invoke()
"""
SETTINGS: Final = """\
from pathlib import Path

from prisma.generator import GenericData, GenericGenerator, Manifest
from pydantic import BaseModel


class Config(BaseModel):
    depth: int


class Settings(GenericGenerator[GenericData[Config]]):
    def get_manifest(self):
        return Manifest(name="Settings", default_output=Path("settings"))

    def generate(self, data):
        if data.generator.config.depth > 3:
            raise ValueError("too deep")
        print("said on stdout")
        Path(data.generator.output.value).write_text(f"depth {data.generator.config.depth}")


if __name__ == "__main__":
    Settings.invoke()
"""
NOTE: Final = """\
import json
import sys

for line in sys.stdin:
    request = json.loads(line)
    manifest = {"prettyName": "Note", "defaultOutput": "./note.txt", "version": "1.2"}
    if request["method"] == "generate":
        with open(request["params"]["generator"]["output"]["value"], "w") as note:
            note.write(" ".join(model["name"] for model in request["params"]["dmmf"]["datamodel"]["models"]))
    answer = {"jsonrpc": "2.0", "id": request["id"], "result": {"manifest": manifest}}
    print(json.dumps(answer), file=sys.stderr, flush=True)
"""
QUICK: Final = """\
datasource db {
  provider = "postgresql"
}

generator js {
  provider = "prisma-client-js"
}

generator note {
  provider = "python note.py"
}

model User {
  id Int @id
}
"""
ENVIRONMENT: Final = {"SETTINGS_GENERATOR": "python settings.py"}
LEFT_OUT: Final = 'warn The generator {} was left out: "{}" is no program here, only npm packages have it.'


def write_project(folder: Path) -> Path:
    """A program for Prisma 5.17 with generators of its own."""
    (folder / "app").mkdir(parents=True)
    for name, text in (
        ("schema.prisma", SCHEMA),
        ("docs.py", DOCS),
        ("settings.py", SETTINGS),
        ("app/__init__.py", ""),
        ("app/partials.py", PARTIALS),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def generate(
    environment: PythonEnvironment, folder: Path, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return environment.run(
        "python", "-m", "prisma_engine", "generate", *options, folder=folder, environment={**ENVIRONMENT, **variables}
    )


def contents(folder: Path) -> dict[Path, bytes]:
    """The files of a client, without what Python keeps of them."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program's folder."""
    return write_project(tmp_path_factory.mktemp("program") / "shop")


@pytest.fixture(scope="module")
def generated(environment: PythonEnvironment, project: Path) -> subprocess.CompletedProcess[str]:
    """The program, with everything generated from a terminal that knows ASCII only."""
    done = generate(environment, project, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_each_generator_is_named_as_prisma_names_it(generated: subprocess.CompletedProcess[str]) -> None:
    lines = [line.rpartition(" in ")[0] or line for line in generated.stdout.splitlines()]
    assert lines == [
        "said on stdout",
        "",
        "\\u2714 Generated D\\xf6cs to ./docs.txt",
        "",
        "\\u2714 Generated Settings to ./settings.txt",
        "",
        "\\u2714 Generated Prisma Client Python (v0.15.0) to ./app/db",
        "",
    ]


def test_a_generator_that_only_npm_has_is_named_in_one_line_and_the_others_run(
    generated: subprocess.CompletedProcess[str],
) -> None:
    assert [line for line in generated.stderr.splitlines() if "generator" in line] == [
        LEFT_OUT.format("js", "prisma-client-js"),
        LEFT_OUT.format("erd", "prisma-erd-generator"),
    ]


@pytest.mark.usefixtures("generated")
def test_the_first_time_takes_the_environment_s_commands_over(environment: PythonEnvironment, project: Path) -> None:
    assert all("prisma_engine" in path.read_text(encoding="utf-8") for path in environment.taken)
    copied = project / "app" / "db" / "cli" / "__init__.py"
    assert copied.read_bytes() == environment.taken[0].read_bytes()


@pytest.mark.usefixtures("generated")
def test_a_class_on_base_generator_gets_what_prisma_5_gave_it(project: Path) -> None:
    told = (project / "docs.txt").read_text(encoding="utf-8").splitlines()
    assert told == ["SHOP_URL", "schema.prisma", "User", "Post", "Busy", "settings", "client", "// Füße, 日本"]


@pytest.mark.usefixtures("generated")
def test_a_generator_with_settings_of_its_own_gets_them(project: Path) -> None:
    assert (project / "settings.txt").read_text(encoding="utf-8") == "depth 3"


@pytest.mark.usefixtures("generated")
def test_the_packaged_schema_is_the_file_to_the_byte(project: Path) -> None:
    packaged = project / "app" / "db" / "schema.prisma"
    assert packaged.read_bytes() == (project / "schema.prisma").read_bytes()


@pytest.mark.usefixtures("generated")
def test_a_client_with_its_own_output_has_its_partial_types_and_the_schema_s_words(
    environment: PythonEnvironment, project: Path
) -> None:
    said = environment.python(
        "from app.db import models, partials, client\n"
        "from prisma_engine.client_package import ClientPackage\n"
        "print(list(partials.UserOnlyName.model_fields), ascii(models.User.__doc__.strip()))\n"
        "print(ClientPackage('app.db').outdated_schema(), client.SCHEMA_PATH)",
        project,
    )
    assert said.splitlines() == [
        "['name'] 'Ein Mensch, s\\xfc\\xdf'",
        f"None {project / 'schema.prisma'}",
    ]


@pytest.mark.usefixtures("generated")
def test_what_fails_is_told_and_leaves_what_the_others_made_and_the_client_of_before(
    environment: PythonEnvironment, project: Path
) -> None:
    folder = project / "app" / "db"
    before = contents(folder)
    (project / "docs.txt").unlink()
    schema = project / "failing.prisma"
    schema.write_text(SCHEMA.replace("depth    = 3", "depth = 4"), encoding="utf-8")
    partials = project / "app" / "partials.py"
    partials.write_text(f"{PARTIALS}raise ValueError('no more')\n", encoding="utf-8")
    try:
        done = generate(environment, project, "--schema", "failing.prisma")
    finally:
        partials.write_text(PARTIALS, encoding="utf-8")
        schema.unlink()
    assert done.returncode == 1
    assert "Error: \n✔ Generated Döcs to ./docs.txt" in done.stderr
    assert "ValueError: too deep" in done.stderr
    assert "An exception ocurred while running the partial type generator" in done.stderr
    assert "ValueError: no more" in done.stderr
    assert (project / "docs.txt").exists()
    assert contents(folder) == before


@pytest.fixture
def quick(tmp_path: Path) -> Path:
    """A schema with a generator that takes no time, and one that only npm has."""
    (tmp_path / "note.py").write_text(NOTE, encoding="utf-8")
    (tmp_path / "schema.prisma").write_text(QUICK, encoding="utf-8")
    return tmp_path


def test_a_generator_that_only_npm_has_is_an_error_where_it_was_asked_for(
    environment: PythonEnvironment, quick: Path
) -> None:
    done = generate(environment, quick, "--generator", "js", "--generator", "note")
    assert done.returncode == 1
    assert 'The generator js was left out: "prisma-client-js" is no program here' in done.stderr
    assert "✔ Generated Note (1.2) to ./note.txt in" in done.stderr


def test_options_of_prisma_5_change_nothing_and_say_so(environment: PythonEnvironment, quick: Path) -> None:
    done = generate(environment, quick, "--generator=note", "--no-engine", "--no-hints", "--allow-no-models")
    assert done.returncode == 0, done.stderr
    assert "warn --no-engine changes nothing: the client here has its engine in itself." in done.stderr


def test_watching_generates_after_each_change_and_ends_quietly(environment: PythonEnvironment, quick: Path) -> None:
    note, output, schema = quick / "note.txt", quick / "output", quick / "schema.prisma"
    with output.open("w") as stream:
        process = subprocess.Popen(
            [environment.scripts / "python", "-m", "prisma_engine", "generate", "--watch"],
            cwd=quick,
            env={"PATH": "/usr/bin:/bin"},
            stdout=stream,
            stderr=stream,
        )
        try:
            for change, told in enumerate(("model Broken {", "model Added {\n  id Int @id\n}"), start=1):
                _wait_until_said(output, "Watching...", change)
                schema.write_text(f"{QUICK}{told}\n", encoding="utf-8")
                _wait_until_said(output, "Change in schema.prisma", change)
            _wait_for(lambda: note.read_text(encoding="utf-8") == "User Added")
            process.send_signal(signal.SIGINT)
            assert process.wait(_PATIENCE) == 130
        finally:
            process.kill()
            process.wait()
    text = output.read_text(encoding="utf-8")
    assert "It does not start with any known Prisma schema keyword" in text
    assert "Traceback" not in text


_PATIENCE: Final = 60.0  # seconds: a machine may be busy, and a fault that never ends is to end the test


def _wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "what was waited for did not happen"
        time.sleep(0.05)


def _wait_until_said(output: Path, words: str, times: int) -> None:
    _wait_for(lambda: output.read_text(encoding="utf-8").count(words) == times)
