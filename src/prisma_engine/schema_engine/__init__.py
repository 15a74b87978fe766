"""Prisma's schema engine in the Python process: what changes, compares and reads a database's structure."""

from __future__ import annotations

from prisma_engine.schema_engine.engine import SchemaEngine

__all__ = ["SchemaEngine"]
