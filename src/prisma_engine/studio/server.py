"""Prisma Studio for one database, served to the browsers of this machine."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

from prisma_engine.errors import UserFacingError
from prisma_engine.postgres import parse
from prisma_engine.studio.backend import Backend, RequestError
from prisma_engine.studio.page import POLICY, File, read_files
from prisma_engine.studio.values import to_json
from prisma_engine.studio.web import Answering, Head, Response, converse

__all__ = ["serve"]

_Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]

_log: Final = logging.getLogger("prisma_engine.studio")

_HOST: Final = "127.0.0.1"
_PORTS: Final = (51212, *range(49152, 51212))  # where Prisma looks for a free one, in this order
_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
_HTTP_PORT: Final = 80  # which browsers do not write
_NOT_TO_BE_HAD: Final = frozenset({errno.EADDRINUSE, errno.EACCES})

_READ: Final = frozenset({"GET", "HEAD"})
_JSON: Final = "application/json"
_COMMON: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", POLICY),
)


@asynccontextmanager
async def serve(url: str, *, port: int | None = None) -> AsyncIterator[str]:
    """Serve Studio for the block, and give the address of its page.

    The server listens on 127.0.0.1 alone, without a port on the first that is free of those that Prisma takes.
    Errors: UserFacingError P1013 for a URL that is none, without a code where the port is not to be had; ArtifactError.
    """
    site = _Site(Backend(parse(url)))
    conversations: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own_port = writer.get_extra_info("sockname")[1]
        task = asyncio.ensure_future(converse(reader, writer, partial(site.handle, own_port)))
        conversations.add(task)
        task.add_done_callback(conversations.discard)

    server = await _listening(connected, _PORTS if port is None else (port,))
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await site.close()
        await server.wait_closed()


async def _listening(connected: _Connected, ports: Iterable[int]) -> asyncio.Server:
    tried = 0
    for tried in ports:
        try:
            return await asyncio.start_server(connected, _HOST, tried)
        except OSError as error:
            if error.errno not in _NOT_TO_BE_HAD:
                raise
    raise UserFacingError(None, f"Port {tried} is taken, or not for this user: choose another one with --port.")


class _Site:
    """Decides about each request by its head: who asks, and for what."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._files = read_files()

    async def close(self) -> None:
        await self._backend.close()

    def handle(self, port: int, head: Head) -> Response | Answering:
        if not _is_ours(head, port):
            return Response(HTTPStatus.FORBIDDEN)
        path = head.target.partition("?")[0]
        if path in self._files:
            return _file(head, self._files[path])
        answering = {"/bff": self._ask, "/telemetry": _say_nothing}.get(path)
        if answering is None:
            return _plain(HTTPStatus.NOT_FOUND)
        if head.method != "POST":
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "POST"))
        if path == "/bff" and head.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
            return _plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        return answering

    async def _ask(self, body: bytes) -> Response:
        try:
            answer = to_json(await self._backend.answer(_read(body)))
        except RequestError as error:
            return _plain(HTTPStatus.BAD_REQUEST, reason=str(error))
        except Exception:  # noqa: BLE001  # one request's trouble is not the server's
            _log.exception("an answer of Studio failed")
            return _plain(HTTPStatus.INTERNAL_SERVER_ERROR)
        return _response(HTTPStatus.OK, _JSON, answer, ("Cache-Control", "no-store"))


def _read(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        message = f"a request is JSON: {error}"
        raise RequestError(message) from error


async def _say_nothing(_body: bytes) -> Response:
    """Take what the page reports of its use, and pass it on to nobody."""
    return Response(HTTPStatus.OK, headers=_COMMON)


def _is_ours(head: Head, port: int) -> bool:
    """Whether the request names this server, and comes from its page where it comes from a page.

    Another name that leads to this machine is how a foreign page would get at it (DNS rebinding).
    """
    places = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == _HTTP_PORT else set())
    origin = head.headers.get("origin")
    return head.headers.get("host", "").lower() in places and (
        origin is None or origin in {f"http://{place}" for place in places}
    )


def _file(head: Head, file: File) -> Response:
    if head.method not in _READ:
        return _plain(HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "GET, HEAD"))
    if file.tag is None:
        return _response(HTTPStatus.OK, file.media_type, file.body, ("Cache-Control", "no-store"))
    caching = (("Cache-Control", "no-cache"), ("ETag", file.tag))
    if head.headers.get("if-none-match") == file.tag:
        return Response(HTTPStatus.NOT_MODIFIED, headers=(*_COMMON, *caching))
    return _response(HTTPStatus.OK, file.media_type, file.body, *caching)


def _plain(status: HTTPStatus, *headers: tuple[str, str], reason: str | None = None) -> Response:
    return _response(status, "text/plain; charset=utf-8", (reason or status.phrase).encode(), *headers)


def _response(status: HTTPStatus, media_type: str, body: bytes, *headers: tuple[str, str]) -> Response:
    return Response(status, body, (("Content-Type", media_type), *_COMMON, *headers))
