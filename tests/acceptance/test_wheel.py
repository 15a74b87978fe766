"""What the wheel carries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from file_lock import locked
from fix_postgres import HOME_VARIABLE
from steps import PROJECT

TIMEOUT: Final = 300.0  # seconds, for one command


def run(*command: str, folder: Path = PROJECT, **environment: str) -> str:
    """Run a command as somebody who knows nothing of this project's own environment, and return what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = os.pathsep.join([str(folder / ".venv" / "bin"), str(Path(sys.executable).parent), kept["PATH"]])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PATH": path, **environment},
        timeout=TIMEOUT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that `python -m build` makes of the source distribution; the run's first worker makes it."""
    folder = Path(os.environ[HOME_VARIABLE]) / "dist"
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            run(sys.executable, "-m", "build", "--outdir", str(draft))
            draft.rename(folder)
    (source,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    assert wheel.name.startswith(f"{source.name.removesuffix('.tar.gz')}-")
    return wheel


def test_the_wheel_carries_all_of_both_packages_and_what_they_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        carried = set(archive.namelist())
        mode = archive.getinfo("prisma_engine/cli/schema_engine/schema-engine").external_attr >> 16
        lock = archive.read("prisma_engine/cli/npm/package-lock.json")
    assert _files(PROJECT / "src", "*/**/*") - carried == set()
    assert {f"database/{name}" for name in _files(PROJECT, "migrations/**/*")} - carried == set()
    assert {"database/schema.prisma", "prisma_engine/cli/npm/package.json"} - carried == set()
    assert lock == (PROJECT / "package-lock.json").read_bytes()
    assert mode & 0o111


def _files(folder: Path, pattern: str) -> set[str]:
    found = {path.relative_to(folder).as_posix() for path in folder.glob(pattern) if path.is_file()}
    return {name for name in found if "__pycache__" not in name}
