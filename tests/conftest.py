"""Plugins of the tests; each declares fixtures and hooks of its own."""

from __future__ import annotations

import gc
import os
import signal

import pytest

pytest_plugins = [
    "fix_postgres",
    "fix_copies",
    "fix_compiler",
    "fix_clients",
    "fix_types",
    "fix_shop",
    "fix_database",
    "fix_property",
    "fix_hostile",
    "fix_own_server",
    "fix_clone",
    "fix_forks",
    "fix_proxy",
    "fix_soak",
    "fix_tls",
    "fix_pgbouncer",
    "fix_image",
    "fix_environment",
    "fix_life",
    "fix_costs",
]

# A shell that runs the tests in the background has SIGINT ignored, and so would every program that they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each worker an equal share of the acceptance tests, first: the long ones, which make a run last."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files = list(dict.fromkeys(item.path for item in items))
    long = [path for path in files if path.parent.name == "acceptance"]
    short = [path for path in files if path.parent.name != "acceptance"]
    order = [path for worker in range(workers) for path in (*long[worker::workers], *short[worker::workers])]
    items.sort(key=lambda item: order.index(item.path))


def pytest_collection_finish() -> None:
    """Have no collection of garbage look through what the run keeps to its end: the tests, and all that they import.

    What is imported later is kept as well, so that all of it is looked through a tenth as often.
    """
    gc.freeze()
    young, middle, oldest = gc.get_threshold()
    gc.set_threshold(young, middle, 10 * oldest)
