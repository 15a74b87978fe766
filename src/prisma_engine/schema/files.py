"""The files of a schema: one file, or a folder with all that lie in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from prisma_engine.schema.errors import SchemaError
from prisma_engine.schema.legacy import SchemaFile

__all__ = ["read", "schema_files"]


def read(path: Path) -> list[SchemaFile]:
    """Read a schema, a file or a folder, with the paths as they are named.

    Errors: SchemaError for a file that is no text in UTF-8; OSError when one is not there or cannot be read.
    """
    return [(str(file), _text(file)) for file in schema_files(path)]


def schema_files(path: Path) -> list[Path]:
    """The file itself, or every `.prisma` file of the folder and of its folders, in Prisma's order."""
    return list(_below(path, frozenset())) if path.is_dir() else [path]


def _below(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """The files in the order of the bytes of their names; a link back to a folder above is not followed."""
    here = folder.resolve()
    if here in above:
        return
    for entry in sorted(folder.iterdir(), key=lambda entry: os.fsencode(entry.name)):
        if entry.is_dir():
            yield from _below(entry, above | {here})
        elif entry.suffix == ".prisma":
            yield entry


def _text(file: Path) -> str:
    data = file.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SchemaError(
            "P1012",
            f"{file} is not text in UTF-8: line {line} has the byte 0x{data[error.start]:02x}. Save it as UTF-8.",
        ) from error
