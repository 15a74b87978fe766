"""make db-setup: everything from a fresh clone to a database that is ready, in numbered steps."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bootstrap import INSTALLATIONS, PYTHON, installing
from prisma_command import prisma_or_exit, prisma_output
from steps import PROJECT, main, say, step

_SCRIPTS: Final = Path(__file__).parent
_CHANGED: Final = 2  # the status of `prisma migrate diff --exit-code` when there is a difference


def db_setup(migration: str) -> None:
    """Install, start the database, generate the client, and bring the tables up to date."""
    database: tuple[tuple[str, Callable[[], None]], ...] = (
        ("start the database", _start_database),
        ("generate the client", lambda: prisma_or_exit("generate")),
        ("create a migration if the schema changed", lambda: _migrate_if_changed(migration)),
        ("apply the migrations", lambda: prisma_or_exit("migrate", "deploy")),
    )
    total = len(INSTALLATIONS) + len(database)
    with installing():
        for number, installation in enumerate(INSTALLATIONS, 1):
            with step(f"[{number}/{total}] install {installation.name}"):
                installation.update()
    with _preparing_engine():
        for number, (name, action) in enumerate(database, len(INSTALLATIONS) + 1):
            with step(f"[{number}/{total}] {name}"):
                action()
    say("the database is ready")


@contextmanager
def _preparing_engine() -> Iterator[None]:
    """Translate the schema engine meanwhile; where that fails, the command that needs it says why."""
    command = [str(PYTHON), str(_SCRIPTS / "prepare_engine.py")]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        yield


def _start_database() -> None:
    """Run `make db-up`'s script: it needs the packages that have been installed just now."""
    status = subprocess.run([str(PYTHON), str(_SCRIPTS / "db_up.py")], cwd=PROJECT, check=False).returncode
    if status != 0:
        sys.exit(status)


def _migrate_if_changed(name: str) -> None:
    difference = ("migrate", "diff", "--from-migrations", "migrations", "--to-schema", "schema.prisma", "--exit-code")
    done = prisma_output(*difference)
    if done.returncode == 0:
        say("the schema has not changed since the last migration")
    elif done.returncode == _CHANGED:
        prisma_or_exit("migrate", "dev", "--name", name, "--skip-generate")  # which has been done
    else:
        say(done.stdout + done.stderr)
        sys.exit(done.returncode)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--migration", default="schema_change", help="the name of a migration that has to be created")
    arguments = parser.parse_args()
    main(lambda: db_setup(arguments.migration))
