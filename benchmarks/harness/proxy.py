"""A TCP proxy between a peer and PostgreSQL that counts round trips as they are on the wire, and may be far away.

A round trip begins with the first bytes that a client sends after everything before is answered, and ends when the
server has answered each Sync or Query of it with ReadyForQuery, or has answered a Flush with anything.
Source: PostgreSQL's manual, "Frontend/Backend Protocol".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final

_SSL_REQUEST: Final = 80877103
_GSS_REQUEST: Final = 80877104
_CHUNK: Final = 1 << 16
_ASKING: Final = frozenset(b"SQF")  # Sync, Query, FunctionCall: each is answered by one ReadyForQuery
_FLUSH: Final = ord("H")
_TERMINATE: Final = ord("X")
_READY: Final = ord("Z")

Underway = asyncio.Queue[tuple[float, bytes]]
"""When which bytes arrive; no bytes are the end."""


class Messages:
    """Splits a stream of bytes into messages and yields the type of each complete one."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def feed(self, data: bytes) -> Iterator[int]:
        """Take the next bytes of the stream."""
        self._pending += data
        start = 0
        while len(self._pending) >= start + 5:
            end = start + 1 + int.from_bytes(self._pending[start + 1 : start + 5], "big")
            if len(self._pending) < end:
                break
            yield self._pending[start]
            start = end
        del self._pending[:start]


class Conversation:
    """Follows one connection after its start-up and counts the round trips."""

    def __init__(self) -> None:
        self.round_trips = 0
        self._client = Messages()
        self._server = Messages()
        self._unanswered = 1  # the start-up itself ends with ReadyForQuery, too
        self._is_open = True
        self._flushed = False

    def client_sent(self, data: bytes) -> None:
        """Count a round trip when these bytes begin one."""
        for kind in self._client.feed(data):
            if kind == _TERMINATE:
                continue
            if not self._is_open:
                self._is_open = True
                self.round_trips += 1
            self._unanswered += kind in _ASKING
            self._flushed = kind == _FLUSH

    def server_sent(self, data: bytes) -> None:
        """Note what is answered by now."""
        for kind in self._server.feed(data):
            self._unanswered -= kind == _READY
        if self._unanswered == 0 or (self._flushed and self._unanswered <= 0):
            self._is_open = False


class Proxy:
    """Listens on a port of its own and hands everything on to the server, each way after a delay. Units: seconds."""

    def __init__(self, host: str, port: int, *, delay: float = 0) -> None:
        self._target = (host, port)
        self._delay = delay
        self._conversations: list[Conversation] = []
        self._running: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self) -> int:
        """Begin to listen; returns the port."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    def stop(self) -> None:
        """Listen no more, and close what is open."""
        if self._listener is not None:
            self._listener.close()
        for task in self._running:
            task.cancel()

    @property
    def round_trips(self) -> int:
        """The round trips of all connections so far."""
        return sum(conversation.round_trips for conversation in self._conversations)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the peer has gone, or the proxy was stopped
        finally:
            self._running.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        start_up = await _start_up(reader, writer)
        server_reader, server_writer = await asyncio.open_connection(*self._target)
        conversation = Conversation()
        self._conversations.append(conversation)
        server_writer.write(start_up)
        try:
            await asyncio.gather(
                *_way(reader, server_writer, conversation.client_sent, self._delay),
                *_way(server_reader, writer, conversation.server_sent, self._delay),
            )
        finally:
            server_writer.close()


async def _start_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The client's first message; requests for encryption before it are declined, as the server here does."""
    while True:
        length = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(length, "big") - 4)
        if int.from_bytes(body[:4], "big") not in {_SSL_REQUEST, _GSS_REQUEST}:
            return length + body
        writer.write(b"N")


def _way(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Callable[[bytes], None], delay: float
) -> tuple[Coroutine[Any, Any, None], ...]:
    """Both ends of one direction: what departs at one arrives at the other."""
    underway: Underway = asyncio.Queue()
    return _depart(reader, underway, seen, delay), _arrive(underway, writer)


async def _depart(
    reader: asyncio.StreamReader, underway: Underway, seen: Callable[[bytes], None], delay: float
) -> None:
    data = None
    while data != b"":
        data = await reader.read(_CHUNK)
        seen(data)
        underway.put_nowait((time.monotonic() + delay, data))


async def _arrive(underway: Underway, writer: asyncio.StreamWriter) -> None:
    data = None
    while data != b"":
        due, data = await underway.get()
        if (left := due - time.monotonic()) > 0:
            await asyncio.to_thread(time.sleep, left)  # exact, where the loop's timers are whole milliseconds
        writer.write(data)
        await writer.drain()
    writer.close()
