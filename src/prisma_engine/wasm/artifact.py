"""How a process gets a wasm module: translated to machine code once for each machine, and loaded from then on.

Translated code is native code: it is loaded only from private files.
"""

from __future__ import annotations

import hashlib
import logging
import platform
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final

import wasmtime

from prisma_engine import private_files, upstream
from prisma_engine.errors import ArtifactError

__all__ = ["Source", "load", "new_engine", "prepare"]

_log = logging.getLogger("prisma_engine.wasm")

_PRECOMPILED: Final = ".cwasm"
_TITLES: Final = {
    "prisma_schema_build_bg": "Prisma's schema module",
    "schema_engine_bg": "Prisma's schema engine",
    "query_compiler_small_bg.postgresql": "Prisma's query compiler",
    "query_compiler_small_bg.cockroachdb": "Prisma's query compiler for CockroachDB",
}
"""What a person knows the modules as that take seconds to translate."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a module is translated from: a file, and the SHA-256 that its content must have."""

    path: Path
    sha256: str

    @classmethod
    def of_prisma(cls, name: str) -> Source:
        """One of Prisma's modules. Errors: ArtifactError when it is not there."""
        return cls(upstream.path(name), upstream.FILES[name])

    @classmethod
    def of_ours(cls, path: Path) -> Source:
        """A module of this package, written as text."""
        return cls(path, _sha256(path.read_bytes()))

    @property
    def precompiled(self) -> str:
        """The name of the file that keeps the module translated, for this content and this machine alone."""
        return f"{self.path.stem}-{self.sha256[:16]}-{_host()}{_PRECOMPILED}"

    def read(self) -> bytes:
        """The file's content. Errors: ArtifactError when it is missing or another."""
        try:
            wasm = self.path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"a file of prisma-engine is missing: {error}; install the package again") from error
        if _sha256(wasm) != self.sha256:
            raise ArtifactError(f"{self.path} is damaged or of another version; install prisma-engine again")
        return wasm


def new_engine() -> wasmtime.Engine:
    """An engine whose modules may be translated in any process.

    A forked child would wait for ever for the threads that translated a module in its parent: it uses none.
    """
    config = wasmtime.Config()
    config.parallel_compilation = False
    return wasmtime.Engine(config)


def load(engine: wasmtime.Engine, source: Source, folder: Path | None = None) -> wasmtime.Module:
    """Load a translated module from the folder or this user's cache; translate and keep what neither has.

    Errors: ArtifactError when the module must be translated and its source is missing or damaged.
    """
    places = _places(folder)
    return _load(engine, source, places) or _translate(engine, source, places)


def prepare(source: Source, folder: Path | None = None) -> None:
    """See to it that `load` finds the module translated, in the folder itself where one is named; all cores work.

    Errors: ArtifactError, as `load`; OSError when the folder cannot be written.
    """
    engine = wasmtime.Engine()
    if folder is not None and _deserialize(engine, folder / source.precompiled):
        return
    module = load(engine, source)
    if folder is not None:
        private_files.replace(folder / source.precompiled, module.serialize())


def _load(engine: wasmtime.Engine, source: Source, places: Sequence[Path]) -> wasmtime.Module | None:
    found = (_deserialize(engine, place / source.precompiled) for place in places)
    return next(filter(None, found), None)


def _translate(engine: wasmtime.Engine, source: Source, places: Sequence[Path]) -> wasmtime.Module:
    wasm = source.read()
    _log.info("Preparing %s for this machine, once", _TITLES.get(source.path.stem, source.path.stem))
    module = wasmtime.Module(engine, wasm)
    _keep(module, source.precompiled, places)
    return module


@cache
def _host() -> str:
    """What translated code is bound to."""
    return f"wasmtime-{version('wasmtime')}-{sys.platform}-{platform.machine()}"


def _places(folder: Path | None) -> list[Path]:
    """Where translated code may be kept, the best place first."""
    return [place for place in (folder, private_files.user_cache()) if place is not None]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _deserialize(engine: wasmtime.Engine, path: Path) -> wasmtime.Module | None:
    try:
        with private_files.opened(path) as file:
            return _deserialize_open(engine, file)
    except (OSError, wasmtime.WasmtimeError):  # missing, or made by another build of wasmtime or for another processor
        return None


def _deserialize_open(engine: wasmtime.Engine, file: BinaryIO) -> wasmtime.Module:
    """Load native code; as pages of the file where its descriptor has a path, because a copy takes memory and time."""
    try:
        return wasmtime.Module.deserialize_file(engine, f"/proc/self/fd/{file.fileno()}")
    except wasmtime.WasmtimeError:  # not Linux, or the file system allows no code
        return wasmtime.Module.deserialize(engine, file.read())


def _keep(module: wasmtime.Module, name: str, places: Sequence[Path]) -> None:
    """Write the translated module to the first place that can hold it; doing without it costs only time."""
    data = module.serialize()
    for place in places:
        with suppress(OSError):
            private_files.keep(place / name, data)
            return
