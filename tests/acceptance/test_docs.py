"""Every code block of the documentation runs, and every link leads somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from database import CharacterFileRepository, MessageRepository, SessionRepository
from fix_forks import Forks
from fix_postgres import Server
from steps import PROJECT

DOCS: Final = PROJECT / "docs"
PAGES: Final = [page.name for page in sorted(DOCS.glob("*.md"))]
BLOCK: Final = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ACCEPTANCE: Final = "\n".join(
    file.read_text(encoding="utf-8")
    for file in (*Path(__file__).parent.glob("test_*.py"), PROJECT / "tests" / "fix_clone.py")
    if file != Path(__file__)
)
"""Where commands are run as a user does."""

ELSEWHERE: Final = {"drop-in.md", "deployment.md", "another-project.md"}
"""Pages that a test of their own follows word for word: test_drop_in, test_dockerfile, test_wheel."""

ONLY_IN_PYTHON: Final = {
    "copy_session",
    "create_messages",
    "delete_messages_after",
    "delete_sessions_before",
    "get_last_messages",
    "get_or_create_session",
    "iter_messages",
    "list_sessions",
    "replace_content",
    "search_messages",
    "word_index_sql",
}

SETTINGS: Final = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")

PROMPT: Final = """
import ast, asyncio, sys, warnings
warnings.simplefilter("error")
code = compile(sys.argv[1], sys.argv[2], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
running = eval(code, {"__name__": "__main__"})
if running is not None:
    asyncio.run(running)
"""
"""Runs a program as `python -m asyncio` does: `await` may stand anywhere."""


def blocks(page: str, language: str) -> list[tuple[str, str]]:
    """The name and the text of each block of a language, in order."""
    found = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [(name, text) for word, name, text in found if word == language]


def having(language: str) -> list[str]:
    """The pages that have blocks of a language, and no test of their own."""
    return [page for page in PAGES if page not in ELSEWHERE and blocks(page, language)]


def program(page: str) -> str:
    """The blocks of a page that are no files, in the lines in which they are there, for tracebacks."""
    text = (DOCS / page).read_text(encoding="utf-8")
    lines = [""] * text.count("\n")
    for block in BLOCK.finditer(text):
        if block[1] == "python" and not block[2]:
            first = text.count("\n", 0, block.start(3))
            lines[first : first + block[3].count("\n")] = block[3].splitlines()
    return "\n".join(lines)


@pytest.fixture
def folder(server: Server, migrated_url: str, tmp_path: Path) -> Path:
    """A folder with a `.env` alone, of a database without rows."""
    (tmp_path / ".env").write_text(
        f'DATABASE_URL="{migrated_url}"\nTEST_DATABASE_URL="{server.direct.url("postgres")}"\n', encoding="utf-8"
    )
    return tmp_path


def environment() -> dict[str, str]:
    """Ours, but for what the `.env` says."""
    return {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}


def assert_quiet(done: subprocess.CompletedProcess[str]) -> None:
    """A program may neither fail nor complain."""
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("page", [page for page in having("python") if program(page).strip()])
def test_the_blocks_of_a_page_run_one_after_the_other(page: str, folder: Path, forks: Forks) -> None:
    prompt = folder / "prompt.py"
    prompt.write_text(PROMPT, encoding="utf-8")
    assert_quiet(forks.run(str(prompt), program(page), page, folder=folder, environment=environment()))


@pytest.mark.parametrize("page", [page for page in having("python") if any(name for name, _ in blocks(page, "python"))])
def test_the_files_of_a_page_are_tests_that_pass(page: str, folder: Path) -> None:
    shutil.copytree(PROJECT / "migrations", folder / "migrations")
    for name, text in blocks(page, "python"):
        if name:
            (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *SETTINGS]
    done = subprocess.run(command, env=environment(), cwd=folder, capture_output=True, text=True, check=False)
    assert_quiet(done)


@pytest.mark.parametrize(
    ("page", "command"),
    [
        (page, command)
        for page in having("sh")
        for _, text in blocks(page, "sh")
        for command in text.splitlines()
        if command
    ],
)
def test_every_command_of_a_page_is_run_by_an_acceptance_test(page: str, command: str) -> None:
    words = command.partition("#")[0].split()
    run = {"make": f'make("{words[1]}"', "python": f'"{words[-1]}"'}[words[0]]
    assert run in ACCEPTANCE, page


@pytest.mark.parametrize("page", having("diff"))
def test_what_a_page_adds_is_added_by_an_acceptance_test(page: str) -> None:
    added = [line[1:].strip() for _, text in blocks(page, "diff") for line in text.splitlines() if line[0] == "+"]
    assert [line for line in added if line not in ACCEPTANCE] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_is_of_a_kind_that_a_test_runs(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    kinds = [word for word, _, _ in BLOCK.findall(text)]
    assert len(kinds) == len(re.findall(r"```\w", text))
    assert set(kinds) <= (
        {"python", "sh", "diff", "yaml", "dockerfile", "prisma"} if page in ELSEWHERE else {"python", "sh", "diff"}
    )


def test_every_method_of_the_repositories_has_its_line_in_the_table_of_calls() -> None:
    repositories = (SessionRepository, MessageRepository, CharacterFileRepository)
    methods = {name for repository in repositories for name in vars(repository) if not name.startswith("_")}
    told = set(re.findall(r"`db\.\w+\.([a-z_]+)\(", (DOCS / "from-typescript.md").read_text(encoding="utf-8")))
    assert told - methods == set()
    assert methods - told == ONLY_IN_PYTHON


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", (DOCS / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (DOCS / link).exists()] == []
