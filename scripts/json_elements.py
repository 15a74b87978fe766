"""The elements of a JSON list, one after the other, without holding the list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:(?P<end>")|\\?\Z)|[\[\]{},]', re.DOTALL)
"""What matters between elements. A text that the chunks so far do not end reaches to their end."""

_DEPTHS: Final = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


class Elements:
    """The elements of the list that some chunks of text begin with; what is no JSON stays an element as it is."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = b""
        self.line = 0  # those that are done, from the beginning of the list
        self.is_whole = False  # whether the list has come to its end
        self.rest = b""  # what was read behind it

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Each element with the number of line ends before it."""
        start = self._opening()
        depth, position = 0, start
        while True:
            found = _TOKEN.search(self._buffer, position)
            if found is None or (found.group().startswith(b'"') and found["end"] is None):
                position = found.start() if found else len(self._buffer)
                self._buffer, start, position = self._buffer[start:], 0, position - start
                if not self._grow():
                    break
                continue
            position, token = found.end(), found.group()
            if depth == 0 and token in (b",", b"]"):
                if token == b"," or self._buffer[start : found.start()].strip():
                    yield self._element(self._buffer[start : found.start()])
                start = position
                if token == b"]":
                    self.is_whole, self.rest = True, self._buffer[start:]
                    return
            else:
                depth += _DEPTHS.get(token, 0)
        if self._buffer[start:].strip():
            yield self._element(self._buffer[start:])

    def _opening(self) -> int:
        while b"[" not in self._buffer and self._grow():
            pass
        start = self._buffer.find(b"[") + 1
        self.line += self._buffer.count(b"\n", 0, start)
        return start

    def _grow(self) -> bool:
        """Read as much again as there is: a long element is looked through a few times, and not once for each chunk."""
        more: list[bytes] = []
        size, wanted = 0, len(self._buffer)
        while size <= wanted and (chunk := next(self._chunks, b"")):
            more.append(chunk)
            size += len(chunk)
        self._buffer += b"".join(more)
        return size > 0

    def _element(self, data: bytes) -> tuple[int, bytes]:
        before = self.line + data.count(b"\n", 0, len(data) - len(data.lstrip()))
        self.line += data.count(b"\n")
        return before, data.strip()
