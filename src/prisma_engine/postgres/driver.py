"""asyncpg's connection, with a hand on its socket."""

from __future__ import annotations

import asyncio
import re
import secrets
import select
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import asyncpg

from prisma_engine.postgres.built_in_arrays import BUILT_IN_ARRAYS

if TYPE_CHECKING:
    from asyncpg.prepared_stmt import PreparedStatement

    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection  # asyncpg's own class has no parameter, only its stubs have one

__all__ = ["Answer", "Driver"]

Answer: TypeAlias = "tuple[list[asyncpg.Record], bytes, bool]"
"""The rows of a statement, its command tag, and that these are all of them."""

_KEEPALIVE: Final = (
    ("TCP_KEEPIDLE", 30),  # seconds of silence until the system asks the peer whether it is there; firewalls allow more
    ("TCP_KEEPALIVE", 30),  # the same on macOS
    ("TCP_KEEPINTVL", 10),  # seconds until it asks again
    ("TCP_KEEPCNT", 3),  # unanswered questions that end the connection
    ("TCP_USER_TIMEOUT", 60_000),  # milliseconds until sent bytes that nobody acknowledges end it; Linux only
)
"""Options of a TCP socket, where the system has them: whoever waits for a peer that is gone waits a minute at most.

Source: libpq's parameters of the same names; the systems' own defaults are two hours and a quarter of an hour.
"""

_NOTHING_ASKED: Final = SimpleNamespace(name="none")
"""A statement with a name: asyncpg prepares its unnamed one again after another unnamed one."""

_COPY_IN: Final = re.compile(r"\bcopy\b.*\bstdin\b", re.IGNORECASE | re.DOTALL)
_NO_ROWS: Final = b"a script cannot bring the rows of COPY ... FROM STDIN along; write them as INSERT\0"
_COPY_FAIL: Final = b"f" + (len(_NO_ROWS) + 4).to_bytes(4, "big") + _NO_ROWS
"""PostgreSQL's message CopyFail: the end of a COPY that has no rows, and nothing to a server that waits for none."""


class Driver(_Connection):
    """A connection that notices when its peer is gone, and tells whether anything has arrived that nobody has read."""

    __slots__ = ("_names", "_poll", "_socket", "learn_types")

    _protocol: Any  # asyncpg's own
    _server_caps: Any  # a named tuple of asyncpg's
    _transport: asyncio.Transport

    def __init__(self, protocol: Any, transport: asyncio.Transport, *others: Any) -> None:
        super().__init__(protocol, transport, *others)
        self._socket: socket.socket = transport.get_extra_info("socket")
        if self._socket.family in (socket.AF_INET, socket.AF_INET6):
            _keep_alive(self._socket)
        if sys.platform != "win32":
            self._poll = select.poll()  # unlike `select`, it takes any number of open files
            self._poll.register(self._socket, select.POLLIN)
        own = secrets.token_hex(6)
        self._names = (f"s_{own}_{number:x}" for number in count())
        self.learn_types: Callable[[Sequence[Mapping[str, Any]]], None] | None = None
        """Learns types that are met for the first time in the place of asyncpg, from what it has asked of them."""

    def _get_unique_id(self, _prefix: str) -> str:
        # asyncpg numbers its statements in every process alike; where a pooler swaps servers underneath without our
        # knowing, a program could then run the statement that another one has prepared under the same name
        return next(self._names)

    async def _introspect_types(self, oids: Any, timeout: Any) -> Any:
        if BUILT_IN_ARRAYS.keys() >= set(oids):  # each new connection would ask for them, in six round trips
            types, statement = [BUILT_IN_ARRAYS[oid] for oid in oids], _NOTHING_ASKED
        else:
            types, statement = await super()._introspect_types(oids, timeout)  # type: ignore[misc]  # private
        if self.learn_types is None:
            return types, statement
        self.learn_types(types)
        return [], statement

    def share_server(self) -> None:
        """Change no setting of a server that others use between two of our statements.

        asyncpg switches `jit` off while it asks for types; behind a pooler, another server may get it back.
        """
        self._server_caps = self._server_caps._replace(jit=False)

    def run_prepared(self, statement: PreparedStatement[asyncpg.Record], values: Sequence[object]) -> Awaitable[Answer]:
        """Run a statement that this connection has prepared; the connection is open.

        It is what `PreparedStatement.fetch` waits for in the end, without the nine calls before that.
        """
        state = statement._state  # type: ignore[attr-defined]  # noqa: SLF001  # private, so a test looks for it
        running: Awaitable[Answer] = self._protocol.bind_execute(state, values, "", 0, True, None)  # noqa: FBT003
        return running

    async def run_script(self, sql: str) -> str:
        """Run a text of any number of statements, and return the last one's command tag.

        A COPY FROM STDIN in it fails; asyncpg would wait for the server, and the server for rows.
        """
        if not _COPY_IN.search(sql):
            return await self.execute(sql)
        running = asyncio.ensure_future(self.execute(sql))
        try:
            await asyncio.sleep(0)  # the text goes out
            self._transport.write(_COPY_FAIL)
            return await running
        finally:
            running.cancel()

    @property
    def has_escapes(self) -> bool:
        """Whether a backslash escapes what follows it in every string of SQL; the server says so when it changes."""
        return getattr(self.get_settings(), "standard_conforming_strings", "on") == "off"

    @property
    def is_quiet(self) -> bool:
        """Whether the connection is open, and the server has said nothing that nobody asked for, such as its goodbye.

        The system may hold bytes, or the end of the stream, that the event loop has not come to read.
        """
        if self.is_closed():
            return False
        if sys.platform == "win32":
            return not select.select([self._socket], [], [], 0)[0]
        return not self._poll.poll(0)

    @property
    def is_idle(self) -> bool:
        """Whether the connection is open and in no transaction."""
        return not self.is_closed() and not self._protocol.is_in_transaction()


def _keep_alive(tcp: socket.socket) -> None:
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            tcp.setsockopt(socket.IPPROTO_TCP, option, value)
