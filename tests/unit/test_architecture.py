"""The map of the project has every package and module on it, and nothing that is not there."""

from __future__ import annotations

import re

import pytest

from steps import PROJECT

MAP = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
OF_TESTS = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The tests\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("package", ["database", "prisma_engine"])
def test_every_module_is_in_the_table_of_its_package_and_no_other(package: str) -> None:
    table = MAP.split(f"## `{package}`\n")[1].split("\n## ")[0]
    named = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = set(re.findall(r"`(\w+)`", " ".join(named)))
    folder = PROJECT / "src" / package
    there = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert told == there - {"__init__"}


def test_what_the_map_points_at_is_there() -> None:
    way = MAP.split("## The way of one call")[1].split("\n## ")[0]
    source = "\n".join(path.read_text(encoding="utf-8") for path in (PROJECT / "src").glob("*/**/*.py"))
    names = {name.rpartition(".")[2] for name in re.findall(r"`([A-Za-z_.]+)`", way)}
    client = {"create", "MessageActions"}
    assert {name for name in names if not re.search(rf"\b{name}\b", source)} <= client


def test_every_folder_and_plug_in_of_the_tests_is_told_and_no_other() -> None:
    first_cells = " ".join(line.split("|")[1] for line in OF_TESTS.splitlines() if line.startswith("| `"))
    tests = PROJECT / "tests"
    folders = {path.name for path in tests.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"`(\w+)`", first_cells)) == folders | {path.stem for path in tests.glob("fix_*.py")}
