"""The Prisma command line for any project: `python -m prisma_engine <prisma command>`."""

from __future__ import annotations

import sys

from prisma_engine.cli.command import main

if __name__ == "__main__":
    main(sys.argv[1:])
