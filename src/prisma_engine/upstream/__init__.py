"""Prisma's own files, out of its npm package: the wasm modules, and the page of Prisma Studio.

They lie in `files`, which a wheel carries and a checkout fetches once: git does not keep them. Everything that names a
version of Prisma takes it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prisma_engine.errors import ArtifactError

__all__ = ["ENGINE_HASH", "FILES", "FOLDER", "INTEGRITY", "PACKAGE_FILES", "PRISMA_VERSION", "path"]

PRISMA_VERSION: Final = "7.10.0"
"""The npm package `prisma` that the files are from."""

INTEGRITY: Final = "sha512-o0ornyJOWgygVAzGCpr8PdXV8EJLHyVGDDUr/voBQt8Azzw8cYTByzzPGcA/m4tCkPcnJA8raEOv2CslsKhPEw=="
"""What the npm registry says of that package's archive."""

ENGINE_HASH: Final = "0edf323efd1d98336f3f0a68684b56f689b900d3"
"""The commit of Prisma's engines that the wasm modules are built from."""

FILES: Final[Mapping[str, str]] = {
    "query_compiler_small_bg.postgresql.wasm": "d7534d8306b4e184ecea651a74fad747bd990e158f289cc04747c43602b74bda",
    "query_compiler_small_bg.cockroachdb.wasm": "f96e7ab79813da297643ca28fd796c5bb29a780de257dd1fb560c2604d6f22f3",
    "prisma_schema_build_bg.wasm": "e77f37d7e9bdae4100769cbcd5a59918796943f6bed0f8ee99d9eeb7f75fde58",
    "schema_engine_bg.wasm": "c8d00b95bdf2259b6a41914ad28e9b247d1e46462cd92a02f0939c6d17577a1e",
    "studio.js": "ec58e1a26fae29f3696552cb1d6886b08e928a2ae3fbabef0cad2b70558c0056",
    "studio.css": "e8e3873b52afd64908ae878dbcee061960d3e73f5dec34062eaaffb6bc6d28cf",
    "LICENSE": "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
}
"""The files by their names, each with its SHA-256."""

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
