"""The folder of migrations: their order, their scripts, and the kind of database that they were written for."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prisma_engine.migrate.errors import folder_unreadable, provider_switched, script_missing

__all__ = ["Folder", "Migration", "digest", "read_folder"]

_PROVIDER: Final = "postgresql"
_LOCKED_PROVIDER: Final = re.compile(r"""^[ \t]*provider[ \t]*=[ \t]*(["']?)([^"'#\s]*)\1""", re.MULTILINE)
_NO_PROVIDER: Final = "<PROVIDER NOT FOUND>"
_ALPHABET: Final = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz"
"""How JavaScript's `localeCompare` orders what names are made of; the Prisma CLI orders migrations by it."""

_LAST_SIGN: Final = _ALPHABET.index("$")
_SPELT_OUT: Final = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O"})
_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_ACCENTED: Final = re.compile("[^\u0300-\u036f]([\u0300-\u036f]*)")


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration; its folder's name is its name."""

    folder: Path

    @property
    def name(self) -> str:
        """The name that the table of migrations knows it by."""
        return self.folder.name

    def script(self) -> str:
        """The SQL. Errors: P3015."""
        script = self.read()
        if script is None:
            raise script_missing()
        return script

    def read(self) -> str | None:
        """The SQL, None where there is none; what is not UTF-8 is replaced, as Prisma does."""
        try:
            return (self.folder / "migration.sql").read_bytes().decode(errors="replace")
        except OSError:
            return None

    def was_edited(self, checksum: str) -> bool:
        """Whether the script is another than the one with this checksum; line ends do not count. Errors: P3015."""
        script = self.script()
        if digest(script) == checksum:
            return False
        unix = script.replace("\r\n", "\n")
        return checksum not in {digest(unix), digest(unix.replace("\n", "\r\n"))}


@dataclass(frozen=True, slots=True)
class Folder:
    """The migrations in the order in which they are applied; `provider` is the lock file's, if there is one."""

    migrations: tuple[Migration, ...]
    provider: str | None

    @property
    def names(self) -> list[str]:
        """The names of the migrations."""
        return [migration.name for migration in self.migrations]

    def check_provider(self) -> None:
        """Refuse migrations of another kind of database. Errors: P3019."""
        if self.provider not in {None, _PROVIDER}:
            raise provider_switched(_PROVIDER, str(self.provider))


def read_folder(path: Path) -> Folder:
    """Find the migrations; a folder that is not there has none.

    Errors: UserFacingError for a folder that cannot be read.
    """
    try:
        with os.scandir(path) as entries:
            names = [_text(entry.name) for entry in entries if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return Folder((), None)
    except OSError as error:
        raise folder_unreadable(path, error) from error
    ordered = sorted(names, key=_collation)
    return Folder(tuple(Migration(path / name) for name in ordered), _provider(path / "migration_lock.toml"))


def digest(script: str) -> str:
    """The checksum that Prisma keeps of a script."""
    return hashlib.sha256(script.encode()).hexdigest()


def _text(name: str) -> str:
    """A name of the file system as the database can keep it; one that is not UTF-8 then names nothing."""
    return os.fsencode(name).decode(errors="replace")


def _provider(lock: Path) -> str | None:
    try:
        text = lock.read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return None
    found = _LOCKED_PROVIDER.search(text)
    return found[2] if found else _NO_PROVIDER


def _collation(name: str) -> tuple[list[tuple[int, int]], list[str], list[bool], str]:
    """Letters count first, then their accents, then upper and lower case."""
    text = unicodedata.normalize("NFD", name.translate(_SPELT_OUT))
    letters = _ACCENTS.sub("", text)
    accents = _ACCENTED.findall(text)
    return [_rank(letter) for letter in letters.lower()], accents, [letter.isupper() for letter in letters], name


def _rank(letter: str) -> tuple[int, int]:
    place = _ALPHABET.find(letter)
    if place >= 0:
        return place, 0
    return len(_ALPHABET) if letter.isalpha() else _LAST_SIGN, ord(letter)
