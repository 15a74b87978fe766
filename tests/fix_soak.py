"""The short and the long form of the tests that break things, and the report of the long one.

SOAK=1 chooses the long form, as `make soak` does; SOAK_SEED repeats the random choices of a run.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from itertools import groupby
from typing import Any, Final

import pytest

import fix_postgres
from steps import PROJECT

Figure = int | float | str

_REPORT: Final = PROJECT / "docs" / "soak-report.md"
_IS_LONG: Final = os.environ.get("SOAK") == "1"
_PROPERTY: Final = "soak"  # of a test's report, which is how figures travel from a worker to the controller
_MANY_BITS: Final = 32


def rounds(short: int, long: int) -> int:
    """How many rounds a test makes: the first number in `make test`, the second in `make soak`."""
    return long if _IS_LONG else short


class Soak:
    """What a test of random faults needs: a seed that is told, and a place for its figures."""

    def __init__(self, record_property: Callable[[str, object], None]) -> None:
        self._record_property = record_property
        self.seed = int(os.environ.get("SOAK_SEED", secrets.randbits(_MANY_BITS)))
        self.random = random.Random(self.seed)

    def record(self, section: str, **figures: Figure) -> None:
        """Keep figures for the report, below a heading; an underscore in a name is a space there."""
        self._record_property(_PROPERTY, [section, {**figures, "seed": str(self.seed)}])


@pytest.fixture
def soak(record_property: Callable[[str, object], None]) -> Soak:
    """The seed of this test, which is printed, and the place for its figures."""
    soak = Soak(record_property)
    print(f"SOAK_SEED={soak.seed}")  # noqa: T201  # pytest shows it when the test fails
    return soak


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures, and write them to the report after a run of the long form."""
    tests = [
        test
        for outcome in ("passed", "failed")
        for test in terminalreporter.getreports(outcome)
        if isinstance(test, pytest.TestReport) and test.when == "call"
    ]
    lines = list(_sections(tests))
    if not lines:
        return
    terminalreporter.section("figures")
    terminalreporter.write("\n".join(lines) + "\n")
    if _IS_LONG:
        _REPORT.write_text("\n".join([*_heading(tests), *lines]) + "\n", encoding="utf-8")


def _heading(tests: list[pytest.TestReport]) -> Iterator[str]:
    failed = sum(test.failed for test in tests)
    yield "# Soak report"
    yield ""
    yield f"Written by `make soak` on {datetime.now(timezone.utc):%Y-%m-%d}: {len(tests)} tests, {failed} failed."
    yield f"{os.cpu_count()} cores; {fix_postgres.pytest_report_header()}."


def _sections(tests: list[pytest.TestReport]) -> Iterator[str]:
    recorded: list[tuple[str, Mapping[str, Figure], pytest.TestReport]] = []
    for test in tests:
        values: list[Any] = [value for name, value in test.user_properties if name == _PROPERTY]
        recorded.extend((section, figures, test) for section, figures in values)
    for section, records in groupby(sorted(recorded, key=lambda record: record[0]), key=lambda record: record[0]):
        yield from ("", f"## {section}")
        for _, figures, test in records:
            name = test.nodeid.rpartition("::")[2]
            yield from ("", f"`{name}` {test.outcome} in {test.duration:.0f} s.", "", "| figure | value |", "|---|--:|")
            yield from (f"| {name.replace('_', ' ')} | {_shown(value)} |" for name, value in figures.items())


def _shown(value: Figure) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
