"""Prisma Studio in a real browser: it shows what is stored, and what is edited there is found in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, ViewportSize, async_playwright, expect

from database import DatabaseService
from fix_postgres import Server
from fix_studio import until
from postgres_server import free_port
from steps import PROJECT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LONGEST_WAIT = 60.0  # seconds; a bound for a machine under load, not an expectation
CHROMIUM_OPTIONS = (
    "--no-sandbox",  # the tests may run as root, which Chromium's sandbox refuses
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
STILL: Final = """
const still = new CSSStyleSheet();
still.replaceSync("* { animation: none !important; transition: none !important }");
document.adoptedStyleSheets = [still];
"""
"""Runs before the page's own scripts; without a GPU, to draw what moves takes as long as all that the tests look at."""

WIDE: Final = ViewportSize(width=1900, height=900)  # the page makes the cells only that can be seen
MANY: Final = 1_000_000
LIBRARY: Final = f"""
CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE book (
    id serial PRIMARY KEY,
    title text NOT NULL,
    pages int CHECK (pages > 0),
    cover bytea,
    author_id int REFERENCES author
);
INSERT INTO author (name) VALUES ('Ann'), ('Bob');
INSERT INTO book (title, pages, cover, author_id)
VALUES ('Ladders', 10, '\\x00ff', 1), ('Chairs', 20, NULL, 2), ('Tables', 30, NULL, 1);
CREATE UNLOGGED TABLE grain AS SELECT id, 'grain ' || id AS name FROM generate_series(1, {MANY}) id;
ALTER TABLE grain ADD PRIMARY KEY (id);
"""

expect.set_options(timeout=LONGEST_WAIT * 1000)

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH; on Debian: apt-get install chromium"),
]


@dataclass(frozen=True, slots=True)
class Library:
    """A database with the project's tables and others, Studio's address for it, and a browser's page."""

    url: str
    studio: str
    server: Server
    page: Page
    elsewhere: list[str] = field(default_factory=list)  # what was asked of other servers

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What PostgreSQL itself says."""
        connection = await self.server.connect(self.url.rpartition("/")[2].partition("?")[0])
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library_url(server: Server, migrated_template: str) -> AsyncIterator[str]:
    """The URL of a database with the project's tables, two that belong together and one with very many rows."""
    name = await server.create(template=migrated_template)
    await server.execute(LIBRARY, database=name)
    yield server.url(name)
    await server.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def studio(library_url: str) -> AsyncIterator[str]:
    """The address of Studio on that database, served by what `make db-studio` runs; it ends with the module."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROJECT / "scripts" / "db_studio.py"),
        f"--port={port}",
        env={**os.environ, "DATABASE_URL": library_url},
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
    )
    try:
        await asyncio.wait_for(_announced(process), LONGEST_WAIT)
        yield f"http://localhost:{port}"
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
        said, _ = await process.communicate()
    assert (process.returncode, said) == (0, b"")


async def _announced(process: Process) -> None:
    assert process.stdout is not None
    said = ""
    while "Studio is running at" not in said:
        line = await process.stdout.readline()
        assert line, f"Studio ended: {said}"
        said += line.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def library(library_url: str, studio: str, server: Server) -> AsyncIterator[Library]:
    """All of it, with a headless Chromium that reaches nothing but Studio."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        try:
            context = await browser.new_context(viewport=WIDE)
            context.set_default_timeout(LONGEST_WAIT * 1000)
            await context.add_init_script(STILL)
            library = Library(library_url, studio, server, await context.new_page())

            async def refuse(route: Route) -> None:
                library.elsewhere.append(route.request.url)
                await route.abort()

            await context.route(re.compile(f"^(?!{re.escape(studio)}/)"), refuse)
            yield library
        finally:
            await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(library: Library) -> Page:
    """The page with Studio opened anew, in the process that knows its scripts from the test before."""
    await library.page.goto(library.studio)
    return library.page


async def _open(page: Page, table: str) -> None:
    await page.get_by_role("link", name=table, exact=True).click()
    await expect(page.get_by_role("link", name=table, exact=True)).to_have_attribute("data-active", "true")


def _cell(page: Page, row: str, column: str) -> Locator:
    return page.locator("tr", has_text=row).locator(f'[data-grid-column-id="{column}"]')


async def _write(page: Page, cell: Locator, text: str) -> None:
    await cell.dblclick()
    editor = page.locator("[data-studio-cell-editor] input")
    await editor.fill(text)
    await editor.press("Enter")


