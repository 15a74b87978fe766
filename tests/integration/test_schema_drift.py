"""Whether a schema has changed since its client was generated, told by the client that connects."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from fix_clients import import_client, schema_head
from prisma_engine.generate import generate

CLIENT: Final = "drift_client"
HEAD: Final = schema_head(f"./{CLIENT}")
MODEL: Final = """
model T {
  id   Int    @id
  name String
  n    Int    @default(1)
}
"""
COMMENTED: Final = """
/// Words above.
model T { // words
  @@map("t") // comes first
  id   Int    @id
  name String @default ("x")
  n    Int    @default(1 )

  @@index([name])
  // words after the last index
}
"""
SCHEMAS: Final = {
    "comments, spaces and a mapped name where they were taken for a change": COMMENTED,
    "tabs and spaces at the ends of lines": MODEL.replace("  ", "\t").replace("\n", " \t\n"),
    "line ends of Windows": (HEAD + COMMENTED).replace("\n", "\r\n"),
    "no end of the last line": MODEL.rstrip(),
    "words of other scripts": MODEL + "// ünï \U0001f9d1\n",
    "blocks in another order": MODEL + "\nenum E {\n  A\n  B\n}\n" + HEAD,
}


def write(schema: Path, text: str) -> None:
    schema.write_bytes((text if "datasource" in text else HEAD + text).encode())


def generate_client(schema: Path) -> None:
    [result] = generate(schema).results
    assert result.error is None


def ours(client: Any) -> Path:
    """The folder of what the engine keeps beside a client."""
    return Path(client.__file__).parent / "_prisma_engine"


async def connect(client: Any, url: str) -> None:
    async with client.Prisma(datasource={"url": url}, use_dotenv=False):
        pass


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    schema = tmp_path_factory.mktemp("drift") / "schema.prisma"
    write(schema, MODEL)
    generate_client(schema)
    return schema, import_client(schema.parent, CLIENT)


@pytest.fixture
def drifting(made: tuple[Path, Any]) -> Iterator[tuple[Path, Any]]:
    """A schema's file and the client that was generated from it; their files are there again after the test."""
    schema, client = made
    written = (schema, *Path(client.__file__).parent.glob("*.*"), *ours(client).glob("*.*"))
    files = {file: file.read_bytes() for file in written if file.suffix != ".cwasm"}
    yield made
    for file, data in files.items():
        file.write_bytes(data)


@pytest.mark.parametrize("text", SCHEMAS.values(), ids=SCHEMAS)
async def test_a_schema_has_changed_when_its_bytes_have_and_not_before(
    drifting: tuple[Path, Any], blog_url: str, text: str
) -> None:
    schema, client = drifting
    packaged = Path(client.__file__).parent / "schema.prisma"
    warning = rf"{schema} has changed since the client was generated: generate it again"
    write(schema, text)
    with pytest.warns(UserWarning, match=warning):
        await connect(client, blog_url)
    generate_client(schema)
    assert filecmp.cmp(schema, packaged, shallow=False)  # a program compares them at import
    await connect(client, blog_url)  # a warning would be an error
    schema.write_bytes(schema.read_bytes() + b"\n")
    assert not filecmp.cmp(schema, packaged, shallow=False)
    with pytest.warns(UserWarning, match=warning):
        await connect(client, blog_url)


@pytest.mark.parametrize(
    "change",
    [
        lambda schema, _: schema.unlink(),
        lambda schema, _: schema.rename(schema.with_name("other.prisma")),
        lambda schema, _: schema.touch(),
        lambda _, files: (files / "schema.sha256").unlink(),
    ],
    ids=["gone", "renamed", "touched", "nothing to compare with"],
)
async def test_a_client_whose_schema_cannot_be_compared_with_is_silent(
    drifting: tuple[Path, Any], blog_url: str, change: Callable[[Path, Path], object]
) -> None:
    schema, client = drifting
    change(schema, ours(client))
    await connect(client, blog_url)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: (files / "inputs.json").unlink(), r"incomplete .*inputs\.json.*; generate it again"),
        (lambda files: (files / "schema.prisma").unlink(), r"incomplete .*schema\.prisma.*; generate it again"),
        (
            lambda files: (files / "inputs.json").write_text("{}", encoding="utf-8"),
            "made by another version of the engine; generate it again",
        ),
    ],
    ids=["no inputs", "no schema", "other inputs"],
)
async def test_a_client_of_another_version_or_without_its_files_says_what_to_do(
    drifting: tuple[Path, Any], blog_url: str, change: Callable[[Path], object], words: str
) -> None:
    _, client = drifting
    change(ours(client))
    with pytest.raises(client.engine.errors.EngineError, match=words):
        await connect(client, blog_url)
