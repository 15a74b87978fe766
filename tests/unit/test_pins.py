"""Versions that belong together are the same wherever they are written."""

from __future__ import annotations

import importlib.metadata
import json
import re

from prisma_engine.upstream import ENGINE_HASH, PRISMA_VERSION
from steps import PROJECT


def test_the_npm_packages_are_those_of_the_compiler() -> None:
    pins = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    dependencies = pins["dependencies"] | pins["devDependencies"]
    engine = dependencies.pop("@prisma/schema-engine-wasm")
    assert re.fullmatch(rf"{re.escape(PRISMA_VERSION)}-\d+\.{ENGINE_HASH}", engine)
    assert {version for name, version in dependencies.items() if "prisma" in name} == {PRISMA_VERSION}


def test_the_lock_file_holds_the_pinned_packages() -> None:
    pins = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"][""]
    assert locked["dependencies"] == pins["dependencies"]
    assert locked["devDependencies"] == pins["devDependencies"]


def test_lock_files_carry_no_download_addresses() -> None:
    for lock in PROJECT.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert '"resolved"' not in lock.read_text(encoding="utf-8")


def test_the_client_is_the_version_whose_seams_the_engine_knows() -> None:
    pinned = re.search(r'"prisma==([\d.]+)"', (PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pinned is not None
    assert importlib.metadata.version("prisma") == pinned[1]
