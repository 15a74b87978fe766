"""HTTP/1.1 on one connection: h11 knows the protocol, this moves the bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import h11

__all__ = ["Answering", "Handler", "Head", "Response", "converse"]

_CHUNK: Final = 64 * 1024  # bytes read at a time
_LONGEST_HEAD: Final = 64 * 1024  # bytes of a request line and its headers, as most servers have it
_LONGEST_BODY: Final = 64 * 1024 * 1024  # bytes; the value of one cell travels in it
_SILENCE: Final = 75.0  # seconds until a connection on which nothing arrives is closed
_CLOSE: Final = ("Connection", "close")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body; headers have names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with its body in one piece."""

    status: HTTPStatus
    body: bytes = b""
    headers: Headers = field(default=())


Answering = Callable[[bytes], Coroutine[None, None, Response]]
"""Makes an answer from a request's body."""

Handler = Callable[[Head], "Response | Answering"]
"""Answers a request by its head alone, or says who answers it."""


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
    """Answer the requests of one connection until either side has had enough."""
    conversation = _Conversation(reader, writer, handler)
    try:
        with suppress(OSError, asyncio.TimeoutError):  # who asks is gone, or says nothing any more
            await conversation.run()
    except asyncio.CancelledError:
        writer.transport.abort()  # whoever does not read what is left must not hold up the end
        raise
    finally:
        writer.close()


class _TooLargeError(Exception):
    """A body is longer than what is taken."""


class _GoneError(ConnectionError):
    """Who asks has closed the connection."""


class _Conversation:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler) -> None:
        self._reader = reader
        self._writer = writer
        self._handler = handler
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=_LONGEST_HEAD)
        self._method = ""

    async def run(self) -> None:
        while True:
            try:
                response = await self._answered()
            except _TooLargeError:
                response = Response(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=(_CLOSE,))
            except h11.RemoteProtocolError as error:
                response = Response(HTTPStatus(error.error_status_hint), headers=(_CLOSE,))
            await self._send(response)
            if self._protocol.our_state is not h11.DONE:
                return
            self._protocol.start_next_cycle()

    async def _answered(self) -> Response:
        self._method = ""
        request = await self._event()
        if not isinstance(request, h11.Request):
            raise _GoneError
        head = _head(request)
        self._method = head.method
        answer = self._handler(head)
        if isinstance(answer, Response) and _has_body(head):
            return Response(answer.status, answer.body, (*answer.headers, _CLOSE))  # what follows is not read
        body = await self._body(head)
        return answer if isinstance(answer, Response) else await self._unless_gone(answer(body))

    async def _body(self, head: Head) -> bytes:
        if int(head.headers.get("content-length", "0")) > _LONGEST_BODY:
            raise _TooLargeError
        if self._protocol.they_are_waiting_for_100_continue:
            await self._write(self._protocol.send(h11.InformationalResponse(status_code=100, headers=[])))
        body = bytearray()
        while isinstance(data := await self._event(), h11.Data):
            body += data.data
            if len(body) > _LONGEST_BODY:  # one that came in chunks had not told its length
                raise _TooLargeError
        return bytes(body)

    async def _event(self) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            self._protocol.receive_data(await asyncio.wait_for(self._reader.read(_CHUNK), _SILENCE))
        return event

    async def _unless_gone(self, work: Coroutine[None, None, Response]) -> Response:
        """Do the work, and stop it when who asked for it closes the connection: a page that is left, for instance."""
        answer = asyncio.ensure_future(work)
        news = asyncio.ensure_future(self._reader.read(_CHUNK))
        try:
            await asyncio.wait({answer, news}, return_when=asyncio.FIRST_COMPLETED)
            if news.done():
                self._hear(news.result())
            return await answer
        finally:
            news.cancel()
            answer.cancel()
            await asyncio.gather(answer, news, return_exceptions=True)

    def _hear(self, data: bytes) -> None:
        if not data:
            raise _GoneError
        self._protocol.receive_data(data)  # the next request, which came before its turn

    async def _send(self, response: Response) -> None:
        length = [] if response.status is HTTPStatus.NOT_MODIFIED else [("Content-Length", str(len(response.body)))]
        headers = [*length, *response.headers]
        message = h11.Response(status_code=response.status, reason=response.status.phrase, headers=headers)
        await self._write(self._protocol.send(message))
        if self._method != "HEAD":
            await self._write(self._protocol.send(h11.Data(data=response.body)))
        await self._write(self._protocol.send(h11.EndOfMessage()))

    async def _write(self, data: bytes | None) -> None:
        self._writer.write(data or b"")
        await self._writer.drain()


def _head(request: h11.Request) -> Head:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers}
    return Head(request.method.decode(), request.target.decode(), headers)


def _has_body(head: Head) -> bool:
    return head.headers.get("content-length", "0") != "0" or "transfer-encoding" in head.headers
