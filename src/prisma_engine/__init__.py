"""Runs Prisma Client Python on Prisma's query compiler, inside the Python process."""

from prisma_engine.errors import WriteConflictError

__all__ = ["WriteConflictError"]
