"""The folder of migrations, and what tells whether a script was edited."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import pytest

from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.folder import Migration, digest, read_folder
from prisma_engine.migrate.written import replace


@pytest.fixture
def migration(tmp_path: Path) -> Migration:
    """A migration with two lines."""
    (tmp_path / "1_a").mkdir()
    (tmp_path / "1_a" / "migration.sql").write_bytes("SELECT 'ä';\nSELECT 2;\n".encode())
    return Migration(tmp_path / "1_a")


def test_a_checksum_is_that_of_the_files_bytes(migration: Migration) -> None:
    content = (migration.folder / "migration.sql").read_bytes()

    assert digest(migration.script()) == hashlib.sha256(content).hexdigest()


def test_other_line_ends_are_no_edit(migration: Migration) -> None:
    checksum = digest(migration.script())
    (migration.folder / "migration.sql").write_bytes("SELECT 'ä';\r\nSELECT 2;\r\n".encode())

    assert not migration.was_edited(checksum)
    assert not migration.was_edited(digest(migration.script()))


def test_any_other_change_is_an_edit(migration: Migration) -> None:
    assert migration.was_edited(digest(migration.script() + "\n"))


def test_a_missing_script_is_an_error_when_it_is_needed(tmp_path: Path) -> None:
    (tmp_path / "1_a").mkdir()
    folder = read_folder(tmp_path)

    assert folder.names == ["1_a"]
    with pytest.raises(UserFacingError, match=r"P3015: Could not find the migration file at migration\.sql"):
        folder.migrations[0].script()


def test_only_folders_are_migrations(tmp_path: Path, migration: Migration) -> None:
    (tmp_path / "notes.md").touch()
    (tmp_path / "2_link").symlink_to(migration.folder)

    assert read_folder(tmp_path).names == ["1_a"]


def test_a_folder_that_is_not_there_has_no_migrations(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "nowhere").names == []


@pytest.mark.parametrize(
    ("lock", "provider"),
    [
        (b'# do not edit\nprovider = "postgresql"\n', "postgresql"),
        (b'provider="mysql"', "mysql"),
        (b"  provider = 'sqlite' # a note\r\n", "sqlite"),
        (b'\xef\xbb\xbfprovider = "postgresql"\n', "postgresql"),
        (b'# provider = "mysql"\n', "<PROVIDER NOT FOUND>"),
        (b"", "<PROVIDER NOT FOUND>"),
        (b"\xff\xfe\x00 garbage {{{", "<PROVIDER NOT FOUND>"),
        ('provider = "postgresql"'.encode("utf-16"), "<PROVIDER NOT FOUND>"),
    ],
)
def test_the_lock_file_names_the_kind_of_database(tmp_path: Path, lock: bytes, provider: str) -> None:
    """Prisma's engine, too, refuses a lock file that names none."""
    (tmp_path / "migration_lock.toml").write_bytes(lock)

    assert read_folder(tmp_path).provider == provider


def test_a_lock_file_that_is_none_names_no_kind_of_database(tmp_path: Path) -> None:
    (tmp_path / "migration_lock.toml").mkdir()

    assert read_folder(tmp_path).provider is None


def test_a_file_in_the_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "migrations").touch()

    with pytest.raises(UserFacingError, match=r"`.*/migrations` cannot be read: Not a directory"):
        read_folder(tmp_path / "migrations")


@pytest.mark.skipif(sys.platform == "darwin", reason="its file system has names in UTF-8 only")
def test_a_folder_whose_name_is_no_utf8_has_no_script(tmp_path: Path) -> None:
    """Nobody could note it as applied."""
    folder = os.fsencode(tmp_path) + b"/1_\xe4"
    os.mkdir(folder)  # noqa: PTH102  -- a path of bytes
    Path(os.fsdecode(folder), "migration.sql").write_text("SELECT 1")

    (migration,) = read_folder(tmp_path).migrations

    assert migration.name == "1_\N{REPLACEMENT CHARACTER}"
    assert migration.read() is None


def test_bytes_that_are_no_utf8_are_replaced(migration: Migration) -> None:
    (migration.folder / "migration.sql").write_bytes("-- Größe".encode("latin-1"))

    assert migration.script() == "-- Gr\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}e"


def test_letters_count_before_their_accents_and_these_before_upper_and_lower_case(tmp_path: Path) -> None:
    """As JavaScript's `localeCompare` has it, by which the Prisma CLI orders migrations."""
    names = [
        "1 b",
        "1_ünd",
        "1_und",
        "1_Ünd",
        "1_uz",
        "1_zoo",
        "1_日本",
        "1-x",
        "1é",
        "1e",
        "1ea",
        "1ss",
        "1ß",
        "1sz",
        "11",
    ]
    expected = [
        "1 b",
        "1_und",
        "1_ünd",
        "1_Ünd",
        "1_uz",
        "1_zoo",
        "1_日本",
        "1-x",
        "11",
        "1e",
        "1é",
        "1ea",
        "1ss",
        "1ß",
        "1sz",
    ]
    for name in names:
        (tmp_path / name).mkdir()

    assert read_folder(tmp_path).names == expected


def test_a_file_that_cannot_be_written_is_told_by_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "migration.sql"
    with pytest.raises(FileNotFoundError) as raised:
        replace(path, "SELECT 1;")
    assert str(raised.value) == f"[Errno 2] No such file or directory: '{path}'"
