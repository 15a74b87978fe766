"""The name that Prisma has for this machine, which it tells every generator.

Source: Prisma 7.10, `getBinaryTargetForCurrentPlatform`.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["native_target"]

_OS_RELEASE: Final = Path("/etc/os-release")
_LIBSSL: Final = re.compile(r"libssl\.so\.(\d)(\.\d)?")
_DEFAULT_SSL: Final = "1.1.x"
_OTHERS: Final[Mapping[str, str]] = {"win32": "windows", "openbsd": "openbsd", "netbsd": "netbsd", "darwin": "darwin"}
_FAMILIES: Final[Mapping[str, frozenset[str]]] = {
    "musl": frozenset({"alpine"}),
    "nixos": frozenset({"nixos"}),
    "debian": frozenset({"debian", "ubuntu", "raspbian", "arch"}),
    "rhel": frozenset({"rhel", "centos", "fedora", "suse"}),
}


@cache
def native_target() -> str:
    """What `native` means here, e.g. `debian-openssl-3.0.x`."""
    is_arm = platform.machine().lower() in {"arm64", "aarch64"}
    if sys.platform == "darwin" and is_arm:
        return "darwin-arm64"
    kind = sys.platform.rstrip("0123456789")
    return _OTHERS.get(kind) or _linux(_family(), _openssl(), is_arm=is_arm)


def _linux(family: str, openssl: str | None, *, is_arm: bool) -> str:
    version = openssl or _DEFAULT_SSL
    if family == "nixos":
        return "linux-nixos"
    if is_arm:
        return f"linux-musl-arm64-openssl-{version}" if family == "musl" else f"linux-arm64-openssl-{version}"
    if family == "musl":
        return "linux-musl" if version.startswith("1.") else f"linux-musl-openssl-{version}"
    return f"{family}-openssl-{version}"


def _family() -> str:
    """The kind of Linux; one that is not known takes what is built for Debian."""
    try:
        text = _OS_RELEASE.read_text(encoding="utf-8")
    except OSError:
        return "debian"
    names = [
        word.lower()
        for line in re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)"?$', text, re.MULTILINE)
        for word in line.split()
    ]
    return next((family for name in names for family, known in _FAMILIES.items() if name in known), "debian")


def _openssl() -> str | None:
    """The version of the library that lies where the system keeps its libraries; of 3 there is one kind."""
    found = next((_LIBSSL.match(path.name) for path in _libraries()), None)
    if found is None:
        return None
    return f"{found[1]}.0.x" if found[1] == "3" else f"{found[1]}{found[2] or '.0'}.x"


def _libraries() -> Iterator[Path]:
    triple = f"{platform.machine()}-linux-gnu"
    for folder in (f"/usr/lib/{triple}", f"/lib/{triple}", "/lib64", "/usr/lib64", "/lib", "/usr/lib"):
        yield from sorted(path for path in Path(folder).glob("libssl.so.*") if not path.name.startswith("libssl.so.0"))
