"""Versions that belong together are the same wherever they are written."""

from __future__ import annotations

import importlib.metadata
import json
import re
from typing import Final

from prisma_engine.upstream import ENGINES_VERSION, INTEGRITY, PRISMA_VERSION
from steps import PROJECT

_INTEROP: Final = PROJECT / "tests" / "interop"
_PROJECTS: Final = [(PROJECT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "src/pyproject.toml")]


def test_the_npm_packages_are_those_of_the_compiler_but_for_what_npm_has_not_got() -> None:
    described = json.loads((_INTEROP / "package.json").read_text(encoding="utf-8"))
    prisma = {name: version for name, version in described["dependencies"].items() if "prisma" in name}
    wanted = dict.fromkeys(prisma, PRISMA_VERSION) | {"@prisma/schema-engine-wasm": ENGINES_VERSION}
    assert prisma == wanted | described["older"]
    assert "prisma" not in described["older"]


def test_the_lock_file_holds_the_pinned_packages() -> None:
    pins = json.loads((_INTEROP / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((_INTEROP / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert locked[""]["dependencies"] == pins["dependencies"]
    assert locked["node_modules/prisma"]["integrity"] == INTEGRITY


def test_lock_files_carry_no_download_addresses() -> None:
    for lock in PROJECT.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert '"resolved"' not in lock.read_text(encoding="utf-8")


def test_the_client_is_the_version_whose_seams_the_engine_knows() -> None:
    (pinned,) = re.findall(r'"prisma==([\d.]+)"', "".join(_PROJECTS))
    assert importlib.metadata.version("prisma") == pinned


def test_both_distributions_have_one_version_and_the_module_needs_exactly_its_engine() -> None:
    versions = [re.findall(r'^version = "(.+?)"', text, re.MULTILINE) for text in _PROJECTS]
    needed = re.findall(r'"prisma-engine(?:\[\w+\])?==(.+?)"', _PROJECTS[0])
    assert versions[0] == versions[1]
    assert {*needed} == {*versions[0]}


def test_both_distributions_have_the_same_license() -> None:
    assert (PROJECT / "LICENSE").read_bytes() == (PROJECT / "src" / "LICENSE").read_bytes()


def test_a_notice_names_the_version_of_what_is_carried() -> None:
    assert f"`prisma` {PRISMA_VERSION}" in (PROJECT / "src" / "NOTICE").read_text(encoding="utf-8")
