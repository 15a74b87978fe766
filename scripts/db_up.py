"""make db-up: make sure that PostgreSQL answers at DATABASE_URL, and start one where none does."""

from __future__ import annotations

import docker_compose
from checkouts import require_own_server, stop_abandoned
from database_login import create_database_if_missing
from database_url import DatabaseUrl
from file_lock import locked
from postgres_server import EmbeddedPostgres, embedded_version, speaks_postgres
from postmaster import Postmaster
from started import LOCK, embedded_home, note_docker
from steps import PROJECT, StepError, main, say


def db_up() -> None:
    """Use the server that answers; else start one: in Docker where there is an engine, else the embedded one."""
    url = DatabaseUrl.of_project()
    with locked(LOCK):
        stop_abandoned()
        require_own_server()
        answer = speaks_postgres(url.host, url.port)
        if answer:
            say(f"PostgreSQL answers already at {url.place}: using it")
        elif not url.is_local:
            raise StepError(f"no PostgreSQL answers at {url.place}: check DATABASE_URL and the network")
        elif answer is False:
            raise StepError(
                f"port {url.port} is taken by a program that is not PostgreSQL: "
                "stop that program, or write another port in DATABASE_URL (.env)"
            )
        elif docker_compose.is_usable():
            _start_docker(url)
        else:
            _start_embedded(url)
        if create_database_if_missing(url):
            say(f"created the database {url.database}")


def _start_docker(url: DatabaseUrl) -> None:
    say("starting PostgreSQL in Docker")
    note_docker()
    docker_compose.up(url)
    say(f"PostgreSQL runs in Docker at {url.place}")


def _start_embedded(url: DatabaseUrl) -> None:
    server = EmbeddedPostgres(embedded_home())
    say(f"starting the embedded PostgreSQL {embedded_version()}")
    if server.create(user=url.user, password=url.password):
        say(f"created its data folder {server.data}")
    if server.crash:
        say(f"it has ended by itself before:\n{server.crash}")
    if server.stop():  # DATABASE_URL named another port before
        say("stopped it at its former port")
    server.start(host=url.host, port=url.port, settings=Postmaster.mark(PROJECT))
    say(f"the embedded PostgreSQL runs at {url.place} (data: {server.data}; stop it with: make db-down)")


if __name__ == "__main__":
    main(db_up)
