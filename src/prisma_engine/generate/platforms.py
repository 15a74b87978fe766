"""The name that Prisma has for this machine, which it tells every generator.

Source: Prisma 7.10, `getBinaryTargetForCurrentPlatform`.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["linux_target", "native_target"]

_ARM: Final = frozenset({"arm64", "aarch64"})
_NAMES: Final = re.compile(r'^(?:ID|ID_LIKE)="?([^"\n]*)"?$', re.MULTILINE)
_LIBSSL: Final = re.compile(r"libssl\.so\.(\d)(\.\d)?")
_DEFAULT_SSL: Final = "1.1.x"
_OTHERS: Final[Mapping[str, str]] = {
    "win": "windows",
    "darwin": "darwin",
    "openbsd": "openbsd",
    "netbsd": "netbsd",
    "freebsd": sys.platform,
}
"""By Python's name for the system, without a number."""

_FAMILIES: Final[Mapping[str, frozenset[str]]] = {
    "musl": frozenset({"alpine"}),
    "nixos": frozenset({"nixos"}),
    "debian": frozenset({"debian", "ubuntu", "raspbian", "arch"}),
    "rhel": frozenset({"rhel", "centos", "fedora", "suse"}),
}


@cache
def native_target() -> str:
    """What `native` means here, e.g. `debian-openssl-3.0.x`."""
    machine = platform.machine().lower()
    if sys.platform == "darwin" and machine == "arm64":
        return "darwin-arm64"
    kind = sys.platform.rstrip("0123456789")
    return _OTHERS.get(kind) or linux_target(_os_release(), _libraries(), machine=machine)


def linux_target(os_release: str, libraries: Iterable[str], *, machine: str) -> str:
    """What `native` means on a Linux of which this file tells, and which has these libraries of OpenSSL."""
    family, version = _family(os_release), _openssl(libraries)
    if family == "nixos":
        return "linux-nixos"
    if machine in _ARM:
        return f"linux-{'musl-' if family == 'musl' else ''}arm64-openssl-{version}"
    if family == "musl":
        return "linux-musl" if version.startswith("1.") else f"linux-musl-openssl-{version}"
    return f"{family}-openssl-{version}"


def _family(os_release: str) -> str:
    """The kind of Linux; one that is not known takes what is built for Debian."""
    names = [word.lower() for line in _NAMES.findall(os_release) for word in line.split()]
    return next((family for name in names for family, known in _FAMILIES.items() if name in known), "debian")


def _openssl(libraries: Iterable[str]) -> str:
    """The version of the first library; of 3 there is one kind."""
    found = next(filter(None, map(_LIBSSL.match, libraries)), None)
    if found is None:
        return _DEFAULT_SSL
    return f"{found[1]}.0.x" if found[1] == "3" else f"{found[1]}{found[2] or '.0'}.x"


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


def _libraries() -> Iterator[str]:
    """The names in the places where systems keep their libraries, in Prisma's order."""
    triple = f"{platform.machine()}-linux-gnu"
    for folder in (f"/usr/lib/{triple}", f"/lib/{triple}", "/lib64", "/usr/lib64", "/lib", "/usr/lib"):
        yield from sorted(path.name for path in Path(folder).glob("libssl.so.[1-9]*"))
