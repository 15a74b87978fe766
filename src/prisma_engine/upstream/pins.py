"""Which release of Prisma the files are from; `make raise-prisma` writes this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ENGINES_VERSION", "FILES", "INTEGRITY", "PRISMA_VERSION"]

PRISMA_VERSION: Final = "7.10.1"
"""The npm package `prisma` that the files are from."""

INTEGRITY: Final = "sha512-GoVeErHGGtsSjsflQ1r2BA3RKTXtxNraQJz8OLkLhoLr7OgCscdx4qw4WMM4HnERYc+a1cq2VnMNbep+vOjNcQ=="
"""What the npm registry says of that package's archive."""

ENGINES_VERSION: Final = "8.1.0-1.d1b3f377ca835d73fd50954a5e22128b9ebdd6b8"
"""The build of Prisma's engines that the wasm modules are."""

FILES: Final[Mapping[str, str]] = {
    "query_compiler_small_bg.postgresql.wasm": "a2a248488958b76b2c57b1c28d79d7defe90957455d5cd34563c53dd4fec71e7",
    "query_compiler_small_bg.cockroachdb.wasm": "903c181b9cb3a9d2060736f250aecc55903d1bbec5a542e0dd5044c97fcb4e01",
    "prisma_schema_build_bg.wasm": "e77f37d7e9bdae4100769cbcd5a59918796943f6bed0f8ee99d9eeb7f75fde58",
    "schema_engine_bg.wasm": "c4bd68afe4f4bebd08b0c96a75f398aec624e6376043c2aad966fa78e3b69b52",
    "studio.js": "ec58e1a26fae29f3696552cb1d6886b08e928a2ae3fbabef0cad2b70558c0056",
    "studio.css": "e8e3873b52afd64908ae878dbcee061960d3e73f5dec34062eaaffb6bc6d28cf",
    "LICENSE": "c71d239df91726fc519c6eb72d318ec65820627232b2f796219e87dcf35d0ab4",
}
"""The files by their names, each with its SHA-256."""
