"""Query plans, executed: `build` turns a plan into a program, which runs on any `ports.Connection`."""

from prisma_engine.interpreter.bulk import Insert, build_insert, insert_all
from prisma_engine.interpreter.program import Program, Query, build, shaped

__all__ = ["Insert", "Program", "Query", "build", "build_insert", "insert_all", "shaped"]
