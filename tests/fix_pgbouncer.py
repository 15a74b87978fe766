"""The run's server behind a PgBouncer of a module's own, in each of its modes."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from fix_postgres import HOME_VARIABLE, Server
from pgbouncer import Mode, PgBouncer, program

_SERVERS: Final[dict[Mode, int]] = {
    "session": 20,  # as many as there are clients, each of which keeps one
    "transaction": 3,  # so few that clients swap them all the time
}


@pytest.fixture(scope="module", params=_SERVERS)
def pooled(server: Server, request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server; what connects by its URLs comes through PgBouncer."""
    if program() is None:
        pytest.skip("there is no PgBouncer on this machine: install Debian's package pgbouncer")
    mode: Mode = request.param
    pgbouncer = PgBouncer(Path(os.environ[HOME_VARIABLE]) / f"pgbouncer-{uuid.uuid4().hex}")
    try:
        yield server.behind(pgbouncer, mode, servers=_SERVERS[mode])
    finally:
        pgbouncer.stop()
