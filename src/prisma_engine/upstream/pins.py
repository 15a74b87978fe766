"""Which release of Prisma the files are from; `make raise-prisma` writes this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ENGINES_VERSION", "FILES", "INTEGRITY", "PRISMA_VERSION"]

PRISMA_VERSION: Final = "7.10.0"
"""The npm package `prisma` that the files are from."""

INTEGRITY: Final = "sha512-o0ornyJOWgygVAzGCpr8PdXV8EJLHyVGDDUr/voBQt8Azzw8cYTByzzPGcA/m4tCkPcnJA8raEOv2CslsKhPEw=="
"""What the npm registry says of that package's archive."""

ENGINES_VERSION: Final = "7.10.0-4.0edf323efd1d98336f3f0a68684b56f689b900d3"
"""The build of Prisma's engines that the wasm modules are."""

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
