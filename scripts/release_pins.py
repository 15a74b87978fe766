"""Writes what names a release of Prisma: the engine's pins, the pages that name it, the npm packages of the tests."""

from __future__ import annotations

import hashlib
import json
import subprocess
from typing import Any, Final

from prisma_engine import upstream
from prisma_release import Release, published
from steps import PROJECT, run_quietly

PINS: Final = PROJECT / "src" / "prisma_engine" / "upstream" / "pins.py"
NAMING: Final = tuple(PROJECT / name for name in ("docs/drop-in.md", "docs/prisma-command.md", "src/NOTICE"))
"""The pages that name the release."""

PACKAGES: Final = PROJECT / "tests" / "interop" / "package.json"
ENGINE_PACKAGE: Final = "@prisma/schema-engine-wasm"

_TEMPLATE: Final = '''\
"""Which release of Prisma the files are from; `make raise-prisma` writes this module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["ENGINES_VERSION", "FILES", "INTEGRITY", "PRISMA_VERSION"]

PRISMA_VERSION: Final = "{version}"
"""The npm package `prisma` that the files are from."""

INTEGRITY: Final = "{integrity}"
"""What the npm registry says of that package's archive."""

ENGINES_VERSION: Final = "{engines}"
"""The build of Prisma's engines that the wasm modules are."""

FILES: Final[Mapping[str, str]] = {{
{files}
}}
"""The files by their names, each with its SHA-256."""
'''


def pins(version: str, integrity: str, engines: str, files: dict[str, str]) -> str:
    """The text of the module that pins a release."""
    lines = "\n".join(f'    "{name}": "{digest}",' for name, digest in files.items())
    return _TEMPLATE.format(version=version, integrity=integrity, engines=engines, files=lines)


def write_pins(release: Release) -> None:
    """Pin a release. Errors: StepError."""
    files = {name: hashlib.sha256(release.build[name]).hexdigest() for name in upstream.FILES}
    PINS.write_text(pins(release.version, release.integrity, release.engines_version, files), encoding="utf-8")


def name_release(before: Release, after: Release) -> None:
    """Name the release on the pages that named the one before."""
    for page in NAMING:
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(before.version, after.version), encoding="utf-8")


def write_packages(release: Release) -> None:
    """Let the tests compare with the release's npm packages, or with the newest before it that npm has.

    Errors: StepError.
    """
    described: dict[str, Any] = json.loads(PACKAGES.read_text(encoding="utf-8"))
    needed: dict[str, str] = described["dependencies"]
    wanted = {name: release.version for name in needed if "prisma" in name}
    wanted[ENGINE_PACKAGE] = release.engines_version
    found = {name: published(name, version) for name, version in wanted.items()}
    needed.update(found)
    described["older"] = {name: found[name] for name, version in wanted.items() if found[name] != version}
    PACKAGES.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    run_quietly(["npm", "install", "--package-lock-only", f"--prefix={PACKAGES.parent}"])


def still_naming(version: str) -> list[str]:
    """The files of the checkout that name a version."""
    command = ["git", "grep", "--fixed-strings", "--word-regexp", "--files-with-matches", version]
    return subprocess.run(command, cwd=PROJECT, check=False, text=True, stdout=subprocess.PIPE).stdout.splitlines()
