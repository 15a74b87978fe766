"""make db-status: show which migrations are applied."""

from __future__ import annotations

from node import prisma_or_exit
from steps import main


def db_status() -> None:
    """Show the migrations' state; the status is 1 while some are not applied."""
    prisma_or_exit("migrate", "status")


if __name__ == "__main__":
    main(db_status)
