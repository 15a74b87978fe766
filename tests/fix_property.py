"""What property-based tests share: repeatable examples, and one client for all examples of a test.

These tests are plain functions: hypothesis calls one many times, and every call runs in the same event loop.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fix_postgres import HOME_VARIABLE, Server

_FOLDER_VARIABLE: Final = "HYPOTHESIS_STORAGE_DIRECTORY"

T = TypeVar("T")

settings.register_profile(
    "repeatable",
    derandomize=True,  # a failure in CI is one here
    database=None,
    deadline=None,  # a database's answer takes what it takes
    print_blob=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],  # shared on purpose; see deadline
)
settings.load_profile("repeatable")


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Keep what hypothesis caches in the run's folder, out of the repository."""
    os.environ.setdefault(_FOLDER_VARIABLE, str(Path(os.environ[HOME_VARIABLE]) / "hypothesis"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish() -> None:
    """Have hypothesis make its generator before `gc.freeze`, which from Python 3.14 on hides who refers to it."""
    given(st.none())(lambda _: None)()


@dataclass(frozen=True, slots=True)
class Stage:
    """A connected client and the event loop that it lives in."""

    client: Any
    package: Any
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run one example."""
        return self.loop.run_until_complete(coroutine)


def same(one: Any, other: Any) -> bool:
    """Whether a document read is the one written: numbers are compared as numbers, because jsonb rewrites floats."""
    if isinstance(other, float):
        return isinstance(one, (int, float)) and not isinstance(one, bool) and float(one) == other
    if isinstance(other, list):
        return isinstance(one, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(other, dict):
        return isinstance(one, dict) and one.keys() == other.keys() and all(same(one[key], other[key]) for key in other)
    return type(one) is type(other) and bool(one == other)


@contextmanager
def _stage(package: Any, url: str) -> Iterator[Stage]:
    loop = asyncio.new_event_loop()
    client = package.Prisma(datasource={"url": url}, use_dotenv=False)
    try:
        loop.run_until_complete(client.connect())
        yield Stage(client, package, loop)
        loop.run_until_complete(client.disconnect())
    finally:
        loop.close()


@pytest.fixture
def blog_stage(blog_client: Any, blog_url: str) -> Iterator[Stage]:
    """A stage on a fresh database of the blog."""
    with _stage(blog_client, blog_url) as stage:
        yield stage


@pytest.fixture
def types_stage(types_client: Any, types_url: str) -> Iterator[Stage]:
    """A stage on a fresh database with a table of every type."""
    with _stage(types_client, types_url) as stage:
        yield stage


BANK_CONNECTIONS: Final = 3
"""Fewer than there are customers, so that some have to wait."""


@pytest.fixture
def bank_stage(blog_client: Any, blog_url: str, server: Server) -> Iterator[Stage]:
    """A stage with few connections on a fresh database that notices deadlocks at once."""
    name = blog_url.rpartition("/")[2].partition("?")[0]
    asyncio.run(server.execute(f"ALTER DATABASE \"{name}\" SET deadlock_timeout = '20ms'"))
    with _stage(blog_client, f"{blog_url}&connection_limit={BANK_CONNECTIONS}") as stage:
        yield stage
