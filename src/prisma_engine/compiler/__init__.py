"""Prisma's own query compiler, hosted in wasmtime: requests go in, query plans come out."""

from __future__ import annotations

from prisma_engine.compiler.artifact import (
    COMPILER_SHA256,
    ENGINE_HASH,
    FOLDER,
    PRISMA_VERSION,
    find_compiler,
    install,
)
from prisma_engine.compiler.host import QueryCompiler

__all__ = ["COMPILER_SHA256", "ENGINE_HASH", "FOLDER", "PRISMA_VERSION", "QueryCompiler", "find_compiler", "install"]
