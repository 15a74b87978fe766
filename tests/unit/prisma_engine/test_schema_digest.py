"""When a schema has changed: never unless a byte of it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from prisma_engine.client_package import digest

SCHEMA = b'model X { // words\n  id Int @default(1 )\n  @@map("x")\n}\n'


def test_the_same_bytes_are_the_same_schema_wherever_they_lie(tmp_path: Path) -> None:
    for name in ("one.prisma", "two.prisma"):
        (tmp_path / name).write_bytes(SCHEMA)
    assert digest(tmp_path / "one.prisma") == digest(tmp_path / "two.prisma")


@pytest.mark.parametrize("other", [SCHEMA + b"\n", SCHEMA.replace(b"\n", b"\r\n"), SCHEMA.replace(b"words", b"Words")])
def test_any_other_byte_is_another_schema(tmp_path: Path, other: bytes) -> None:
    schema = tmp_path / "schema.prisma"
    schema.write_bytes(SCHEMA)
    before = digest(schema)
    schema.write_bytes(other)
    assert digest(schema) != before


def test_a_folder_changes_with_its_files_and_their_names(tmp_path: Path) -> None:
    first, second = tmp_path / "a.prisma", tmp_path / "deeper" / "b.prisma"
    second.parent.mkdir()
    first.write_bytes(SCHEMA)
    second.write_bytes(b"")
    before = digest(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"not a schema")
    assert digest(tmp_path) == before
    second.rename(tmp_path / "c.prisma")
    assert digest(tmp_path) != before


def test_a_schema_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest(tmp_path / "schema.prisma")
