"""The folder of migrations, and what tells whether a script was edited."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from prisma_engine.errors import UserFacingError
from prisma_engine.migrate.folder import Migration, digest, read_folder


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
        ('# do not edit\nprovider = "postgresql"\n', "postgresql"),
        ('provider="mysql"', "mysql"),
        ('# provider = "mysql"\n', None),
        ("", None),
    ],
)
def test_the_lock_file_names_the_kind_of_database(tmp_path: Path, lock: str, provider: str | None) -> None:
    (tmp_path / "migration_lock.toml").write_text(lock, encoding="utf-8")

    assert read_folder(tmp_path).provider == provider
