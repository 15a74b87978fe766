"""What the tests cost: with `--costs` a run ends with the seconds of processor time of its folders, files or tests.

Counted is what each worker used, with its programs; common fixtures count where they are first used.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

import pytest

from fix_postgres import HOME_VARIABLE
from postgres_server import EmbeddedPostgres

_PLACES: Final[Mapping[str, Callable[[str], str]]] = {
    "folder": lambda test: "/".join(test.partition("::")[0].split("/")[:2]),
    "file": lambda test: test.partition("::")[0],
    "test": lambda test: test,
}
_KEY: Final = "seconds"  # of a worker's output, which is how figures travel to the controller
_COLLECTION: Final = "start and collection"
_SERVER: Final = "PostgreSQL"
_SECONDS: Final = pytest.StashKey["defaultdict[str, float]"]()  # of this process or of all workers, by the test's name
_CHILDREN: Final = Path("/proc/thread-self/children")  # on Linux: those that nobody has waited for yet
_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")  # the unit of what Linux says of a process, in seconds


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option."""
    parser.addoption("--costs", choices=_PLACES, help="say at the end how much processor time each of them used")


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the place for the figures."""
    config.stash[_SECONDS] = defaultdict(float)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the figures of a worker that has ended."""
    for test, cost in getattr(node, "workeroutput", {}).get(_KEY, {}).items():
        node.config.stash[_SECONDS][test] += cost


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure a test with its fixtures."""
    before = _used()
    try:
        return (yield)
    finally:
        item.config.stash[_SECONDS][item.nodeid] += _used() - before


def _used() -> float:
    """What this process has used, with its programs, in seconds."""
    children = _CHILDREN.read_text(encoding="utf-8").split() if _CHILDREN.exists() else ()
    return sum(os.times()[:4]) + sum(map(_used_by, map(int, children)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Add in a worker what no test has used, and send all to the controller."""
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        seconds = session.config.stash[_SECONDS]
        output[_KEY] = {**seconds, _COLLECTION: _used() - sum(seconds.values())}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures."""
    chosen = config.getoption("costs")
    if chosen is None:
        return
    seconds = config.stash[_SECONDS]
    tests = Counter(_PLACES[chosen](test) for test in seconds if "::" in test)
    costs = defaultdict(float, {_SERVER: _used_by_servers()})
    for test, cost in seconds.items():
        costs[_PLACES[chosen](test)] += cost
    terminalreporter.section("processor time")
    for place, cost in sorted(costs.items(), key=itemgetter(1), reverse=True):
        terminalreporter.write_line(f"{cost:8.1f} s  {tests[place] or '':5}  {place}")
    terminalreporter.write_line(f"{sum(costs.values()):8.1f} s  {tests.total():5}  in all")


def _used_by_servers() -> float:
    """What the run's PostgreSQL has used, with its processes that have ended; 0 where there is no Linux to ask."""
    homes = Path(os.environ[HOME_VARIABLE]).iterdir()
    pids = [EmbeddedPostgres(home).pid for home in homes if (home / "data").is_dir()]
    return sum(_used_by(pid) for pid in pids if pid is not None)


def _used_by(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return 0.0
    return sum(int(ticks) for ticks in text.rpartition(")")[2].split()[11:15]) * _TICK
