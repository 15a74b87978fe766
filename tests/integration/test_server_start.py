"""Why a server did not start: PostgreSQL's own reason, whatever it is."""

from __future__ import annotations

import os
import re
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from fix_own_server import new_server
from postgres_server import EmbeddedPostgres, free_port
from server_log import last_words
from steps import StepError


@pytest.fixture(scope="module")
def stopped() -> Iterator[EmbeddedPostgres]:
    """A server with data, which each test breaks and mends."""
    with new_server() as server:
        server.stop()
        yield server.postgres


def failure(postgres: EmbeddedPostgres, **settings: str) -> str:
    """What is said when it does not start."""
    with pytest.raises(StepError) as raised:
        postgres.start(host="127.0.0.1", port=free_port(), settings=settings)
    return str(raised.value)


def _replace(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda data: (data / name).write_bytes(content)


def _damage_control_file(data: Path) -> None:
    control = data / "global" / "pg_control"
    content = bytearray(control.read_bytes())
    content[32] ^= 0xFF
    control.write_bytes(content)


def _empty_log(data: Path) -> None:
    for segment in (data / "pg_wal").glob("0*"):
        segment.write_bytes(bytes(segment.stat().st_size))


BREAKS: Final[dict[str, tuple[str, Callable[[Path], object], str]]] = {
    "a damaged control file": ("global/pg_control", _damage_control_file, "incorrect checksum in control file"),
    "a lost write-ahead log": ("pg_wal", _empty_log, "PANIC: could not locate a valid checkpoint record"),
    "data of another version": (
        "PG_VERSION",
        _replace("PG_VERSION", b"13\n"),
        "was initialized by PostgreSQL version 13",
    ),
    "a line that is no setting": (
        "postgresql.conf",
        _replace("postgresql.conf", b"port 1 2\n"),
        r"syntax error in file .*postgresql\.conf\" line 1",
    ),
    "no configuration": (
        "postgresql.conf",
        lambda data: (data / "postgresql.conf").unlink(),
        "No such file or directory",
    ),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_broken_data_are_told_with_postgresqls_reason(stopped: EmbeddedPostgres, kind: str) -> None:
    name, break_, reason = BREAKS[kind]
    files = [path for path in (stopped.data / name, *(stopped.data / name).glob("0*")) if path.is_file()]
    kept = {path: (path.read_bytes(), path.stat()) for path in files}
    break_(stopped.data)
    said = failure(stopped)
    for path, (content, status) in kept.items():
        path.write_bytes(content)
        os.chown(path, status.st_uid, status.st_gid)
    assert re.search(reason, said), said
    assert str(stopped.log) in said


def test_a_folder_that_others_may_read_is_told(stopped: EmbeddedPostgres) -> None:
    stopped.data.chmod(0o777)
    said = failure(stopped)
    stopped.data.chmod(stat.S_IRWXU)
    assert "has invalid permissions" in said
    assert "Permissions should be u=rwx" in said


def test_a_port_that_is_taken_is_told(stopped: EmbeddedPostgres) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(StepError) as raised:
        stopped.start(host="127.0.0.1", port=listener.getsockname()[1])
    assert 'could not bind IPv4 address "127.0.0.1": Address already in use' in str(raised.value)


def test_too_much_shared_memory_is_told(stopped: EmbeddedPostgres) -> None:
    assert "Cannot allocate memory" in failure(stopped, shared_buffers="7TB", huge_pages="off")


def test_statements_are_left_out_of_what_is_told(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(
        "2026-11-29 01:00:00.000 UTC [7] LOG:  starting PostgreSQL 18.4\n"
        '2026-11-29 01:00:00.000 UTC [8] ERROR:  role "keeper" does not exist\n'
        "2026-11-29 01:00:00.000 UTC [8] STATEMENT:  ALTER ROLE keeper\n"
        "\tPASSWORD 'open-sesame'\n"
        "2026-11-29 01:00:00.000 UTC [7] LOG:  database system is shut down\n",
        encoding="utf-8",
    )
    assert last_words(log) == f'ERROR: role "keeper" does not exist\n(log: {log})'
