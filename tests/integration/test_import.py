"""What a program loads that imports the module: nothing that only other programs need."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from steps import PROJECT

_TOLD: Final = f"import sys; sys.path.append({str(PROJECT / 'src')!r}); import database; print(*sys.modules)"
_UNUSED: Final = {
    "httpx._client": "nothing sends HTTP",
    "rich": "httpx has a command line",
    "tomlkit": "the folder has no pyproject.toml",
    "jinja2": "the client is generated",
    "prisma.generator._dsl_parser.parser": "and the comments of its schema are read",
    "asyncpg": "the driver is imported beside the event loop",
    "wasmtime": "so is the compiler's host",
    "prisma_engine.interpreter": "and what runs plans",
}


@pytest.fixture(scope="module")
def modules() -> set[str]:
    """The modules of a fresh program that has imported `database`, where no `pyproject.toml` is."""
    done = subprocess.run(
        [sys.executable, "-c", _TOLD],
        cwd=PROJECT / "src" / "database",
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("name", _UNUSED)
def test_what_is_not_used_is_not_imported(modules: set[str], name: str) -> None:
    assert name not in modules, _UNUSED[name]
