"""Where this checkout's servers are: the embedded one's folder, and a note in .data of one in Docker."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Final

from steps import PROJECT, StepError

DATA: Final = PROJECT / ".data"
LOCK: Final = DATA / "lock"

_NOTE: Final = DATA / "started.json"
_DOCKER: Final = {"by": "docker"}


def note_docker() -> None:
    """Write down that `make db-up` starts a server in Docker, so that `make db-down` stops that and nothing else."""
    DATA.mkdir(exist_ok=True)
    _NOTE.write_text(json.dumps(_DOCKER), encoding="utf-8")


def is_docker_noted() -> bool:
    """Whether that was written down."""
    return _NOTE.exists() and json.loads(_NOTE.read_text(encoding="utf-8"))["by"] == _DOCKER["by"]


def forget_docker() -> None:
    """It has been stopped."""
    _NOTE.unlink()


def name_of(checkout: Path) -> str:
    """What no other checkout on this machine is called."""
    return f"prisma-database-{hashlib.sha256(bytes(checkout)).hexdigest()[:12]}"


def embedded_home(checkout: Path = PROJECT) -> Path:
    """The folder of a checkout's embedded PostgreSQL: below it, or where root's unprivileged account reaches."""
    if os.geteuid() != 0:
        return checkout / DATA.name / "postgres"
    for parent in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108  -- a folder of ours with mode 0700
        if os.access(parent, os.W_OK):
            return parent / name_of(checkout)
    raise StepError(
        "neither /var/lib nor /var/tmp can be written to: start a PostgreSQL server and name it in DATABASE_URL"
    )
