"""Clients for a schema with every type, attribute and default: one as usual, one that reads relations with joins."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from file_lock import locked
from fix_clients import import_client, prisma
from fix_copies import Copies
from fix_postgres import HOME_VARIABLE, Server

SCHEMA: Final = Path(__file__).parent / "schemas" / "types.prisma"

JOINED: Final = {'["views"]': '["views", "relationJoins"]', "./types_client": "./joined_client"}
"""What makes the schema of the second client."""

_VIEW: Final = """
CREATE VIEW "Summary" AS SELECT colour, count(*) AS rows FROM "Scalar" GROUP BY colour;
"""


@pytest.fixture(scope="session")
def types_folder() -> Path:
    """The folder with both packages and the tables' `create.sql`; the first worker of the run makes it."""
    folder = Path(os.environ[HOME_VARIABLE]) / "types"
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            _generate(draft)
            draft.rename(folder)
    return folder


def _generate(folder: Path) -> None:
    schema = str(shutil.copy(SCHEMA, folder))
    prisma("generate", "--schema", schema, folder=folder)
    text = SCHEMA.read_text(encoding="utf-8")
    for usual, joined in JOINED.items():
        text = text.replace(usual, joined)
    (folder / "joined.prisma").write_text(text, encoding="utf-8")
    prisma("generate", "--schema", str(folder / "joined.prisma"), folder=folder)
    tables = prisma("migrate", "diff", "--from-empty", "--to-schema", schema, "--script", folder=folder)
    (folder / "create.sql").write_text(tables + _VIEW, encoding="utf-8")


@pytest.fixture(scope="session")
def types_client(types_folder: Path) -> Any:
    """The generated package: its classes are known at run time only."""
    return import_client(types_folder, "types_client")


@pytest.fixture(scope="session")
def joined_client(types_folder: Path) -> Any:
    """The same, generated with the preview feature `relationJoins`."""
    return import_client(types_folder, "joined_client")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def types_template(administrator: Server, types_folder: Path) -> AsyncIterator[str]:
    """The name of this worker's database with the tables of the schema and nothing in them."""
    name = await administrator.create()
    await administrator.execute((types_folder / "create.sql").read_text(encoding="utf-8"), database=name)
    yield name
    await administrator.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def types_url(copies: Copies, types_template: str) -> AsyncIterator[str]:
    """The URL of a database with the tables of the schema and nothing in them."""
    async with copies.lend(types_template) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_url(server: Server, types_template: str) -> AsyncIterator[str]:
    """The URL of a database that the tests of a module share: each looks only at the rows that it has made."""
    name = await server.create(template=types_template)
    yield server.url(name)
    await server.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def types(types_client: Any, shared_url: str) -> AsyncIterator[Any]:
    """A client that is connected to the module's database."""
    async with types_client.Prisma(datasource={"url": shared_url}, use_dotenv=False) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def joined(joined_client: Any, shared_url: str) -> AsyncIterator[Any]:
    """The same for the client that reads relations with joins."""
    async with joined_client.Prisma(datasource={"url": shared_url}, use_dotenv=False) as client:
        yield client
