"""make clean: stop the embedded server and remove everything that was installed; the data too, if asked."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import docker_compose
from db_down import db_down
from started import DATA, embedded_home, is_docker_noted
from steps import PROJECT, VENV, main, say

_INSTALLED: Final = (
    VENV,
    PROJECT / "src" / "prisma_engine" / "upstream" / "files",
    *(PROJECT / folder / "node_modules" for folder in ("tests/interop", "benchmarks")),
    PROJECT / "benchmarks" / ".data",
)
_CACHES: Final = ("__pycache__", "*.egg-info", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache")
_OUTPUT: Final = ("build", "dist", "test-results")


def clean(*, data: bool) -> None:
    """Remove what a fresh clone does not have, except the database's files unless `data` says so."""
    in_docker = is_docker_noted()
    db_down()
    if data:
        if in_docker:
            docker_compose.remove_data()
        _remove(embedded_home())
        _remove(DATA)
    else:
        say("the database's files stay; remove them too with: make clean data=1")
    for path in [*_INSTALLED, *_leftovers()]:
        _remove(path)


def _leftovers() -> Iterator[Path]:
    folders = (PROJECT, *(PROJECT / name for name in ("src", "tests", "scripts", "benchmarks")))
    yield from (path for pattern in _CACHES for path in PROJECT.glob(pattern))
    yield from (path for folder in folders[1:] for pattern in _CACHES for path in folder.rglob(pattern))
    yield from (PROJECT / name for name in _OUTPUT)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
    else:
        return
    say(f"removed {path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="store_true", help="remove the database's files too")
    arguments = parser.parse_args()
    main(lambda: clean(data=arguments.data))
