"""Prisma's own query compiler, hosted in wasmtime: requests go in, query plans come out."""
