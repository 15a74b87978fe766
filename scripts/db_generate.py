"""make db-generate: generate the Prisma client from schema.prisma."""

from __future__ import annotations

from prisma_command import prisma_here_or_exit
from steps import main


def db_generate() -> None:
    """Generate the client that `import prisma` gives."""
    prisma_here_or_exit("generate")


if __name__ == "__main__":
    main(db_generate)
