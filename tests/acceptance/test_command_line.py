"""The command line, and those of its commands that need no database: what they print, write and end with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from prisma_engine.cli import dispatch
from prisma_engine.upstream import ENGINE_HASH, PRISMA_VERSION
from steps import PROJECT

SCHEMA: Final = (PROJECT / "tests/schemas/article.prisma").read_text(encoding="utf-8")
TIMEOUT: Final = 120.0  # seconds, for a program

HELPED: Final = [
    (["--help"], "Prisma is a modern DB toolkit"),
    ([], "Prisma is a modern DB toolkit"),
    (["-h", "validate"], "Prisma is a modern DB toolkit"),
    (["migrate", "-h"], "Update the database schema with migrations"),
    (["migrate"], "Update the database schema with migrations"),
    (["db", "--help"], "Manage your database schema and lifecycle during development."),
    (["validate", "-h"], "Validate a Prisma schema."),
    (["format", "-h"], "Format a Prisma schema."),
    (["init", "-h"], "Set up a new Prisma project"),
    (["version", "-h"], "Print current version of Prisma components"),
]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    status: int
    stdout: str
    stderr: str


class Shop:
    """A project, and what a person does in its folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def prisma(self, *arguments: str) -> Done:
        """Run a command in this process."""
        self._capsys.readouterr()
        status = dispatch.run(arguments)
        return Done(status, *self._capsys.readouterr())

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a command as a program."""
        return subprocess.Popen(
            [sys.executable, "-m", "prisma_engine", *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def write(self, place: str, text: str = SCHEMA) -> Path:
        """Write a file of the project, with the line ends that the text has."""
        path = Path(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shop]:
    """An empty project; what its `.env` files set is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    monkeypatch.setenv("NO_COLOR", "1")
    yield Shop(capsys)
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize(("arguments", "words"), HELPED)
def test_help_is_there_for_the_whole_and_for_each_command(shop: Shop, arguments: list[str], words: str) -> None:
    done = shop.prisma(*arguments)

    assert (done.status, done.stderr) == (0, "")
    assert words in done.stdout
    assert "\nUsage\n" in done.stdout.replace("    Usage", "Usage")


@pytest.mark.parametrize(
    ("arguments", "words", "help_text"),
    [
        (["valid"], 'Unknown command "valid"', "Prisma is a modern DB toolkit"),
        (["migrate", "dve"], 'Unknown command "dve"', "Update the database schema"),
        (["db", "pusj", "-h"], 'Unknown command "pusj"', "Manage your database schema"),
        (["--schema", "x", "validate"], "unknown or unexpected option: --schema", "Prisma is a modern DB toolkit"),
        (["validate", "--shcema=x"], "unknown or unexpected option: --shcema", "Validate a Prisma schema."),
        (["format", "--schema"], "option requires argument: --schema", "Format a Prisma schema."),
    ],
)
def test_what_is_not_known_is_named_above_the_help(
    shop: Shop, arguments: list[str], words: str, help_text: str
) -> None:
    done = shop.prisma(*arguments)

    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"\n! {words}\n")
    assert help_text in done.stderr


@pytest.mark.parametrize("command", ["bootstrap", "dev", "platform", "postgres", "mcp", "debug", "complete"])
def test_commands_of_prisma_that_make_no_sense_here_say_so(shop: Shop, command: str) -> None:
    done = shop.prisma(command, "--any", "thing")

    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: `prisma {command}` does not exist here: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("arguments", [["version", "--json"], ["-v", "--json"], ["--json", "--version"]])
def test_the_version_can_be_asked_for_as_json(shop: Shop, arguments: list[str]) -> None:
    done = shop.prisma(*arguments)

    told = json.loads(done.stdout)
    assert (done.status, done.stderr) == (0, "")
    assert told["prisma"] == PRISMA_VERSION
    assert told["default-engines-hash"] == ENGINE_HASH
    assert told["python"] == ".".join(map(str, sys.version_info[:3]))
    assert told["prisma-client-python"] == "0.15.0"


def test_the_version_is_a_table(shop: Shop) -> None:
    lines = shop.prisma("version").stdout.splitlines()

    assert lines[0] == f"prisma               : {PRISMA_VERSION}"
    assert {line.index(" : ") for line in lines} == {20}


def test_a_valid_schema_is_valid(shop: Shop) -> None:
    shop.write("prisma/schema.prisma")

    assert shop.prisma("validate") == Done(
        0,
        "The schema at prisma/schema.prisma is valid 🚀\n",
        "Prisma schema loaded from prisma/schema.prisma.\n",
    )


