"""Prisma's own files, out of its npm package: the wasm modules, and the page of Prisma Studio.

They lie in `files`, which a wheel carries and a checkout fetches once: git does not keep them. Everything that names a
version of Prisma takes it from here, out of `pins`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prisma_engine.errors import ArtifactError
from prisma_engine.upstream.pins import ENGINES_VERSION, FILES, INTEGRITY, PRISMA_VERSION

__all__ = [
    "ENGINES_VERSION",
    "ENGINE_HASH",
    "FILES",
    "FOLDER",
    "INTEGRITY",
    "PACKAGE_FILES",
    "PRISMA_VERSION",
    "path",
]

ENGINE_HASH: Final = ENGINES_VERSION.rpartition(".")[2]
"""The commit of Prisma's engines that the wasm modules are built from."""

PACKAGE_FILES: Final[Mapping[str, str]] = {
    name: f"package/{name}" if name == "LICENSE" else f"package/build/{name}" for name in FILES
}
"""Where each file is in the package's archive."""

FOLDER: Final = Path(__file__).parent / "files"


def path(name: str) -> Path:
    """Where one of the files is. Errors: ArtifactError when it is not there."""
    file = FOLDER / name
    if not file.is_file():
        raise ArtifactError(
            f"Prisma's file {name} is missing in {FOLDER}: install the package again, or, in a checkout, run"
            " python3 scripts/fetch_prisma.py"
        )
    return file
