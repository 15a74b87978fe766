"""Prisma's command line: `prisma …` and `python -m prisma_engine …`, a module a command, loaded on demand."""

from prisma_engine.cli.dispatch import main

__all__ = ["main"]
