"""Prisma Studio, served in the test's own process, and what its page would say to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from prisma_engine.studio import serve

__all__ = ["Page", "open_page", "until"]

_PATIENCE: Final = 30.0  # seconds until a condition that a test waits for counts as missed
_POLL: Final = 0.02  # seconds between two looks at it


@dataclass(frozen=True, slots=True)
class Page:
    """A page of Studio without a browser."""

    address: str
    http: httpx.AsyncClient

    @property
    def port(self) -> int:
        """Where Studio listens."""
        return int(self.address.rpartition(":")[2])

    async def ask(self, **request: object) -> Any:
        """What Studio answers to a request."""
        answer = await self.http.post("/bff", json=request)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def query(self, sql: str, *parameters: object, **more: object) -> Any:
        """What Studio answers to one statement: `[None, rows]` or `[error]`."""
        return await self.ask(procedure="query", query={"sql": sql, "parameters": parameters}, **more)

    async def rows(self, sql: str, *parameters: object, **more: object) -> list[dict[str, Any]]:
        """The rows of a statement that succeeds."""
        error, *rows = await self.query(sql, *parameters, **more)
        assert error is None, error
        found: list[dict[str, Any]] = rows[0]
        return found

    async def error(self, sql: str, *parameters: object) -> Any:
        """The error of a statement that fails."""
        (error,) = await self.query(sql, *parameters)
        return error

    async def lint(self, sql: str, **more: object) -> list[dict[str, Any]]:
        """What Studio says of SQL that is being written."""
        error, found = await self.ask(procedure="sql-lint", sql=sql, schemaVersion="v1", **more)
        assert error is None
        assert found["schemaVersion"] == "v1"
        diagnostics: list[dict[str, Any]] = found["diagnostics"]
        return diagnostics


@asynccontextmanager
async def open_page(url: str) -> AsyncIterator[Page]:
    """Serve Studio for a database, on any free port, and open its page."""
    async with (
        serve(url, port=0) as address,
        httpx.AsyncClient(base_url=address, trust_env=False, timeout=_PATIENCE) as http,
    ):
        yield Page(address, http)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for a condition."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "what was waited for has not come"
        await asyncio.sleep(_POLL)
