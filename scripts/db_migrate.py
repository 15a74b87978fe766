"""make db-migrate: create a migration for a schema change and, unless told otherwise, apply it."""

from __future__ import annotations

import argparse

from checkouts import require_own_server
from prisma_command import prisma_here_or_exit
from steps import StepError, main


def db_migrate(name: str, *, create_only: bool) -> None:
    """Create (and apply) a migration, then generate the client for the changed schema."""
    if not name:
        raise StepError("a migration needs a name: make db-migrate name=add_message_language")
    require_own_server()
    if create_only:
        prisma_here_or_exit("migrate", "dev", "--name", name, "--create-only")
        return
    prisma_here_or_exit("migrate", "dev", "--name", name, "--skip-generate")
    prisma_here_or_exit("generate")  # here, a failure is this command's


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="")
    parser.add_argument("--create-only", action="store_true")
    arguments = parser.parse_args()
    main(lambda: db_migrate(arguments.name, create_only=arguments.create_only))
