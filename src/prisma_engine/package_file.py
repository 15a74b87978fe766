"""Rewrites a file of an installed package."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["has_rewritten"]


def has_rewritten(path: Path, change: Callable[[str], str]) -> bool:
    """Change a file if there is something to change; whether it is now as it should be."""
    try:
        before = path.read_bytes().decode("utf-8")
        after = change(before)
        if after != before:
            _replace(path, after.encode())
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False
    return True


def _replace(path: Path, data: bytes) -> None:
    """Write a file at once, and not through a hard link, which installers share files of several environments by."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
