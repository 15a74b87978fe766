"""A second generated client, for a schema with every kind of relation and type, and databases for it."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from exact_types import checked
from file_lock import locked
from fix_copies import Copies
from fix_postgres import HOME_VARIABLE, Server

_MAKE: Final = """
import sys
from prisma_engine.cli.dispatch import run
tables = "migrate diff --from-empty --to-schema schema.prisma --script --output create.sql"
sys.exit(run(["generate"]) or run(tables.split()))
"""
"""Makes a client and its tables: two commands in one program, which is half the work of two."""

SCHEMA: Final = Path(__file__).parent / "schemas" / "blog.prisma"


def schema_head(output: str, *settings: str) -> str:
    """The beginning of a schema whose asyncio client goes to a folder, with more settings of its generator."""
    more = "".join(f"  {setting}\n" for setting in settings)
    return (
        'datasource db {\n  provider = "postgresql"\n  url      = env("DATABASE_URL")\n}\n\n'
        'generator client {\n  provider             = "prisma-client-py"\n  interface            = "asyncio"\n'
        f'  recursive_type_depth = 2\n{more}  output               = "{output}"\n}}\n'
    )


def prisma(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command of Prisma's in a folder, with more environment, and return what it prints."""
    return _run("-m", "prisma_engine", *arguments, folder=folder, environment=environment or {})


def _run(*command: str, folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, **environment},
        check=False,
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def generate(name: str, schema: str) -> Path:
    """The folder with what is made of a schema: its client and `create.sql`; the run's first worker makes it."""
    folder = Path(os.environ[HOME_VARIABLE]) / name
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            (draft / "schema.prisma").write_text(schema, encoding="utf-8")
            _run("-c", _MAKE, folder=draft, environment={})
            draft.rename(folder)
    return folder


def import_client(folder: Path, package: str) -> Any:
    """A generated package, with every result checked: its classes are known at run time only."""
    sys.path.insert(0, str(folder))
    return checked(importlib.import_module(package))


@pytest.fixture(scope="session")
def blog_folder() -> Path:
    """The folder with the package `blog_client` and the tables' `create.sql`."""
    return generate("blog", SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def blog_client(blog_folder: Path) -> Any:
    """The generated package for `asyncio`."""
    return import_client(blog_folder, "blog_client")


@pytest.fixture(scope="session")
def blog_sync_folder() -> Path:
    """The folder with the package `blog_sync_client`, for the same schema."""
    schema = SCHEMA.read_text(encoding="utf-8")
    return generate("blog_sync", schema.replace('"asyncio"', '"sync"').replace("/blog_client", "/blog_sync_client"))


@pytest.fixture(scope="session")
def blog_sync_client(blog_sync_folder: Path) -> Any:
    """The generated package without async."""
    return import_client(blog_sync_folder, "blog_sync_client")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def blog_template(administrator: Server, blog_folder: Path) -> AsyncIterator[str]:
    """The name of this worker's database with the tables of the schema and nothing in them."""
    name = await administrator.create()
    await administrator.execute((blog_folder / "create.sql").read_text(encoding="utf-8"), database=name)
    yield name
    await administrator.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def blog_url(copies: Copies, blog_template: str) -> AsyncIterator[str]:
    """The URL of a database with the tables of the schema and nothing in them."""
    async with copies.lend(blog_template) as url:
        yield url


@pytest_asyncio.fixture
async def blog(blog_client: Any, blog_url: str) -> AsyncIterator[Any]:
    """A connected client on a fresh database."""
    client = blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False)
    async with client:
        yield client


@pytest.fixture
def blog_sync(blog_sync_client: Any, blog_url: str) -> Iterator[Any]:
    """A connected synchronous client on a fresh database."""
    with blog_sync_client.Prisma(datasource={"url": blog_url}, use_dotenv=False) as client:
        yield client
