"""Plugins of the tests; each declares fixtures and hooks of its own."""

from __future__ import annotations

pytest_plugins = [
    "fix_postgres",
    "fix_compiler",
    "fix_clients",
    "fix_types",
    "fix_shop",
    "fix_database",
    "fix_property",
]
