"""Studio's server beside Prisma's own for Node, request by request, on the same database."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
import pytest_asyncio

from fix_postgres import Server
from fix_studio import COLUMNS, SCHEMA, Page, open_page
from interop import official
from postgres_server import free_port

pytestmark = [pytest.mark.asyncio(loop_scope="module"), official.needed]

LONGEST_WAIT: Final = 60.0  # seconds; a bound for a machine under load, not an expectation

OTHERWISE: Final = {
    "timestamp",  # milliseconds
    "bytea",  # Node's Buffer, which the page cannot show
    "bytea[]",
    "text[]",  # a NULL in it is a text
    "boolean[]",  # ... false
    "jsonb[]",  # ... an error
    "box[]",  # a list
    "jsonb",  # its large integers are rounded, as the page will do
}
"""Types whose values Prisma's own server gives in another way; docs/studio.md tells why."""

SAME: Final = [
    "SELECT 1 AS a, 2 AS a",
    "SELECT",
    "",
    "UPDATE author SET name = name",
    "CREATE TEMP TABLE gone (a int)",
    "SELECT '1e21'::float8 AS a, '-0'::float8 AS b, '123456789'::float4 AS c, 'NaN'::numeric AS d",
    "SELECT '{{1,2},{3,4}}'::int4[] AS a, '{}'::text[] AS b",
    "SELECT * FROM pg_class ORDER BY oid LIMIT 3",
]
LINTED: Final = [
    "",
    "SELECT 1",
    "SELECT 'a;b'; SELECT $$;$$, \"a;b\" FROM nowhere",
    "/* a; */ SELECT 1; -- b;",
    "DROP TABLE author",
    "SELECT 1; DROP TABLE author",
    "x" * 60_000,
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Page, Page]]:
    """A page of Prisma's own server and one of ours, for the same database."""
    name = await server.create()
    await server.execute(SCHEMA, database=name)
    port = free_port()
    process = await _start(tmp_path_factory.mktemp("studio"), port, server.direct.url(name))
    theirs = f"http://localhost:{port}"
    try:
        await asyncio.wait_for(_announced(process), LONGEST_WAIT)
        async with (
            open_page(server.url(name)) as ours,
            httpx.AsyncClient(base_url=theirs, trust_env=False, timeout=LONGEST_WAIT) as http,
        ):
            yield Page(theirs, http), ours
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
        await server.drop(name)


async def _start(folder: Path, port: int, url: str) -> Process:
    arguments = ["studio", "--browser", "none", "--port", str(port), "--url", url]
    return await asyncio.create_subprocess_exec(
        *official.command(folder, arguments),
        cwd=folder,
        env=official.environment({"TZ": "UTC"}),
        stdout=PIPE,
        stderr=PIPE,
    )


async def _announced(process: Process) -> None:
    assert process.stdout is not None
    while b"running at" not in (line := await process.stdout.readline()):
        assert line, "Studio ended"


async def test_values_of_every_type_are_the_same_but_for_those_that_are_better(pages: tuple[Page, Page]) -> None:
    different = set()
    for column, type_ in COLUMNS.items():
        theirs, ours = [await page.query(f"SELECT {column} AS value FROM every") for page in pages]
        if ours != theirs:
            different.add(type_)
    assert different == OTHERWISE


@pytest.mark.parametrize("sql", SAME)
async def test_answers_are_the_same(pages: tuple[Page, Page], sql: str) -> None:
    theirs, ours = [await page.query(sql) for page in pages]
    assert ours == theirs


async def test_parameters_are_understood_alike(pages: tuple[Page, Page]) -> None:
    sql = "SELECT $1::jsonb AS a, $2::json AS b, $3::text[] AS c, $4::bool AS d, $5::numeric AS e, $6::colour AS f"
    given = ({"a": [1, "é"]}, "text", ["a", 'q"\\'], True, 1.5, "green one")
    theirs, ours = [await page.rows(sql, *given) for page in pages]
    assert ours == theirs


async def test_transactions_are_answered_alike(pages: tuple[Page, Page]) -> None:
    queries = [{"sql": "SELECT id, name FROM author", "parameters": []}, {"sql": "SELECT 1 AS x", "parameters": []}]
    theirs, ours = [await page.ask(procedure="transaction", queries=queries) for page in pages]
    assert ours == theirs


@pytest.mark.parametrize("sql", LINTED)
async def test_sql_that_is_being_written_is_checked_alike(pages: tuple[Page, Page], sql: str) -> None:
    theirs, ours = [await page.lint(sql) for page in pages]
    if "nowhere" in sql:  # theirs points beside it
        theirs, ours = [[{**found, "from": 0, "to": 0} for found in both] for both in (theirs, ours)]
    assert ours == theirs


async def test_an_error_has_the_databases_words_which_prismas_own_server_loses(pages: tuple[Page, Page]) -> None:
    theirs, ours = [await page.error("SELECT 1/0") for page in pages]
    assert ours == {"name": "PostgresError", "message": "division by zero"}
    assert theirs["name"] == ours["name"]
    assert "message" not in theirs


async def test_the_page_is_the_same_script_and_style(pages: tuple[Page, Page]) -> None:
    for path in ("/studio.js", "/studio.css", "/favicon.ico"):
        theirs, ours = [(await page.http.get(path)).content for page in pages]
        assert ours == theirs