def test_a_folder_is_one_schema_and_warns_once(shop: Shop) -> None:
    deprecated = "is deprecated. The functionality can be used without specifying it as a preview feature."
    generator = 'generator js {\n  provider = "x"\n  previewFeatures = ["orderByNulls", "tracing"]\n}\n'
    for name, text in {"a": SCHEMA, "b": generator, "c": "model C {\n  id Int @id\n}\n"}.items():
        shop.write(f"prisma/schema/{name}.prisma", text)

    done = shop.prisma("validate")

    assert (done.status, done.stdout) == (0, "The schemas at prisma/schema are valid 🚀\n")
    assert done.stderr == (
        "Prisma schema loaded from prisma/schema.\n\n"
        "Prisma schema warnings:\n"
        f'- Preview feature "orderByNulls" {deprecated}\n'
        f'- Preview feature "tracing" {deprecated}\n'
    )


def test_what_is_wrong_with_a_schema_is_shown_as_it_was_written(shop: Shop) -> None:
    shop.write("schema.prisma", SCHEMA.replace("String", "Strong", 1))

    done = shop.prisma("validate")

    assert (done.status, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[:4] == [
        "Prisma schema loaded from schema.prisma.",
        "",
        "Error: Prisma schema validation - (validate wasm)",
        "Error code: P1012",
    ]
    assert lines[4].startswith('error: Type "Strong" is neither a built-in type')
    assert lines[5] == "  -->  schema.prisma:14"
    assert lines[-4:] == [
        "Validation Error Count: 1",
        "[Context: validate]",
        "",
        f"Prisma CLI Version : {PRISMA_VERSION}",
    ]


def test_the_urls_that_prisma_5_demands_are_shown_where_they_are_wrong(shop: Shop) -> None:
    shop.write("schema.prisma", SCHEMA.replace('env("DATABASE_URL")', 'env("DATABASE_URL")\n  urll = "x"'))

    done = shop.prisma("validate")

    assert done.status == 1
    assert 'url      = env("DATABASE_URL")' in done.stderr
    assert "//@" not in done.stderr


def test_views_and_features_of_prisma_5_are_valid(shop: Shop) -> None:
    features = 'generator x {\n  provider = "prisma-client-py"\n  previewFeatures = ["views", "metrics"]\n}\n'
    view = "view Names {\n  id   Int    @id\n  name String\n\n  @@index([name])\n}\n"
    shop.write("schema.prisma", f"{SCHEMA}\n{features}\n{view}")

    assert shop.prisma("validate").status == 0


def test_formatting_keeps_the_urls_and_writes_only_what_changes(shop: Shop) -> None:
    formatted = shop.write("prisma/schema/a.prisma")
    other = shop.write("prisma/schema/b.prisma", "model B {\r\nid Int @id\r\n}\r\n")
    before = formatted.stat().st_mtime_ns

    assert shop.prisma("format", "--check") == Done(
        1,
        "",
        "Prisma schema loaded from prisma/schema.\n! There are unformatted files. Run prisma format to format them.\n",
    )
    assert shop.prisma("format").stdout.startswith("Formatted prisma/schema in ")
    assert (formatted.read_text(encoding="utf-8"), formatted.stat().st_mtime_ns) == (SCHEMA, before)
    assert other.read_bytes() == b"model B {\n  id Int @id\n}\n"
    assert shop.prisma("format", "--check").stdout == "All files are formatted correctly!\n"


def test_a_schema_that_is_not_valid_is_not_written(shop: Shop) -> None:
    path = shop.write("schema.prisma", "model A {\nid Foo\n}\n")

    done = shop.prisma("format")

    assert (done.status, path.read_bytes()) == (1, b"model A {\nid Foo\n}\n")
    assert "[Context: validate]" in done.stderr


def test_the_configuration_that_is_read_is_named(shop: Shop) -> None:
    shop.write("db/shop.prisma")
    shop.write("prisma.config.ts", "export default { schema: 'db/shop.prisma' }")

    assert shop.prisma("validate").stderr == (
        "Loaded Prisma config from prisma.config.ts.\n\nPrisma schema loaded from db/shop.prisma.\n"
    )
    assert shop.prisma("--config", "prisma.config.ts", "validate").status == 0
    assert shop.prisma("validate", "--config", "other.ts").stderr.startswith("Error: Config file not found at ")


@pytest.mark.parametrize(
    ("file", "data", "words"),
    [
        ("schema.prisma", b"model A {\n\xff", "schema.prisma is not text in UTF-8: line 2 has the byte 0xff"),
        ("prisma.config.ts", b"export default load()", "prisma.config.ts computes `schema`, and it is read without"),
        ("package.json", b"{", "package.json is not JSON: "),
        (".env", b"A=\xff", ".env is not text in UTF-8"),
        ("schema.prisma/x", b"", "Could not find Prisma Schema that is required for this command."),
    ],
)
def test_a_broken_file_is_told_in_a_sentence(shop: Shop, file: str, data: bytes, words: str) -> None:
    if not file.startswith("schema"):
        shop.write("prisma/schema.prisma")
    Path(file).parent.mkdir(exist_ok=True)
    Path(file).write_bytes(data)

    done = shop.prisma("validate")

    assert (done.status, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_init_writes_a_project_that_works(shop: Shop) -> None:
    done = shop.prisma("init", "--with-model")

    assert (done.status, done.stderr) == (0, "")
    assert done.stdout.startswith(
        "\nInitialized Prisma in your project\n\n  prisma/\n    schema.prisma\n  .env\n  .gitignore\n\nNext, set up"
    )
    assert shop.prisma("format", "--check").status == 0
    assert shop.prisma("validate").status == 0
    assert 'DATABASE_URL="postgresql://johndoe:' in Path(".env").read_text(encoding="utf-8")
    assert "\n.env\n" in Path(".gitignore").read_text(encoding="utf-8")


def test_init_takes_what_the_schema_shall_say(shop: Shop) -> None:
    url = "postgresql://ada:secret@localhost/shop"
    options = ["--generator-provider", "python docs.py", "--output", "../client", "--preview-feature", "views"]

    assert shop.prisma("init", "--url", url, "--datasource-provider", "postgresql", *options).status == 0

    schema = Path("prisma/schema.prisma").read_text(encoding="utf-8")
    assert (
        'generator client {\n  provider        = "python docs.py"\n  previewFeatures = ["views"]\n'
        '  output          = "../client"\n}\n'
    ) in schema
    assert f'DATABASE_URL="{url}"' in Path(".env").read_text(encoding="utf-8")
    assert Path(".gitignore").read_text(encoding="utf-8").endswith(".env\n\n/client\n")


def test_init_adds_to_what_is_there_and_replaces_nothing(shop: Shop) -> None:
    shop.write(".env", "A=1")
    shop.write(".gitignore", "build\n")

    done = shop.prisma("init")

    assert Path(".env").read_text(encoding="utf-8").startswith("A=1\n\n# This was inserted by `prisma init`:\n")
    assert Path(".gitignore").read_text(encoding="utf-8") == "build\n"
    assert "\nwarn You already have a .gitignore file. Don't forget to add .env in it to not commit" in done.stdout


@pytest.mark.parametrize(
    ("existing", "words"),
    [("schema.prisma", "File schema.prisma"), ("prisma/schema.prisma", "A folder called prisma")],
)
def test_init_leaves_a_project_alone_that_has_a_schema(shop: Shop, existing: str, words: str) -> None:
    shop.write(existing)

    done = shop.prisma("init")

    assert (done.status, done.stderr) == (1, "")
    assert done.stdout == (
        f" ERROR  {words} already exists in your project.\n"
        "        Please try again in a project that is not yet using Prisma.\n      \n"
    )
    assert not Path(".env").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["shop"], "The init command does not take any argument."),
        (["--db"], "`--db` sets up a hosted Prisma Postgres database, which does not exist here."),
        (["--datasource-provider", "mysql"], "prisma-engine works with PostgreSQL only, not with `mysql`."),
        (["--datasource-provider", "x"], 'Provider "x" is invalid or not supported. Try again with "postgresql".'),
        (["--url", "mysql://u:secret@h/d"], "P1013: The provided database string is invalid: it must start with"),
    ],
)
def test_init_refuses_what_would_not_work_here(shop: Shop, arguments: list[str], words: str) -> None:
    done = shop.prisma("init", *arguments)

    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {words}")
    assert "secret" not in done.stderr
    assert not Path("prisma").exists()


def test_a_program_writes_what_its_streams_cannot_hold_as_escapes(shop: Shop) -> None:
    shop.write("schema.prisma")
    shop.write("wrong.prisma", SCHEMA.replace("String", "Größe", 1))

    programs = [
        shop.start("validate", f"--schema={name}.prisma", PYTHONIOENCODING="ascii") for name in ("schema", "wrong")
    ]
    (valid, _), (_, wrong) = (program.communicate(timeout=TIMEOUT) for program in programs)

    assert [program.returncode for program in programs] == [0, 1]
    assert valid == b"The schema at schema.prisma is valid \\U0001f680\n"
    assert b'Type "Gr\\xf6\\xdfe" is neither a built-in type' in wrong


def test_a_program_ends_quietly_when_nobody_reads_what_it_prints(shop: Shop) -> None:
    process = shop.start("--help")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert (process.stderr.read(), process.wait(TIMEOUT)) == (b"", 1)
    process.stderr.close()
