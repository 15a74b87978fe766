"""PgBouncer in front of a PostgreSQL server: started in a folder, stopped by the process that its pid file names."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from postgres_server import Account, speaks_postgres

__all__ = ["Mode", "PgBouncer", "program"]

Mode = Literal["session", "transaction"]

_PLACES: Final = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])  # Debian installs it there
_PATIENCE: Final = 20.0  # seconds until starting or stopping counts as failed
_POLL_SECONDS: Final = 0.01

_CONFIGURATION: Final = """\
[databases]
* = host={server_host} port={server_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pidfile = {folder}/pid
logfile = {folder}/log
auth_type = scram-sha-256
auth_file = {folder}/users
auth_user = {user}
pool_mode = {mode}
default_pool_size = {servers}
max_client_conn = 2000
; a database can be dropped, and a test can wait for its connections to end, soon after its client has gone
server_idle_timeout = 1
; a login that the server refused is tried again at once, so that one test's mistake is not the next one's
server_login_retry = 1
"""


def program() -> str | None:
    """The path of Debian's program, None where the package is not installed."""
    return shutil.which("pgbouncer", path=_PLACES)


@dataclass(frozen=True, slots=True)
class PgBouncer:
    """One PgBouncer whose files are in `folder`."""

    folder: Path

    def start(
        self, mode: Mode, *, port: int, server: tuple[str, int], user: str, password: str, servers: int = 20
    ) -> None:
        """Start it in front of all databases of a server; it keeps at most `servers` connections to each.

        Roles other than `user` are looked up on the server, as `user`.
        """
        self.folder.mkdir(mode=0o700)
        host, server_port = server
        configuration = _CONFIGURATION.format(
            folder=self.folder, mode=mode, port=port, server_host=host, server_port=server_port, user=user,
            servers=servers,
        )  # fmt: skip
        (self.folder / "pgbouncer.ini").write_text(configuration, encoding="utf-8")
        (self.folder / "users").write_text(f'"{user}" "{password}"\n', encoding="utf-8")
        account = Account.needed()  # it refuses to run as root, as PostgreSQL does
        if account is not None:
            account.own(self.folder)
        subprocess.run(
            [str(program()), "--daemon", str(self.folder / "pgbouncer.ini")],
            check=True,
            cwd=self.folder,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        _until(lambda: speaks_postgres("127.0.0.1", port) is True)

    def stop(self) -> None:
        """Stop it at once and wait until it has ended; does nothing where it is not running."""
        file = self.folder / "pid"
        if file.exists():
            os.kill(int(file.read_text(encoding="ascii")), signal.SIGTERM)
            _until(lambda: not file.exists())


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"PgBouncer did not start or stop within {_PATIENCE:g} s"
        time.sleep(_POLL_SECONDS)
