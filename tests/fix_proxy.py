"""A TCP proxy between a client and its server that breaks the network on command."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Final

import pytest_asyncio

from fix_postgres import Server

__all__ = ["Direction", "Proxy"]

_CHUNK: Final = 64 * 1024
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class Direction:
    """What happens to the bytes that go one way."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds that each chunk takes
        self._passes = asyncio.Event()
        self.resume()

    def stop(self) -> None:
        """Hold all bytes back."""
        self._passes.clear()

    def resume(self) -> None:
        """Let bytes through again, those first that were held back."""
        self._passes.set()

    async def travel(self) -> None:
        """Wait until a chunk may arrive."""
        await asyncio.sleep(self.delay)
        await self._passes.wait()


class _Link:
    """One connection of a client with the server behind the proxy."""

    def __init__(
        self, client: socket.socket, server: socket.socket, to_server: Direction, to_client: Direction
    ) -> None:
        self._sockets = (client, server)
        self._pumps = [
            asyncio.create_task(self._pump(client, server, to_server)),
            asyncio.create_task(self._pump(server, client, to_client)),
        ]

    async def _pump(self, source: socket.socket, target: socket.socket, direction: Direction) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while data := await loop.sock_recv(source, _CHUNK):
                await direction.travel()
                await loop.sock_sendall(target, data)
        await direction.travel()
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    async def close(self, *, reset: bool) -> None:
        for pump in self._pumps:
            pump.cancel()
        await asyncio.wait(self._pumps)
        for end in self._sockets:
            if reset:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            end.close()


class Proxy:
    """A port on this machine that leads to a server, until it is told otherwise; `async with` opens and closes it."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._links: list[_Link] = []
        self.to_server = Direction()
        self.to_client = Direction()

    async def __aenter__(self) -> Proxy:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._accepting.cancel()
        await asyncio.wait([self._accepting])
        self._listener.close()
        await self.cut()

    async def cut(self) -> None:
        """Close every connection, as a server does that stops; new ones are let through."""
        await self._close(reset=False)

    async def reset(self) -> None:
        """Reset every connection, as a firewall does that has forgotten it; new ones are let through."""
        await self._close(reset=True)

    def pull_cable(self) -> None:
        """Let nothing pass in either direction and answer no new connection; every socket stays open."""
        self.to_server.stop()
        self.to_client.stop()

    def restore(self) -> None:
        """Let everything pass again, at once."""
        for direction in (self.to_server, self.to_client):
            direction.delay = 0.0
            direction.resume()

    def url(self, url: str) -> str:
        """The same database's URL through the proxy."""
        before, _, rest = url.partition("@")
        return f"{before}@127.0.0.1:{self.port}/{rest.partition('/')[2]}"

    async def _close(self, *, reset: bool) -> None:
        links, self._links = self._links, []
        for link in links:
            await link.close(reset=reset)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.to_server.travel()
            client, _ = await loop.sock_accept(self._listener)
            server = socket.socket()
            server.settimeout(0)
            try:
                await loop.sock_connect(server, self._target)
            except OSError:
                client.close()
                server.close()
                continue
            self._links.append(_Link(client, server, self.to_server, self.to_client))


@pytest_asyncio.fixture
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    """A proxy to the run's server."""
    async with Proxy(server.host, server.port) as proxy:
        yield proxy
