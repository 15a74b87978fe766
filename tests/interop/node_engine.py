"""Prisma's schema engine in Node.js, as the official command line uses it: what ours must equal."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from interop import official

__all__ = ["NodeEngine", "started"]

_LINE: Final = 64 * 1024 * 1024  # bytes; a description of a database is one line


@dataclass(frozen=True, slots=True)
class NodeEngine:
    """A running engine; it answers one request after the other."""

    process: Process

    async def ask(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The response to a request: it has a `result` or an `error`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        self.process.stdin.write(f"{json.dumps(request)}\n".encode())
        while True:
            line = await asyncio.wait_for(self.process.stdout.readline(), 120)
            message: dict[str, Any] = json.loads(line)
            if message.get("method") != "print":  # the command line's to answer; the text is in the result as well
                return message


@asynccontextmanager
async def started(
    folder: Path, url: str, files: list[tuple[str, str]], **environment: str
) -> AsyncIterator[NodeEngine]:
    """An engine for the block, for schema files that are written into the folder."""
    paths = [folder / path for path, _ in files]
    for path, (_, text) in zip(paths, files, strict=True):
        path.write_text(text, encoding="utf-8")
    datamodels = [argument for path in paths for argument in ("--datamodels", str(path))]
    datasource = json.dumps({"url": url})
    process = await asyncio.create_subprocess_exec(
        *official.script(official.ENGINE.with_name("main.mjs"), *datamodels, "--datasource", datasource),
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_LINE, env={**os.environ, **environment},
    )  # fmt: skip
    try:
        yield NodeEngine(process)
    finally:
        await asyncio.wait_for(process.communicate(b""), 60)
