"""Prisma Studio in a real browser: it shows what the module stored, and the module reads what was edited there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect
from prisma.models import Message

from database import DatabaseService
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


@pytest_asyncio.fixture
async def studio(migrated_url: str) -> AsyncIterator[str]:
    """The address of Studio on this test's database, served by what `make db-studio` runs; it ends with the test."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(PROJECT / "scripts" / "db_studio.py"),
        f"--port={port}",
        env={**os.environ, "DATABASE_URL": migrated_url},
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
        await process.communicate()


async def _announced(process: Process) -> None:
    assert process.stdout is not None
    said = ""
    while "Studio is running at" not in said:
        line = await process.stdout.readline()
        assert line, f"Studio ended: {said}"
        said += line.decode()


@pytest_asyncio.fixture
async def page(studio: str) -> AsyncIterator[Page]:
    """A page of headless Chromium that reaches nothing but Studio."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        try:
            context = await browser.new_context()
            context.set_default_timeout(LONGEST_WAIT * 1000)
            elsewhere = re.compile(f"^(?!{re.escape(studio)}/)")
            await context.route(elsewhere, lambda route: route.abort())
            yield await context.new_page()
        finally:
            await browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH; on Debian: apt-get install chromium")
async def test_a_message_of_the_module_is_shown_in_studio_and_an_edit_there_is_read_back(
    migrated_url: str, studio: str, page: Page
) -> None:
    async with DatabaseService(url=migrated_url) as db:
        session = await db.sessions.create_session()
        message = await db.messages.create_message(content="Is the ladder here? 🪜", role="user", session_id=session.id)
        other = await db.messages.create_message(content="It is.", role="assistant", session_id=session.id)

        await page.goto(studio)
        await page.get_by_role("link", name="Message", exact=True).click()
        row = page.locator("tr", has_text=message.id)
        cell = row.locator('[data-grid-column-id="content"]')
        await expect(cell).to_have_text("Is the ladder here? 🪜")

        await cell.dblclick()
        editor = page.locator("[data-studio-cell-editor] input")
        await editor.fill("Ist die Leiter da? 梯子 سلم")
        await editor.press("Enter")
        await page.get_by_role("button", name="Save 1 row").click()
        await page.get_by_role("button", name="yes, write to db").click()

        edited = await _once_edited(db, message)
        untouched = await db.messages.get_message_by_id(other.id)
    assert edited == message.model_copy(update={"content": "Ist die Leiter da? 梯子 سلم"})
    assert untouched == other


async def _once_edited(db: DatabaseService, message: Message) -> Message:
    """The message as soon as it is not what it was: Studio does not show when its write has arrived."""
    deadline = asyncio.get_running_loop().time() + LONGEST_WAIT
    while (found := await db.messages.get_message_by_id(message.id)) == message:
        assert asyncio.get_running_loop().time() < deadline, "the edit did not arrive"
        await asyncio.sleep(0.05)
    assert found is not None
    return found
