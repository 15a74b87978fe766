"""The modules of the query compiler: Prisma's, and the two of ours that stand beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import wasmtime

from prisma_engine.errors import ArtifactError
from prisma_engine.wasm import artifact
from prisma_engine.wasm.artifact import Source

__all__ = ["BUILDS", "Modules", "Provider", "load", "prepare"]

Provider = Literal["postgresql", "cockroachdb"]

BUILDS: Final[Mapping[Provider, str]] = {
    "postgresql": "query_compiler_small_bg.postgresql.wasm",
    "cockroachdb": "query_compiler_small_bg.cockroachdb.wasm",
}
"""The builds of the compiler, by the schema's provider."""

_OURS: Final = ("recorder.wat", "attachment.wat")  # beside this file
_OTHERS_MAY_WRITE: Final = 0o022


@dataclass(frozen=True, slots=True)
class Modules:
    """The modules that instances are made of, and the engine that their stores must use."""

    engine: wasmtime.Engine
    compiler: wasmtime.Module
    recorder: wasmtime.Module
    attachment: wasmtime.Module


def prepare(folder: Path, provider: Provider = "postgresql") -> None:
    """Put the provider's compiler into the folder, in a form that loads fast on this machine, unless it is there.

    Errors: ArtifactError when a source is missing or damaged, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Machine code in a folder that the group may write, as some umasks leave it, would not be loaded.
        folder.chmod(folder.stat().st_mode & ~_OTHERS_MAY_WRITE)
        sources = list(_sources(provider))
        current = {source.precompiled for source in sources}
        for file in [*folder.glob("*.cwasm"), *folder.glob("*.wasm")]:
            if file.name not in current:  # of another version
                file.unlink()
        for source in sources:
            artifact.prepare(source, folder)
    except OSError as error:
        raise ArtifactError(f"cannot put the query compiler into {folder}: {error}") from error


def load(folder: Path, provider: Provider = "postgresql") -> Modules:
    """Load the modules, from the folder where it has them translated.

    Errors: ArtifactError when one must be translated and its source is missing or damaged.
    """
    engine = artifact.new_engine()
    return Modules(engine, *(artifact.load(engine, source, folder) for source in _sources(provider)))


def _sources(provider: Provider) -> Iterator[Source]:
    """What the modules are made of, in the order of `Modules`."""
    yield Source.of_prisma(BUILDS[provider])
    for name in _OURS:
        yield Source.of_ours(Path(__file__).with_name(name))
