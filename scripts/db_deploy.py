"""make db-deploy: apply the migrations that are not applied yet, and nothing else."""

from __future__ import annotations

from node import prisma_or_exit
from steps import main


def db_deploy() -> None:
    """Apply the pending migrations."""
    prisma_or_exit("migrate", "deploy")


if __name__ == "__main__":
    main(db_deploy)
