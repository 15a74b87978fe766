"""Where the query compiler's files come from, and how a process gets modules out of them."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, Final, Literal

import wasmtime

from prisma_engine.errors import ArtifactError

__all__ = ["BUILDS", "ENGINE_HASH", "PRISMA_VERSION", "Modules", "Provider", "find_compiler", "install", "load"]

Provider = Literal["postgresql", "cockroachdb"]

PRISMA_VERSION: Final = "7.10.0"
"""The npm package `prisma` that this engine belongs to."""

ENGINE_HASH: Final = "0edf323efd1d98336f3f0a68684b56f689b900d3"
"""The commit of Prisma's engines that this version of the package is built with."""

BUILDS: Final[Mapping[Provider, str]] = {
    "postgresql": "d7534d8306b4e184ecea651a74fad747bd990e158f289cc04747c43602b74bda",
    "cockroachdb": "f96e7ab79813da297643ca28fd796c5bb29a780de257dd1fb560c2604d6f22f3",
}
"""The builds of the compiler that the import table is written for: the SHA-256 of each, by the schema's provider."""

_WASM: Final = "query_compiler_small_bg.{}.wasm"
_RECORDER: Final = ("recorder.wat", "attachment.wat")  # beside this file
_PRECOMPILED: Final = ".cwasm"
_INSTALL: Final = f"npm install --save-dev --save-exact prisma@{PRISMA_VERSION}"
_OTHERS_MAY_WRITE: Final = 0o022
_CACHES: Final = {"darwin": "Library/Caches"}  # elsewhere ~/.cache


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules that instances are made of, and the engine that their stores must use."""

    engine: wasmtime.Engine
    compiler: wasmtime.Module
    recorder: wasmtime.Module
    attachment: wasmtime.Module


@dataclass(frozen=True, slots=True)
class _Source:
    """What a module is translated from."""

    path: Path
    sha256: str

    @property
    def precompiled(self) -> str:
        """The name of the file that keeps the module translated, for this content and this machine alone."""
        return f"{self.path.stem}-{self.sha256[:16]}-{_host()}{_PRECOMPILED}"

    def read(self) -> bytes:
        """The file's content. Errors: ArtifactError when it is missing or another."""
        try:
            wasm = self.path.read_bytes()
        except OSError as error:
            raise ArtifactError(f"the query compiler is missing: {error}; run `prisma generate` again") from error
        if _sha256(wasm) != self.sha256:
            raise ArtifactError(f"{self.path} is damaged or of another version; run `prisma generate` again")
        return wasm


def find_compiler(*starts: Path, provider: Provider = "postgresql") -> Path:
    """Find the provider's compiler in the nearest `node_modules` at or above each of the folders.

    Errors: ArtifactError when there is none, or none of the pinned version.
    """
    found = [path for start in starts for path in _upward(start, provider) if path.is_file()]
    for path in found:
        if _sha256(path.read_bytes()) == BUILDS[provider]:
            return path
    if found:
        raise ArtifactError(f"{found[0]} is not from Prisma {PRISMA_VERSION}; run: {_INSTALL}")
    folders = ", ".join(str(start) for start in starts)
    raise ArtifactError(f"no node_modules with Prisma {PRISMA_VERSION} at or above {folders}; run: {_INSTALL}")


def install(folder: Path, source: Path, *, provider: Provider = "postgresql") -> None:
    """Put the provider's compiler into the folder, together with forms of its modules that load fast on this machine.

    Errors: ArtifactError when the source is not the pinned build or the folder cannot be written.
    """
    try:
        wasm = source.read_bytes()
        if _sha256(wasm) != BUILDS[provider]:
            raise ArtifactError(f"{source} is not from Prisma {PRISMA_VERSION}; run: {_INSTALL}")
        folder.mkdir(parents=True, exist_ok=True)
        # A precompiled file in a folder that the group may write, as some umasks leave it, would not be loaded.
        folder.chmod(folder.stat().st_mode & ~_OTHERS_MAY_WRITE)
        for stale in [*folder.glob(f"*{_PRECOMPILED}"), *folder.glob(_WASM.format("*"))]:
            stale.unlink()
        engine = wasmtime.Engine()
        compiler, *others = _sources(folder, provider)
        _replace(compiler.path, wasm)
        for part in (compiler, *others):
            _replace(folder / part.precompiled, wasmtime.Module(engine, part.read()).serialize())
    except OSError as error:
        raise ArtifactError(f"cannot put the query compiler into {folder}: {error}") from error


def load(folder: Path, provider: Provider = "postgresql") -> Modules:
    """Load precompiled modules from the folder or this user's cache; translate and keep what neither has.

    Errors: ArtifactError when the compiler must be translated and its wasm is missing or damaged.
    """
    engine = wasmtime.Engine(_config())
    places = [folder, *_cache_folder()]
    return Modules(engine, *(_load(engine, source, places) for source in _sources(folder, provider)))


def _sources(folder: Path, provider: Provider) -> Iterator[_Source]:
    """What the modules are made of, in the order of `Modules`."""
    yield _Source(folder / _WASM.format(provider), BUILDS[provider])
    for name in _RECORDER:
        path = Path(__file__).with_name(name)
        yield _Source(path, _sha256(path.read_bytes()))


@cache
def _host() -> str:
    """What precompiled code is bound to."""
    return f"wasmtime-{version('wasmtime')}-{sys.platform}-{platform.machine()}"


def _load(engine: wasmtime.Engine, source: _Source, places: Iterable[Path]) -> wasmtime.Module:
    for place in places:
        module = _deserialize(engine, place / source.precompiled)
        if module is not None:
            return module
    module = wasmtime.Module(engine, source.read())
    _keep(module, source.precompiled, places)
    return module


def _config() -> wasmtime.Config:
    """A forked child would wait for ever for the threads that translated a module in its parent: use none."""
    config = wasmtime.Config()
    config.parallel_compilation = False
    return config


def _upward(start: Path, provider: Provider) -> Iterator[Path]:
    start = start.absolute()
    name = _WASM.format(provider)
    return (folder / "node_modules" / "prisma" / "build" / name for folder in (start, *start.parents))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _deserialize(engine: wasmtime.Engine, path: Path) -> wasmtime.Module | None:
    """Load a file only if nobody but this user and root can have written it, because it is native code.

    The check is on the open file, so that exchanging it between check and load changes nothing.
    """
    try:
        if not _is_private(path.parent.stat()):
            return None
        with path.open("rb") as file:
            return _deserialize_open(engine, file) if _is_private(os.fstat(file.fileno())) else None
    except (OSError, wasmtime.WasmtimeError):  # missing, or made by another build of wasmtime or for another processor
        return None


def _deserialize_open(engine: wasmtime.Engine, file: BinaryIO) -> wasmtime.Module:
    """Load native code; as pages of the file where its descriptor has a path, because a copy takes memory and time."""
    try:
        return wasmtime.Module.deserialize_file(engine, f"/proc/self/fd/{file.fileno()}")
    except wasmtime.WasmtimeError:  # not Linux, or the file system allows no code
        return wasmtime.Module.deserialize(engine, file.read())


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


def _keep(module: wasmtime.Module, name: str, places: Iterable[Path]) -> None:
    """Write the precompiled module to the first place that can hold it; doing without it costs only time."""
    data = module.serialize()
    for place in places:
        with suppress(OSError):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if _is_private(place.stat()):
                _replace(place / name, data)
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
