"""Prisma's own files come from its npm package, are what their hashes say, and are fetched once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fetch_prisma
from prisma_engine import upstream
from steps import PROJECT, StepError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is in the npm package, as far as it is needed."""
    folder = tmp_path / "package"
    (folder / "build").mkdir(parents=True)
    for name, place in upstream.PACKAGE_FILES.items():
        shutil.copyfile(upstream.path(name), folder.parent / place)
    monkeypatch.setenv("PRISMA_PACKAGE", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files shall come to, as in a fresh checkout."""
    return tmp_path / "upstream" / "files"


def test_the_checkout_has_the_pinned_files() -> None:
    assert fetch_prisma.is_current()


@pytest.mark.usefixtures("package")
def test_files_that_are_missing_come_from_a_package_that_is_there(folder: Path) -> None:
    fetch_prisma.fetch(folder)
    assert fetch_prisma.is_current(folder)
    assert {path.name for path in folder.iterdir()} == upstream.FILES.keys()


@pytest.mark.usefixtures("package")
def test_a_damaged_file_is_replaced(folder: Path) -> None:
    fetch_prisma.fetch(folder)
    (folder / "studio.css").write_text("", encoding="utf-8")
    assert not fetch_prisma.is_current(folder)
    fetch_prisma.fetch(folder)
    assert fetch_prisma.is_current(folder)


@pytest.mark.usefixtures("package")
def test_nothing_is_looked_for_where_the_files_are_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_prisma.fetch(folder)
    monkeypatch.setenv("PRISMA_PACKAGE", os.devnull)
    fetch_prisma.fetch(folder)


def test_a_package_of_another_version_is_refused_and_nothing_is_put(package: Path, folder: Path) -> None:
    with (package / "build" / "studio.js").open("a", encoding="utf-8") as file:
        file.write("// changed\n")
    with pytest.raises(StepError, match=f"studio.js in .* is not that of Prisma {upstream.PRISMA_VERSION}"):
        fetch_prisma.fetch(folder)
    assert not folder.exists()


def test_a_damaged_archive_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "prisma.tgz"
    archive.write_bytes(b"half of it")
    monkeypatch.setenv("PRISMA_PACKAGE", str(archive))
    with pytest.raises(StepError, match=r"prisma\.tgz is damaged"):
        fetch_prisma.fetch(folder)


def test_a_package_that_is_not_there_is_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRISMA_PACKAGE", str(tmp_path / "absent.tgz"))
    with pytest.raises(StepError, match=r"absent\.tgz cannot be read as the npm package `prisma`: .*No such file"):
        fetch_prisma.fetch(folder)


@pytest.mark.usefixtures("package")
def test_of_several_processes_one_fetches_and_all_find_the_files(folder: Path) -> None:
    program = "import sys, pathlib, fetch_prisma; fetch_prisma.fetch(pathlib.Path(sys.argv[1]))"
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "scripts")}
    command = [sys.executable, "-c", program, str(folder)]
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert fetch_prisma.is_current(folder)


def test_without_any_npm_the_message_says_what_to_do(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(StepError, match=r"there is no npm on PATH(.|\n)*name its path in PRISMA_PACKAGE"):
        fetch_prisma.fetch(folder)
