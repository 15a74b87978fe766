"""Keeps the templates of a client compiled: to compile them is a third of what generating one takes."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from sys import implementation
from typing import Final

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from prisma_engine import private_files

__all__ = ["CompiledTemplates"]

_SUFFIX: Final = f".jinja-{version('jinja2')}-{implementation.cache_tag}"


class CompiledTemplates(BytecodeCache):
    """In this user's cache, by a hash of the source: each version of a template is compiled once for all projects."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load what is kept; a file that is not there, not ours or damaged is made anew."""
        path = _path(bucket)
        try:
            if path is not None:
                with private_files.opened(path) as file:
                    bucket.load_bytecode(file)
        except Exception:  # noqa: BLE001  # Jinja knows few of the errors that unpickling has
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template; doing without it costs only time."""
        path = _path(bucket)
        if path is not None:
            with suppress(OSError):
                private_files.keep(path, bucket.bytecode_to_string())


def _path(bucket: Bucket) -> Path | None:
    folder = private_files.user_cache()
    return None if folder is None else folder / f"{bucket.checksum}{_SUFFIX}"
