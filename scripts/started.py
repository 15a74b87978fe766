"""What `make db-up` started, noted in .data, so that `make db-down` stops that and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from steps import PROJECT, StepError

DATA: Final = PROJECT / ".data"
LOCK: Final = DATA / "lock"
_NOTE: Final = DATA / "started.json"


@dataclass(frozen=True, slots=True)
class Started:
    """A server that `make db-up` started: by which means, and where an embedded one keeps its files."""

    by: Literal["docker", "embedded"]
    home: str = ""

    def note(self) -> None:
        """Write it down for later commands."""
        DATA.mkdir(exist_ok=True)
        _NOTE.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def noted() -> Started | None:
        """What was written down, None when nothing was started."""
        return Started(**json.loads(_NOTE.read_text(encoding="utf-8"))) if _NOTE.exists() else None

    @staticmethod
    def forget() -> None:
        """It has been stopped."""
        _NOTE.unlink(missing_ok=True)


def embedded_home() -> Path:
    """The folder of the embedded PostgreSQL: below the project, or where root's unprivileged account reaches."""
    if os.geteuid() != 0:
        return DATA / "postgres"
    name = f"prisma-database-{hashlib.sha256(bytes(PROJECT)).hexdigest()[:12]}"
    for parent in (Path("/var/lib"), Path("/var/tmp")):  # noqa: S108  -- a folder of ours with mode 0700, checked below
        if os.access(parent, os.W_OK):
            return parent / name
    raise StepError(
        "neither /var/lib nor /var/tmp can be written to: start a PostgreSQL server and name it in DATABASE_URL"
    )
