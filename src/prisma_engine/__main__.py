"""Prisma's command line for any project: `python -m prisma_engine <command>`."""

from __future__ import annotations

from prisma_engine.cli import main

if __name__ == "__main__":
    main()
