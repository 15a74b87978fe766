"""make raise-dependencies: what is newer than what our ranges take, and whether both ends of the ranges work.

Each end is tried in a copy of this checkout, with an environment of its own. Where the newest versions pass the tests,
the upper bounds here are raised to take them; a lower bound that fails is for a person to raise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from packaging.version import Version

from requirements import Bounded, bounded
from started import DATA
from steps import PROJECT, StepError, main, say, step

_FOLDER: Final = DATA / "raise-dependencies"
_LEFT_OUT: Final = shutil.ignore_patterns(".git", ".venv", ".data", "node_modules", "__pycache__", ".*_cache", ".env")
_PARTNERS: Final = frozenset({"asyncpg-stubs", "pydantic-core"})  # which one, another says
_SAME: Final = {"opentelemetry-api": "opentelemetry-sdk"}  # the second is what the tests install, in the same version

_OPTIONS: Final = "-q -p no:anyio"  # no test here has its plugin, and old ones fall out with pytest

_TESTS: Final = (
    "tests/unit/prisma_engine", "tests/integration/test_compiler.py", "tests/integration/test_schema_engine.py",
    "tests/integration/test_engine.py", "tests/integration/test_postgres.py", "tests/integration/test_types.py",
    "tests/integration/test_native_types.py", "tests/integration/test_client_models.py",
    "tests/integration/test_client_writes.py", "tests/integration/test_sync_client.py",
    "tests/integration/test_service.py", "tests/integration/test_telemetry.py",
    "tests/integration/test_studio_server.py", "tests/property",
)  # fmt: skip


def raise_dependencies() -> None:
    """Say what there is, try both ends, and raise the upper bounds. Errors: StepError where an end fails."""
    found = {one: one.versions() for one in bounded()}
    for one, versions in found.items():
        say(_line(one, versions[0]))
    for_users = {one: versions for one, versions in found.items() if one.is_for_users and one.name not in _PARTNERS}
    newest = {one: versions[0] for one, versions in for_users.items()}
    lowest = {one: _first(one, versions) for one, versions in for_users.items()}
    failed = [end for end, chosen in {"lowest": lowest, "newest": newest}.items() if not _passes(end, chosen)]
    if "newest" not in failed:
        _raise_bounds(newest)
    if failed:
        raise StepError(f"the tests fail with the {' and the '.join(failed)} versions: what they say is above")


def _line(one: Bounded, newest: Version) -> str:
    takes = "within" if one.requirement.specifier.contains(newest) else "OUTSIDE OF"
    return f"{one.name:24} installed {one.installed:10} newest {newest!s:10} {takes} {one.requirement.specifier}"


def _first(one: Bounded, versions: Sequence[Version]) -> Version:
    """The lowest version of the range that the index has for this Python."""
    return min(version for version in versions if version >= one.lowest)


def _passes(end: str, chosen: Mapping[Bounded, Version]) -> bool:
    """Whether the tests pass with these versions."""
    versions = ", ".join(f"{one.name} {version}" for one, version in chosen.items())
    with step(f"test with the {end} versions: {versions}"):
        kept = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
        command = ["make", "test", f"args={' '.join(_TESTS)} {_OPTIONS}"]
        return subprocess.run(command, cwd=copied(end, chosen), env=kept, check=False).returncode == 0


def copied(end: str, chosen: Mapping[Bounded, Version]) -> Path:
    """A copy of the checkout, without what is installed, that asks for these versions."""
    copy = _FOLDER / end
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(PROJECT, copy, ignore=_LEFT_OUT, symlinks=True)
    wanted = {_SAME[one.name]: version for one, version in chosen.items() if one.name in _SAME}
    for one in bounded():
        if one in chosen or one.name in wanted:
            _replace(copy / one.file, one.text, one.pinned(chosen.get(one) or wanted[one.name]))
        elif one.name in _PARTNERS:
            _replace(copy / one.file, one.text, one.name)
    return copy


def _raise_bounds(newest: Mapping[Bounded, Version]) -> None:
    for one, version in newest.items():
        if not one.requirement.specifier.contains(version):
            _replace(PROJECT / one.file, one.text, one.widened(version))
            say(f"    {one.file}: {one.text} is now {one.widened(version)}")


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f'"{old}"', f'"{new}"'), encoding="utf-8")


if __name__ == "__main__":
    main(raise_dependencies)
