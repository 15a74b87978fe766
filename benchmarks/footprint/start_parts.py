"""Where the time of a start goes: its parts one after the other, each timed.

The engine does some of them at the same time: it imports its parts and loads the compiler while it connects.
"""

from __future__ import annotations

import time

_BEGAN = time.monotonic_ns()  # before anything else is imported

import asyncio  # noqa: E402  # timed
import importlib  # noqa: E402  # timed
import json  # noqa: E402  # timed
import sys  # noqa: E402  # timed
from collections.abc import Iterator  # noqa: E402  # timed
from contextlib import contextmanager  # noqa: E402  # timed

IMPORTS = {
    "import the generated client": ("prisma", "prisma.client", "prisma.models"),
    "import asyncpg": ("asyncpg",),
    "import wasmtime": ("wasmtime",),
    "import the engine": ("prisma_engine.engine", "prisma_engine.runtime"),
}


class Parts:
    """The time of each part. Units: milliseconds."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time the body."""
        began = time.monotonic_ns()
        yield
        self.times[name] = (time.monotonic_ns() - began) / 1e6


async def start(parts: Parts, url: str, session: str) -> None:
    """Go through what a start does."""
    asyncpg, prisma = importlib.import_module("asyncpg"), importlib.import_module("prisma")
    with parts.part("open a connection with asyncpg alone"):
        connection = await asyncpg.connect(url)
    await connection.close()
    _load_compiler(parts)
    client = prisma.Prisma(datasource={"url": url}, use_dotenv=False)
    with parts.part("connect(): both together"):
        await client.connect()
    with parts.part("first query: compile, prepare, run"):
        await client.session.find_unique(where={"id": session})
    with parts.part("the same query again"):
        await client.session.find_unique(where={"id": session})
    await client.disconnect()


def _load_compiler(parts: Parts) -> None:
    from prisma_engine.client_package import ClientPackage
    from prisma_engine.compiler.host import QueryCompiler

    package = ClientPackage("prisma")
    compiler = QueryCompiler(package.folder, schema=package.schema())
    with parts.part("load the query compiler"):
        compiler.load()


def main(spawned_ns: int, url: str, session: str) -> None:
    """Answer with the parts as JSON; the first is what Python itself takes, from when the harness called it."""
    parts = Parts()
    parts.times["start Python"] = (_BEGAN - spawned_ns) / 1e6
    parts.times["import asyncio and json"] = (time.monotonic_ns() - _BEGAN) / 1e6
    for name, modules in IMPORTS.items():
        with parts.part(name):
            for module in modules:
                importlib.import_module(module)
    asyncio.run(start(parts, url, session))
    print(json.dumps(parts.times))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
