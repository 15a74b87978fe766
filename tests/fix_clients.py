"""A second generated client, for a schema with every kind of relation and type, and databases for it."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from file_lock import locked
from fix_postgres import HOME_VARIABLE, Server
from steps import PROJECT

SCHEMA: Final = Path(__file__).parent / "schemas" / "blog.prisma"


def prisma(*arguments: str, folder: Path) -> str:
    """Run the Prisma CLI on the schema in a folder and return what it prints."""
    node = shutil.which("node")
    assert node, "the Prisma CLI needs Node: run the tests with `make test`"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [
            node,
            str(PROJECT / "node_modules/prisma/build/index.js"),
            *arguments,
            "--config",
            str(PROJECT / "prisma.config.ts"),
        ],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=False,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def blog_folder() -> Path:
    """The folder with the package `blog_client` and the tables' `create.sql`; the first worker of the run makes it."""
    folder = Path(os.environ[HOME_VARIABLE]) / "blog"
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            (draft / "node_modules").symlink_to(PROJECT / "node_modules")
            schema = shutil.copy(SCHEMA, draft)
            prisma("generate", "--schema", schema, folder=draft)
            tables = prisma("migrate", "diff", "--from-empty", "--to-schema", schema, "--script", folder=draft)
            (draft / "create.sql").write_text(tables, encoding="utf-8")
            draft.rename(folder)
    return folder


@pytest.fixture(scope="session")
def blog_client(blog_folder: Path) -> Any:
    """The generated package: its classes are known at run time only."""
    sys.path.insert(0, str(blog_folder))
    return importlib.import_module("blog_client")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def blog_template(server: Server, blog_folder: Path) -> AsyncIterator[str]:
    """The name of this worker's database with the tables of the schema and nothing in them."""
    name = await server.create()
    await server.execute((blog_folder / "create.sql").read_text(encoding="utf-8"), database=name)
    yield name
    await server.drop(name)


@pytest_asyncio.fixture
async def blog_url(server: Server, blog_template: str) -> AsyncIterator[str]:
    """The URL of a fresh database with the tables of the schema, dropped after the test."""
    name = await server.create(template=blog_template)
    yield server.url(name)
    await server.drop(name)


@pytest_asyncio.fixture
async def blog(blog_client: Any, blog_url: str) -> AsyncIterator[Any]:
    """A connected client on a fresh database."""
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    async with client:
        yield client
