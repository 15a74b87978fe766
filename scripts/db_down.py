"""make db-down: stop the server that `make db-up` started, and nothing else."""

from __future__ import annotations

from pathlib import Path

import docker_compose
from file_lock import locked
from postgres_server import EmbeddedPostgres
from started import LOCK, Started
from steps import main, say


def db_down() -> None:
    """Stop what was started; the data stay."""
    with locked(LOCK):
        started = Started.noted()
        if started is None:
            say("nothing to stop: make db-up has started no server")
        elif started.by == "docker":
            docker_compose.down()
            say("stopped PostgreSQL in Docker; its data stay in the volume")
        else:
            server = EmbeddedPostgres(Path(started.home))
            say("stopped the embedded PostgreSQL" if server.stop() else "the embedded PostgreSQL was not running")
        Started.forget()


if __name__ == "__main__":
    main(db_down)
