"""Files with code that is made once and run from then on: nobody but this user and root can have written them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["keep", "opened", "replace", "user_cache"]

_OTHERS_MAY_WRITE: Final = 0o022
_CACHES: Final = {"darwin": "Library/Caches"}  # elsewhere ~/.cache


def user_cache() -> Path | None:
    """This user's folder for them, which need not be there yet; None for a user without a home."""
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        base = configured if configured.is_absolute() else Path.home() / _CACHES.get(sys.platform, ".cache")
    except RuntimeError:
        return None
    return base / "prisma-engine"


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file; what is checked is what is open, so that exchanging it between check and use changes nothing.

    Errors: OSError when it is not there, PermissionError when another user may have written it.
    """
    _require_private(path.parent.stat(), path.parent)
    with path.open("rb") as file:
        _require_private(os.fstat(file.fileno()), path)
        yield file


def keep(path: Path, data: bytes | bytearray) -> None:
    """Write a file, and the folder that it is in. Errors: OSError, also where another user may write."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(path.parent.stat(), path.parent)
    replace(path, data)


def replace(path: Path, data: bytes | bytearray) -> None:
    """Write a file so that readers see the old content or the new one, also after a power failure. Errors: OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # whoever runs the program may be another user than who generated the client
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _require_private(status: os.stat_result, path: Path) -> None:
    if sys.platform == "win32":
        raise PermissionError(f"owner and mode do not say who may write to {path}")
    if status.st_uid not in {0, os.getuid()} or status.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError(f"others may write to {path}")
