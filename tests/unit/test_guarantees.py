"""The guarantees that are written down, and the tests behind them."""

from __future__ import annotations

import re
from typing import Final

from steps import PROJECT

_PAGE: Final = PROJECT / "docs" / "guarantees.md"
_TESTS: Final = PROJECT / "tests"
_NAMED: Final = re.compile(r"`(test_\w+)\.py`: ((?:`test_\w+`(?:, )?)+)")


def test_every_guarantee_names_tests_that_exist() -> None:
    lines = [line for line in _PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][1:]
    named = {line: _NAMED.findall(line) for line in lines}
    missing = [line for line, found in named.items() if not found and "---" not in line]
    unknown = [
        f"{file}.py::{test}"
        for found in named.values()
        for file, tests in found
        for test in re.findall(r"test_\w+", tests)
        if not _defines(file, test)
    ]
    assert (missing, unknown) == ([], [])


def _defines(file: str, test: str) -> bool:
    return any(f"def {test}(" in path.read_text(encoding="utf-8") for path in _TESTS.glob(f"*/{file}.py"))
