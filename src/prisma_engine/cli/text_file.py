"""Reads a person's files, and says what is wrong with one in a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from prisma_engine.cli.errors import CommandError

__all__ = ["read_json", "read_text"]


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, a byte order mark left out. Errors: CommandError, OSError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{os.path.relpath(path)} is not text in UTF-8 (byte {error.start}).") from error


def read_json(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds. Errors: CommandError, OSError."""
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{os.path.relpath(path)} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise CommandError(f"{os.path.relpath(path)} does not hold a JSON object.")
    return found
