"""make db-deploy: apply the migrations that are not applied yet, and nothing else."""

from __future__ import annotations

import os

from checkouts import require_own_server
from prisma_engine import cli
from steps import PROJECT, main


def db_deploy() -> None:
    """Apply the pending migrations."""
    require_own_server()
    os.chdir(PROJECT)
    cli.main(["migrate", "deploy"])


if __name__ == "__main__":
    main(db_deploy)
