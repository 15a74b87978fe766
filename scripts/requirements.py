"""The bounded requirements of both distributions, as they stand in the two pyproject.toml."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.version import Version

from steps import PROJECT, StepError

__all__ = ["FILES", "Bounded", "bounded", "newest_bound"]

FILES: Final = ("pyproject.toml", "src/pyproject.toml")
_BOUNDED: Final = re.compile(r'"(?P<requirement>[a-zA-Z][^"\n]*<\d[^"\n]*)"')
_GROUP: Final = re.compile(r"^(?P<name>[a-z-]+) = \[.*\n(?:    .*\n)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Bounded:
    """A requirement with an upper bound, and where it stands."""

    file: str
    group: str
    text: str

    @property
    def requirement(self) -> Requirement:
        """What it says."""
        return Requirement(self.text)

    @property
    def name(self) -> str:
        """The package."""
        return self.requirement.name

    @property
    def is_for_users(self) -> bool:
        """Whether a program has it that uses the module; the others are for development."""
        return self.group in {"dependencies", "otel"}

    @property
    def lowest(self) -> Version:
        """The lower bound."""
        return next(Version(item.version) for item in self.requirement.specifier if item.operator == ">=")

    @property
    def installed(self) -> str:
        """The installed version, `-` where there is none."""
        try:
            return importlib.metadata.version(self.name)
        except importlib.metadata.PackageNotFoundError:
            return "-"

    def versions(self) -> list[Version]:
        """What the index has for this Python, the newest first. Errors: StepError."""
        command = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", self.name]
        done = subprocess.run(command, check=False, text=True, capture_output=True)
        found = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
        if found is None:
            raise StepError(f"the index tells no versions of {self.name}: {done.stderr.strip()}")
        return [Version(version) for version in found[1].split(", ")]

    def pinned(self, version: Version) -> str:
        """The text that asks for one version."""
        extras = f"[{','.join(sorted(self.requirement.extras))}]" if self.requirement.extras else ""
        marker = f"; {self.requirement.marker}".replace('"', "'") if self.requirement.marker else ""
        return f"{self.name}{extras}=={version}{marker}"

    def widened(self, version: Version) -> str:
        """The text that also takes this version."""
        return re.sub(r"<[\d.]+", f"<{newest_bound(self.requirement, version)}", self.text, count=1)


def bounded(folder: Path = PROJECT) -> Iterator[Bounded]:
    """All that this Python would install, in the order in which they stand."""
    for file in FILES:
        for group in _GROUP.finditer((folder / file).read_text(encoding="utf-8")):
            for written in _BOUNDED.finditer(group[0]):
                found = Bounded(file, group["name"], written["requirement"])
                if found.requirement.marker is None or found.requirement.marker.evaluate():
                    yield found


def newest_bound(requirement: Requirement, version: Version) -> str:
    """The first version after it that may break something, as exactly as the bound was written: <51, or <0.33."""
    bound = next(item.version for item in requirement.specifier if item.operator == "<")
    numbers = list(version.release[: len(bound.split("."))])
    return ".".join(map(str, [*numbers[:-1], numbers[-1] + 1]))
