"""The module on a fresh database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from database import DatabaseService


@pytest_asyncio.fixture
async def db(migrated_url: str) -> AsyncIterator[DatabaseService]:
    """A service of its own for each test."""
    async with DatabaseService(url=migrated_url) as service:
        yield service
