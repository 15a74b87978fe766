"""The continuous integration runs everything that the project says it supports."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from steps import PROJECT

JOBS: dict[str, Any] = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]


@pytest.mark.parametrize("project", ["pyproject.toml", "src/pyproject.toml"])
def test_each_python_that_a_distribution_names_has_a_run(project: str) -> None:
    text = (PROJECT / project).read_text("utf-8")
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)
    assert JOBS["python"]["strategy"]["matrix"]["python"] == named
    assert f'requires-python = ">={named[0]}"' in text


def test_each_postgresql_from_the_oldest_that_the_docs_promise_has_a_run() -> None:
    [oldest] = re.findall(r"PostgreSQL (\d+) or newer", (PROJECT / "docs" / "schema-engine.md").read_text("utf-8"))
    versions = JOBS["postgresql"]["strategy"]["matrix"]["postgresql"]
    assert versions == [str(version) for version in range(int(oldest), int(oldest) + len(versions))]
    assert JOBS["postgresql"]["services"]["postgresql"]["image"] == "postgres:${{ matrix.postgresql }}"


def test_a_run_is_the_script_that_a_developer_has() -> None:
    assert [job["steps"][-1] for job in JOBS.values()] == [{"run": "bash .ci/run"}] * len(JOBS)
