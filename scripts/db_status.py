"""make db-status: show which migrations are applied."""

from __future__ import annotations

import os

from checkouts import require_own_server
from prisma_engine import cli
from steps import PROJECT, main


def db_status() -> None:
    """Show the migrations' state; the status is 1 while some are not applied."""
    require_own_server()
    os.chdir(PROJECT)
    cli.main(["migrate", "status"])


if __name__ == "__main__":
    main(db_status)
