"""Plugins of the tests; each declares fixtures and hooks of its own."""

from __future__ import annotations

import signal

pytest_plugins = [
    "fix_postgres",
    "fix_compiler",
    "fix_clients",
    "fix_types",
    "fix_shop",
    "fix_database",
    "fix_property",
    "fix_hostile",
    "fix_own_server",
    "fix_proxy",
    "fix_soak",
    "fix_tls",
    "fix_pgbouncer",
    "fix_image",
]

# A shell that runs the tests in the background has SIGINT ignored, and so would every program that they interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
