"""The pairs of runtimes of each worker, and the summary of what was compared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from conformance.pair import Pair
from fix_clients import SCHEMA, generate, import_client
from fix_postgres import Server

_FOLDER: Final = Path(__file__).parent
_JOINING: Final = '  previewFeatures = ["relationJoins"]\n  output'


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def blog_pair(server: Server, blog_client: Any, blog_folder: Path) -> AsyncIterator[Pair]:
    """Both runtimes for the blog schema."""
    async with Pair.start(server, blog_client, blog_folder, seed=_FOLDER / "blog.sql") as pair:
        yield pair


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def joining_pair(server: Server) -> AsyncIterator[Pair]:
    """Both runtimes for the blog schema, reading relations by joins."""
    schema = SCHEMA.read_text(encoding="utf-8").replace("  output", _JOINING).replace("blog_client", "joining_client")
    folder = generate("joining", schema)
    client = import_client(folder, "joining_client")
    async with Pair.start(server, client, folder, seed=_FOLDER / "blog.sql") as pair:
        yield pair


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop_pair(server: Server, shop_client: Any, shop_folder: Path) -> AsyncIterator[Pair]:
    """Both runtimes for the shop schema."""
    async with Pair.start(server, shop_client, shop_folder, seed=_FOLDER / "shop.sql") as pair:
        yield pair


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def native_pair(server: Server) -> AsyncIterator[Pair]:
    """Both runtimes for the schema of native types."""
    folder = generate("native", (_FOLDER / "native.prisma").read_text(encoding="utf-8"))
    client = import_client(folder, "native_client")
    async with Pair.start(server, client, folder, seed=_FOLDER / "native.sql") as pair:
        yield pair


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many requests were compared and how many of them differ on purpose."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    counts = [dict(report.user_properties) for report in reports if report.when == "call"]
    compared, deliberate = (
        sum(int(str(count.get(name, 0))) for count in counts) for name in ("compared", "deliberate")
    )
    if compared:
        terminalreporter.write_line(f"conformance: {compared} requests compared, {deliberate} differ deliberately")