async def _save(page: Page) -> None:
    await page.get_by_role("button", name="Save 1 row").click()
    await page.get_by_role("button", name="yes, write to db").click()


async def test_a_message_of_the_module_is_shown_in_studio_and_an_edit_there_is_read_back(
    library: Library, page: Page
) -> None:
    async with DatabaseService(url=library.url) as db:
        session = await db.sessions.create_session()
        message = await db.messages.create_message(content="Is the ladder here? 🪜", role="user", session_id=session.id)
        other = await db.messages.create_message(content="It is.", role="assistant", session_id=session.id)

        await _open(page, "Message")
        cell = _cell(page, message.id, "content")
        await expect(cell).to_have_text("Is the ladder here? 🪜")
        await _write(page, cell, "Ist die Leiter da? 梯子 سلم")
        await _save(page)

        async def is_edited() -> bool:  # Studio does not show when its write has arrived
            return await db.messages.get_message_by_id(message.id) != message

        await until(is_edited)
        edited = await db.messages.get_message_by_id(message.id)
        untouched = await db.messages.get_message_by_id(other.id)
    assert edited == message.model_copy(update={"content": "Ist die Leiter da? 梯子 سلم"})
    assert untouched == other


async def test_rows_are_browsed_filtered_and_followed_to_what_they_refer_to(library: Library, page: Page) -> None:
    await _open(page, "book")
    await expect(_cell(page, "Ladders", "pages")).to_have_text("10")
    await expect(_cell(page, "Ladders", "cover")).to_have_text("\\x00ff")
    await expect(page.locator("tbody tr")).to_have_count(3)

    await page.get_by_role("button", name="Add filter").click()
    await page.get_by_role("dialog").get_by_role("button", name="title").click()
    await page.get_by_role("button", name="Equal =", exact=True).click()
    await page.get_by_placeholder("Empty").fill("Chairs")
    await page.get_by_placeholder("Empty").press("Enter")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(_cell(page, "Chairs", "author_id")).to_contain_text("2")

    await _cell(page, "Chairs", "author_id").get_by_role("link", name="Open author").click()
    await expect(page.locator("tr", has_text="Bob")).to_be_visible()
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert library.elsewhere == []  # not even the page's own telemetry has left this machine


async def test_a_row_is_added_edited_and_deleted_in_postgresql(library: Library, page: Page) -> None:
    await _open(page, "author")
    await expect(page.locator("tr", has_text="Bob")).to_be_visible()
    await page.get_by_role("button", name="Insert row").click()
    await _write(page, page.locator("tbody tr").first.locator('[data-grid-column-id="name"]'), "Cleo'; DROP")
    await _save(page)
    await until(lambda: _holds(library, "SELECT name FROM author ORDER BY id", [("Ann",), ("Bob",), ("Cleo'; DROP",)]))

    await _write(page, _cell(page, "Cleo", "name"), "Cleo")
    await _save(page)
    await until(lambda: _holds(library, "SELECT name FROM author ORDER BY id", [("Ann",), ("Bob",), ("Cleo",)]))

    await page.locator("tr", has_text="Cleo").locator("[data-row-select-cell]").click()
    await page.get_by_role("button", name="Delete 1 row").click()
    await page.get_by_role("button", name="delete", exact=True).click()
    await until(lambda: _holds(library, "SELECT name FROM author ORDER BY id", [("Ann",), ("Bob",)]))


async def _holds(library: Library, sql: str, rows: list[tuple[Any, ...]]) -> bool:
    return await library.rows(sql) == rows


async def test_a_wrong_value_gets_the_databases_words_and_changes_nothing(library: Library, page: Page) -> None:
    await _open(page, "book")
    await _write(page, _cell(page, "Tables", "pages"), "-5")
    await _save(page)
    await page.get_by_role("button", name="Console", exact=True).click()
    words = 'new row for relation "book" violates check constraint "book_pages_check"'
    await expect(page.get_by_text(words).first).to_be_visible()
    assert await library.rows("SELECT pages FROM book WHERE title = 'Tables'") == [(30,)]


async def test_a_table_of_a_million_rows_opens_at_its_first_and_its_last_page(page: Page) -> None:
    await _open(page, "grain")
    await expect(_cell(page, "grain 25", "name")).to_be_visible()
    await page.get_by_role("button", name="Go to last page").click()
    await expect(_cell(page, f"grain {MANY}", "name")).to_be_visible()
