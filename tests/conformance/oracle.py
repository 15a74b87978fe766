"""Prisma's own TypeScript runtime beside the test: a process that answers requests of the JSON protocol."""

from __future__ import annotations

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from interop import official

__all__ = ["Oracle"]

_SCRIPT: Final = official.MODULES.with_name("oracle.mjs")
_LONGEST_LINE: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Oracle:
    """A running process; requests and answers come in the same order."""

    process: Process

    @classmethod
    @asynccontextmanager
    async def start(cls, schema: Path, url: str) -> AsyncIterator[Oracle]:
        """Run the process for one schema and one database; it ends when its stdin closes.

        The test that wants it is skipped where it cannot run.
        """
        reason = official.why_not()
        if reason:
            pytest.skip(reason)
        process = await asyncio.create_subprocess_exec(
            *official.script(_SCRIPT, str(schema), url), stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
        )
        try:
            yield cls(process)
        finally:
            await process.communicate(b"")  # closes stdin

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request without waiting for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps(request)}\n".encode())

    async def answer(self) -> dict[str, Any]:
        """The answer to the oldest request that has none yet: `result`, or `error` with code, message and meta."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, "Prisma's runtime ended; what it wrote to stderr says why"
        answer: dict[str, Any] = json.loads(line)
        return answer
