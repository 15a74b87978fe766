"""Prisma's name for a machine."""

from __future__ import annotations

import pytest

from prisma_engine.generate.platforms import linux_target, native_target


@pytest.mark.parametrize(
    ("os_release", "library", "machine", "target"),
    [
        ("ID=debian\n", "libssl.so.3", "x86_64", "debian-openssl-3.0.x"),
        ('ID="pop"\nID_LIKE="ubuntu debian"\n', "libssl.so.1.1", "x86_64", "debian-openssl-1.1.x"),
        ("ID=fedora\n", "libssl.so.3.2.1", "x86_64", "rhel-openssl-3.0.x"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', "libssl.so.1.1", "x86_64", "rhel-openssl-1.1.x"),
        ("ID=arch\n", "libssl.so.3", "x86_64", "debian-openssl-3.0.x"),
        ("ID=alpine\n", "libssl.so.3", "x86_64", "linux-musl-openssl-3.0.x"),
        ("ID=alpine\n", "libssl.so.1.1", "x86_64", "linux-musl"),
        ("ID=alpine\n", "libssl.so.3", "aarch64", "linux-musl-arm64-openssl-3.0.x"),
        ("ID=ubuntu\n", "libssl.so.3", "arm64", "linux-arm64-openssl-3.0.x"),
        ("ID=nixos\n", "libssl.so.3", "x86_64", "linux-nixos"),
        ("ID=unheard-of\n", "libcrypto.so.3", "x86_64", "debian-openssl-1.1.x"),
        ("", "libssl.so.3", "x86_64", "debian-openssl-3.0.x"),
    ],
)
def test_a_linux_is_named_by_its_kind_and_its_openssl(os_release: str, library: str, machine: str, target: str) -> None:
    assert linux_target(os_release, [library], machine=machine) == target


def test_this_machine_has_a_name() -> None:
    assert native_target().split("-")[0] in {"darwin", "windows", "debian", "rhel", "linux", "openbsd", "netbsd"}
