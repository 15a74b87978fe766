"""The wheel, installed into an empty environment, serves another project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import Final

import pytest

from file_lock import locked
from fix_postgres import HOME_VARIABLE
from steps import PROJECT

README: Final = (PROJECT / "README.md").read_text(encoding="utf-8")
DEPLOYMENT: Final = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
TIMEOUT: Final = 300.0  # seconds, for one command

SCHEMA: Final = (
    (PROJECT / "tests/schemas/article.prisma").read_text(encoding="utf-8").replace("DATABASE_URL", "SHOP_URL")
)

PROGRAM: Final = """\
import asyncio

import database
import prisma_engine
from shop.client import Prisma


async def main() -> None:
    async with Prisma() as shop, database.DatabaseService.get_instance() as db:
        article = await shop.article.create({"title": "a lamp"})
        session = await db.sessions.create_session()
        message = await db.messages.create_message(content=article.title, role="user", session_id=session.id)
        print(message.content, await shop.article.count(), await db.client.message.count())
    print(database.__file__)
    print(prisma_engine.__file__)


asyncio.run(main())
"""


def run(*command: str, folder: Path = PROJECT, **environment: str) -> str:
    """Run a command as somebody who knows nothing of this project's own environment, and return what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = os.pathsep.join([str(folder / ".venv" / "bin"), str(Path(sys.executable).parent), kept["PATH"]])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PATH": path, **environment},
        timeout=TIMEOUT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that `python -m build` makes of the source distribution; the run's first worker makes it."""
    folder = Path(os.environ[HOME_VARIABLE]) / "dist"
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            run(sys.executable, "-m", "build", "--outdir", str(draft))
            draft.rename(folder)
    (source,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith(f"{source.name.removesuffix('.tar.gz')}-")
    return wheel


@pytest.fixture
def project(wheel: Path, tmp_path: Path) -> Path:
    """Another project, with the wheel and what it depends on in its virtual environment."""
    folder = tmp_path / "shop"
    venv.create(folder / ".venv", symlinks=True)
    run(sys.executable, "-m", "pip", "--python", str(folder / ".venv"), "install", "--quiet", str(wheel), folder=folder)
    (folder / "prisma").mkdir()
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA, encoding="utf-8")
    (folder / "node_modules").symlink_to(PROJECT / "node_modules")  # so that they are not installed once more
    return folder


def test_another_project_uses_the_module_and_the_engine_from_the_wheel(project: Path, database_url: str) -> None:
    urls = {"DATABASE_URL": database_url, "SHOP_URL": database_url.replace("schema=public", "schema=shop")}
    said = re.findall(r"^python -m .*site-packages.*$", DEPLOYMENT, re.MULTILINE)
    generated, deployed = [run("sh", "-c", command, folder=project, **urls) for command in said]
    assert "Generated Prisma Client Python" in generated
    assert "All migrations have been successfully applied." in deployed
    for command in (("generate",), ("db", "push")):
        run("python", "-m", "prisma_engine", *command, folder=project, **urls)

    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program is not None
    chat = run("python", "-W", "error", "-c", program[1], folder=project, **urls)
    assert chat.splitlines() == ["user: Hello!", "assistant: Hi, I am Ada.", "1"]

    answer, *places = run("python", "-W", "error", "-c", PROGRAM, folder=project, **urls).splitlines()
    assert answer == "a lamp 1 3"
    assert [place for place in places if not place.startswith(str(project / ".venv"))] == []


def test_the_wheel_carries_all_of_both_packages_and_what_they_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
        mode = archive.getinfo("prisma_engine/cli/schema_engine/schema-engine").external_attr >> 16
        lock = archive.read("prisma_engine/cli/npm/package-lock.json")
    assert _files(PROJECT / "src", "*/**/*") - carried == set()
    assert {f"database/{name}" for name in _files(PROJECT, "migrations/**/*")} - carried == set()
    assert {"database/schema.prisma", "prisma_engine/cli/npm/package.json"} - carried == set()
    assert lock == (PROJECT / "package-lock.json").read_bytes()
    assert mode & 0o111


def _files(folder: Path, pattern: str) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file()}
    return {name for name in found if "__pycache__" not in name}
