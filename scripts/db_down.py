"""make db-down: stop the server that `make db-up` started, and nothing else."""

from __future__ import annotations

import docker_compose
from checkouts import stop_abandoned
from file_lock import locked
from postgres_server import EmbeddedPostgres
from started import LOCK, embedded_home, forget_docker, is_docker_noted
from steps import main, say


def db_down() -> None:
    """Stop what was started; the data stay."""
    with locked(LOCK):
        stop_abandoned()
        if is_docker_noted():
            docker_compose.down()
            forget_docker()
            say("stopped PostgreSQL in Docker; its data stay in the volume")
        elif EmbeddedPostgres(embedded_home()).stop():
            say("stopped the embedded PostgreSQL")
        else:
            say("nothing to stop: make db-up has started no server, or it has ended")


if __name__ == "__main__":
    main(db_down)
