"""Where the query compiler's files come from, and how a process gets a module out of them."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import wasmtime

from prisma_engine.errors import ArtifactError

__all__ = ["COMPILER_SHA256", "ENGINE_HASH", "PRISMA_VERSION", "Artifact", "find_compiler", "install", "load"]

PRISMA_VERSION: Final = "7.10.0"
"""The npm package `prisma` that this engine belongs to."""

ENGINE_HASH: Final = "0edf323efd1d98336f3f0a68684b56f689b900d3"
"""The commit of Prisma's engines that this version of the package is built with."""

COMPILER_SHA256: Final = "d7534d8306b4e184ecea651a74fad747bd990e158f289cc04747c43602b74bda"
"""The one build of the compiler that the import table is written for."""

_WASM: Final = "query_compiler_small_bg.postgresql.wasm"
_PRECOMPILED: Final = ".cwasm"
_INSTALL: Final = f"npm install --save-dev --save-exact prisma@{PRISMA_VERSION}"
_OTHERS_MAY_WRITE: Final = 0o022
_CACHES: Final = {"darwin": "Library/Caches"}  # elsewhere ~/.cache


@dataclass(frozen=True, slots=True)
class Artifact:
    """A module that is ready for instances, and the engine that their stores must use."""

    engine: wasmtime.Engine
    module: wasmtime.Module


def find_compiler(*starts: Path) -> Path:
    """Find the compiler in the nearest `node_modules` at or above each of the folders.

    Errors: ArtifactError when there is none, or none of the pinned version.
    """
    found = [path for start in starts for path in _upward(start) if path.is_file()]
    for path in found:
        if _sha256(path.read_bytes()) == COMPILER_SHA256:
            return path
    if found:
        raise ArtifactError(f"{found[0]} is not from Prisma {PRISMA_VERSION}; run: {_INSTALL}")
    folders = ", ".join(str(start) for start in starts)
    raise ArtifactError(f"no node_modules with Prisma {PRISMA_VERSION} at or above {folders}; run: {_INSTALL}")


def install(folder: Path, source: Path) -> None:
    """Put the compiler into the folder, together with a form of it that loads fast on this machine.

    Errors: ArtifactError when the source is not the pinned build or the folder cannot be written.
    """
    try:
        wasm = source.read_bytes()
        if _sha256(wasm) != COMPILER_SHA256:
            raise ArtifactError(f"{source} is not from Prisma {PRISMA_VERSION}; run: {_INSTALL}")
        folder.mkdir(parents=True, exist_ok=True)
        # A precompiled file in a folder that the group may write, as some umasks leave it, would not be loaded.
        folder.chmod(folder.stat().st_mode & ~_OTHERS_MAY_WRITE)
        _replace(folder / _WASM, wasm)
        for stale in folder.glob(f"*{_PRECOMPILED}"):
            stale.unlink()
        _replace(folder / _precompiled_name(), wasmtime.Module(wasmtime.Engine(), wasm).serialize())
    except OSError as error:
        raise ArtifactError(f"cannot put the query compiler into {folder}: {error}") from error


def load(folder: Path) -> Artifact:
    """Load the precompiled module from the folder or this user's cache; translate and keep it where neither has one.

    Errors: ArtifactError when the module must be translated and its wasm is missing or damaged.
    """
    engine = wasmtime.Engine(_config())
    places = [folder, *_cache_folder()]
    for place in places:
        module = _deserialize(engine, place / _precompiled_name())
        if module is not None:
            return Artifact(engine, module)
    module = wasmtime.Module(engine, _verified(folder / _WASM))
    _keep(module, places)
    return Artifact(engine, module)


def _config() -> wasmtime.Config:
    """A forked child would wait for ever for the threads that translated a module in its parent: use none."""
    config = wasmtime.Config()
    config.parallel_compilation = False
    return config


def _upward(start: Path) -> Iterator[Path]:
    start = start.absolute()
    return (folder / "node_modules" / "prisma" / "build" / _WASM for folder in (start, *start.parents))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _precompiled_name() -> str:
    machine = f"{sys.platform}-{platform.machine()}"
    return f"query_compiler-{COMPILER_SHA256[:16]}-wasmtime-{version('wasmtime')}-{machine}{_PRECOMPILED}"


def _verified(path: Path) -> bytes:
    try:
        wasm = path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"the query compiler is missing: {error}; run `prisma generate` again") from error
    if _sha256(wasm) != COMPILER_SHA256:
        raise ArtifactError(f"{path} is damaged or of another version; run `prisma generate` again")
    return wasm


def _deserialize(engine: wasmtime.Engine, path: Path) -> wasmtime.Module | None:
    data = _read_trusted(path)
    if data is None:
        return None
    try:
        return wasmtime.Module.deserialize(engine, data)
    except wasmtime.WasmtimeError:  # made by another build of wasmtime or for another processor
        return None


def _read_trusted(path: Path) -> bytes | None:
    """Read a file only if nobody but this user and root can have written it, because it is native code.

    The check is on the open file, so that exchanging it between check and read changes nothing.
    """
    try:
        if not _is_private(path.parent.stat()):
            return None
        with path.open("rb") as file:
            return file.read() if _is_private(os.fstat(file.fileno())) else None
    except OSError:
        return None


def _is_private(status: os.stat_result) -> bool:
    if sys.platform == "win32":
        return False  # owner and mode say nothing about who may write there
    return status.st_uid in {0, os.getuid()} and not status.st_mode & _OTHERS_MAY_WRITE


def _cache_folder() -> list[Path]:
    """The folder of this user's cache, or nothing where the user has no home."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(configured) if Path(configured).is_absolute() else Path.home() / _CACHES.get(sys.platform, ".cache")
    except RuntimeError:
        return []
    return [base / "prisma-engine"]


def _keep(module: wasmtime.Module, places: list[Path]) -> None:
    """Write the precompiled module to the first place that can hold it; doing without it costs only time."""
    data = module.serialize()
    for place in places:
        with suppress(OSError):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_private(place.stat()):
                _replace(place / _precompiled_name(), data)
                return


def _replace(path: Path, data: bytes | bytearray) -> None:
    """Write a file so that readers see the old content or the new one, also after a power failure."""
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
