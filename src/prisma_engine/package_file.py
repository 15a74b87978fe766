"""Writes files of packages that programs may be importing at the same time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

__all__ = ["has_rewritten", "write"]


def has_rewritten(path: Path, change: Callable[[str], str]) -> bool:
    """Change a file if there is something to change; whether it is now as it should be."""
    try:
        write(path, change(path.read_bytes().decode("utf-8")).encode())
    except FileNotFoundError:
        return True
    except (OSError, UnicodeDecodeError):
        return False
    return True


def write(path: Path, data: bytes) -> None:
    """Write a file, unless it is there with these bytes: programs that read it find the old or the new, whole.

    It is not written through a hard link, which installers share files of several environments by. Errors: OSError.
    """
    if path.is_file() and path.read_bytes() == data:
        return
    temporary = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        if path.exists():
            temporary.chmod(path.stat().st_mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
