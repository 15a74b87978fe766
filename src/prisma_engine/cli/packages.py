"""The npm packages that Prisma's command line is made of: the project's own, or those of a cache of this user."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from prisma_engine.cli.node import Node

__all__ = ["CommandError", "find_packages"]

_MANIFESTS: Final = ("package.json", "package-lock.json")
_IN_WHEEL: Final = Path(__file__).resolve().parent / "npm"
_IN_SOURCE_TREE: Final = Path(__file__).resolve().parents[3]
_INSTALL: Final = ("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier")


class CommandError(Exception):
    """What keeps the command from running and what to do about it, in one message for a person."""


def find_packages(project: Path, node: Node) -> Path:
    """The folder whose `node_modules` has the pinned packages; where none has them yet, they are installed once.

    Errors: CommandError when they cannot be installed.
    """
    manifests = _IN_WHEEL if _IN_WHEEL.exists() else _IN_SOURCE_TREE
    wanted = json.loads((manifests / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for folder in (project, *project.parents):
        if all(_has(folder, name, version) for name, version in wanted.items()):
            return folder
    return _cached(manifests, wanted["prisma"], node)


def _has(folder: Path, name: str, wanted: str) -> bool:
    """Whether a folder has a package, of exactly this version where the version is exact."""
    manifest = folder / "node_modules" / name / "package.json"
    if not manifest.is_file():
        return False
    found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return not wanted[0].isdigit() or found.get("version") == wanted


def _cached(manifests: Path, version: str, node: Node) -> Path:
    content = b"".join((manifests / name).read_bytes() for name in _MANIFESTS)
    try:
        folder = _cache() / f"npm-{hashlib.sha256(content).hexdigest()[:16]}"
        if not folder.is_dir():
            print(f"Installing Prisma {version} into {folder}, once.", file=sys.stderr, flush=True)  # noqa: T201  -- a program's word to a person
            _install(manifests, folder, node)
    except OSError as error:
        raise CommandError(f"the npm packages of Prisma {version} cannot be kept: {error}") from error
    return folder


def _cache() -> Path:
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    folder = (configured if configured.is_absolute() else Path.home() / ".cache") / "prisma-engine"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _install(manifests: Path, folder: Path, node: Node) -> None:
    """Install beside the folder and then rename, so that the folder is complete or not there."""
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{folder.name}."))  # only its owner may enter it
    try:
        for name in _MANIFESTS:
            shutil.copyfile(manifests / name, temporary / name)
        _npm_ci(temporary, node)
        _rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _npm_ci(folder: Path, node: Node) -> None:
    path = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(  # noqa: S603  -- fixed arguments, no shell
        [*node.npm, *_INSTALL],
        cwd=folder,
        env={**os.environ, "PATH": path},
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise CommandError(f"npm could not install Prisma; it said:\n{done.stdout.strip()}")


def _rename(temporary: Path, folder: Path) -> None:
    try:
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster, with the same packages
            raise
