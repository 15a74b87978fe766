"""A release of the npm package `prisma`, as npm hands it out: its archive, and what is said of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import fetch_prisma
from steps import StepError, run_quietly

_BUILD: Final = "package/build/"
_ENGINES: Final = re.compile(r'"@prisma/engines-version":"(\d[^"]*\.[0-9a-f]{40})"')
_NUMBERS: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-(\d+)\.[0-9a-f]{40})?")  # a release, or a build of the engines


@dataclass(frozen=True)
class Release:
    """One release, whose archive is on this machine."""

    version: str
    integrity: str
    archive: Path

    @classmethod
    def named(cls, version: str, folder: Path) -> Release:
        """The release of a version or a tag such as `latest`; its archive is fetched into the folder, once.

        Errors: StepError where npm has none, or what came is damaged.
        """
        told = view(f"prisma@{version}", "version", "dist.integrity")
        release = cls(told["version"], told["dist.integrity"], folder / f"prisma-{told['version']}.tgz")
        if not release.archive.exists() or not release._is_whole():
            folder.mkdir(parents=True, exist_ok=True)
            fetch_prisma.pack(release.version, folder)
        if not release._is_whole():
            raise StepError(f"{release.archive} is not what npm says of prisma@{release.version}: delete it, try again")
        return release

    @cached_property
    def build(self) -> dict[str, bytes]:
        """The files of its folder `build` by their names, and its LICENSE."""
        with tarfile.open(self.archive) as archive:
            files = [member for member in archive.getmembers() if member.isfile()]
            wanted = [file for file in files if file.name.startswith(_BUILD) or file.name == "package/LICENSE"]
            return {file.name.rpartition("/")[2]: _read(archive, file) for file in wanted}

    @cached_property
    def program(self) -> str:
        """The text of its command line; none where there is no such file."""
        return self.build.get("cli.js", b"").decode()

    @property
    def engines_version(self) -> str:
        """The build of Prisma's engines that it is made of. Errors: StepError."""
        found = _ENGINES.search(self.program)
        if found is None:
            raise StepError(f"build/cli.js of prisma@{self.version} does not say which engines it is made of")
        return found[1]

    def _is_whole(self) -> bool:
        algorithm, _, digest = self.integrity.partition("-")
        return hashlib.new(algorithm, self.archive.read_bytes()).digest() == base64.b64decode(digest)


def view(package: str, *fields: str) -> dict[str, Any]:
    """What npm says of a package. Errors: StepError where there is none of that version."""
    try:
        told: dict[str, Any] = json.loads(run_quietly(["npm", "view", package, *fields, "--json"]))
    except StepError as error:
        if "E404" not in str(error):
            raise
        raise StepError(f"npm has no {package}: `npm view prisma versions dist-tags` lists what it has") from None
    return told


def published(package: str, version: str) -> str:
    """The version, or the newest before it where npm has no such one: not all packages are published every time.

    Errors: StepError where npm has neither.
    """
    told = json.loads(run_quietly(["npm", "view", package, "versions", "--json"]))
    every: list[str] = [told] if isinstance(told, str) else told
    if version in every:
        return version
    earlier = [one for one in every if _NUMBERS.fullmatch(one) and _order(one) < _order(version)]
    if not earlier:
        raise StepError(f"npm has neither {package}@{version} nor one before it")
    return max(earlier, key=_order)


def _order(version: str) -> tuple[int, ...]:
    """What versions are compared by."""
    numbers = _NUMBERS.match(version)
    return tuple(int(number or 0) for number in numbers.groups()) if numbers else ()


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return b"" if file is None else file.read()
