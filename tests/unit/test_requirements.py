"""The ranges in both pyproject.toml are read, pinned and widened as a person would do it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import raise_dependencies
from requirements import FILES, Bounded, bounded, newest_bound
from steps import PROJECT, StepError

ONE = next(one for one in bounded() if one.name == "asyncpg")
API = next(one for one in bounded() if one.name == "opentelemetry-api")


def test_every_range_that_has_a_bound_is_found() -> None:
    text = "".join((PROJECT / file).read_text(encoding="utf-8") for file in FILES)
    written = re.findall(r'"([a-z][^"\n]*<\d[^"\n]*)"', text)
    here = [one for one in written if (marker := Requirement(one).marker) is None or marker.evaluate()]
    assert [one.text for one in bounded()] == here
    assert {one.name for one in bounded() if one.is_for_users} >= {"asyncpg", "pydantic", "wasmtime", "h11"}


@pytest.mark.parametrize(
    ("text", "version", "bound"),
    [
        ("wasmtime>=47.0,<51", "51.0.2", "52"),
        ("asyncpg>=0.30,<0.33", "0.34.1", "0.35"),
        ("asyncpg>=0.30,<0.33", "1.0.0", "1.1"),
        ("pydantic>=2.8,<3", "3.1.4", "4"),
    ],
)
def test_a_bound_is_raised_as_exactly_as_it_was_written(text: str, version: str, bound: str) -> None:
    assert newest_bound(Requirement(text), Version(version)) == bound
    assert Bounded("", "dev", text).widened(Version(version)) == re.sub(r"<.*", f"<{bound}", text)


def test_markers_and_extras_stay() -> None:
    marked = Bounded("", "dependencies", "pydantic[email]>=2.13,<3; python_version >= '3.10'")
    assert marked.pinned(Version("2.13.4")) == "pydantic[email]==2.13.4; python_version >= '3.10'"
    assert marked.widened(Version("3.0")) == "pydantic[email]>=2.13,<4; python_version >= '3.10'"


def test_an_index_that_does_not_know_the_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(StepError, match="the index tells no versions of asyncpg"):
        ONE.versions()


def test_the_copy_of_an_end_asks_for_its_versions_and_the_checkout_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = [(PROJECT / file).read_bytes() for file in FILES]
    monkeypatch.setattr(raise_dependencies, "_FOLDER", tmp_path)
    copy = raise_dependencies.copied("lowest", {ONE: Version("0.30.0"), API: Version("1.31.0")})

    assert '"asyncpg==0.30.0",' in (copy / ONE.file).read_text(encoding="utf-8")
    project = (copy / "pyproject.toml").read_text(encoding="utf-8")
    assert '"asyncpg-stubs",' in project
    assert '"opentelemetry-sdk==1.31.0",' in project
    assert not (copy / ".git").exists()
    assert not (copy / ".venv").exists()
    assert [(PROJECT / file).read_bytes() for file in FILES] == before
    done = subprocess.run([sys.executable, "scripts/fetch_prisma.py"], cwd=copy, check=False)
    assert done.returncode == 0  # it has Prisma's files, and fetches none
