"""Nothing gets into the program: it opens no port that others could connect to."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from database import DatabaseService

_PROCESS: Final = Path("/proc/self")
_LISTENS: Final = "0A"  # the state of a TCP socket
_ACCEPTS: Final = "00010000"  # the flags of a unix socket

pytestmark = pytest.mark.skipif(not _PROCESS.exists(), reason="only Linux tells by /proc which sockets listen")


def _listening() -> set[str]:
    """The listening sockets of this process, TCP and unix, by their inodes."""
    own = set(_own_sockets())
    return {inode for inode in _sockets_that_listen() if inode in own}


def _own_sockets() -> Iterator[str]:
    for file in (_PROCESS / "fd").iterdir():
        try:
            target = os.readlink(file)  # noqa: PTH115  # it names no path
        except FileNotFoundError:
            continue  # what listed the folder
        if target.startswith("socket:["):
            yield target[len("socket:[") : -1]


def _sockets_that_listen() -> Iterator[str]:
    for name, state, value, inode in (("tcp", 3, _LISTENS, 9), ("tcp6", 3, _LISTENS, 9), ("unix", 3, _ACCEPTS, 6)):
        table = _PROCESS / "net" / name
        rows = [line.split() for line in table.read_text(encoding="utf-8").splitlines()[1:]] if table.exists() else []
        yield from (row[inode] for row in rows if row[state] == value)


async def test_neither_clients_nor_services_listen(blog: Any, migrated_url: str) -> None:
    before = _listening()
    async with DatabaseService(url=migrated_url) as db, blog.tx() as tx:
        await db.sessions.create_session()
        await tx.seat.create({"row": 1, "number": 1})
        assert _listening() == before


def test_a_synchronous_client_does_not_listen(blog_sync: Any) -> None:
    before = _listening()
    with blog_sync.tx() as tx:
        assert tx.seat.count() == 0
        assert _listening() == before


def test_a_socket_that_listens_would_be_seen(tmp_path: Path) -> None:
    before = _listening()
    with socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        assert len(_listening() - before) == 2
