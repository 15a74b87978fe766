"""make db-reset: drop everything in the database and apply all migrations again, once a person has agreed."""

from __future__ import annotations

import argparse
import sys

from checkouts import require_own_server
from database_url import DatabaseUrl
from prisma_command import prisma_here_or_exit
from steps import StepError, main, say


def db_reset(force: str) -> None:
    """Reset the database: `force` is 1 to skip the question, or the name of a host that is not local."""
    url = DatabaseUrl.of_project()
    require_own_server()
    allowed = _allowed_remote_host(url, force)
    if force not in {"", "1", url.host}:
        raise StepError(f"force={force} means nothing: force=1 skips the question")
    if not force:
        _ask(url)
    say(f"resetting the database {url.database} at {url.place}")
    prisma_here_or_exit("migrate", "reset", "--force", extra=allowed)


def _allowed_remote_host(url: DatabaseUrl, force: str) -> dict[str, str]:
    """What tells the schema engine that this host may be reset, nothing for a local one."""
    if url.is_local:
        return {}
    if force != url.host:
        raise StepError(
            f"{url.host} is not this machine: to drop everything in its database {url.database}, "
            f"name the host: make db-reset force={url.host}"
        )
    return {"PRISMA_ALLOW_REMOTE_RESET": url.host}


def _ask(url: DatabaseUrl) -> None:
    if not sys.stdin.isatty():
        raise StepError(f"this drops everything in the database {url.database}: agree with make db-reset force=1")
    answer = input(f"This drops everything in the database {url.database} at {url.place}. Type its name to go on: ")
    if answer.strip() != url.database:
        raise StepError("nothing was dropped: that is not the database's name")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", default="")
    arguments = parser.parse_args()
    main(lambda: db_reset(arguments.force))
