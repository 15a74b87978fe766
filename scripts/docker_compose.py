"""PostgreSQL in Docker, as docker-compose.yml describes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

from database_url import DatabaseUrl
from started import name_of
from steps import PROJECT, StepError

_ANSWER_SECONDS: Final = 10.0  # an engine that hangs must not hold up the embedded server
_CHECKS: Final = (("docker", "info"), ("docker", "compose", "version"))


def is_usable() -> bool:
    """Whether a Docker engine answers and Compose is there."""
    return shutil.which("docker") is not None and all(map(_succeeds, _CHECKS))


def _succeeds(command: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWER_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def up(url: DatabaseUrl) -> None:
    """Start the service for this URL and wait until it is healthy."""
    _compose(
        "up",
        "--detach",
        "--wait",
        env={
            "DB_PORT": str(url.port),
            "DB_USER": url.user,
            "DB_PASSWORD": url.password,
            "DB_NAME": url.database,
        },
    )


def down() -> None:
    """Stop the service; its volume keeps the data."""
    _compose("down", env={})


def remove_data() -> None:
    """Stop the service and remove its volume."""
    _compose("down", "--volumes", env={})


def _compose(*arguments: str, env: dict[str, str]) -> None:
    # Compose would take the folder's name, which two checkouts may share, and with it their data
    environment = {"COMPOSE_PROJECT_NAME": name_of(PROJECT), **os.environ, **env}
    done = subprocess.run(["docker", "compose", *arguments], cwd=PROJECT, env=environment, check=False)
    if done.returncode != 0:
        raise StepError(f"docker compose {arguments[0]} ended with status {done.returncode}")
