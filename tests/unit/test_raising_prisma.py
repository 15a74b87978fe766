"""Another release of Prisma is compared with the pinned one in words, and taken only where our hosts fit it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
import wasmtime

import prisma_release
import raise_prisma
import release_pins
from node import find_node
from prisma_engine import upstream
from prisma_release import Release, published
from raise_prisma import Raising
from release_changes import missing, new
from steps import PROJECT, StepError
from wasm_tables import Host, Table, changes, hosts

ENGINE: Final = "schema_engine_bg.wasm"
COMMIT: Final = "d1b3f377ca835d73fd50954a5e22128b9ebdd6b8"
PROGRAM: Final = f'x={{"@prisma/engines-version":"8.1.0-1.{COMMIT}"}},y="--schema"'


def release(folder: Path, files: Mapping[str, bytes], *, version: str = "7.11.0", program: str = PROGRAM) -> Release:
    """A release whose archive has these files in its folder `build`."""
    archive = folder / f"prisma-{version}.tgz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for name, content in {**files, "cli.js": program.encode()}.items():
            member = tarfile.TarInfo(upstream.PACKAGE_FILES.get(name, f"package/build/{name}"))
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    return Release(version, f"sha512-{digest}", archive)


def pinned_files() -> dict[str, bytes]:
    return {name: upstream.path(name).read_bytes() for name in upstream.FILES}


def module(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(text))


OTHER_ENGINE: Final = module(
    """
    (module
      (import "./x.js" "__wbg_get_0000000000000000" (func (param externref i32) (result externref)))
      (import "./x.js" "__wbg_regrow_1111111111111111" (func (param f64)))
      (memory (export "memory") 1)
      (func (export "schemaengine_new")))
    """
)


@pytest.mark.parametrize("name", [name for name in upstream.FILES if name.endswith(".wasm")])
def test_the_pinned_modules_find_all_they_import_and_have_all_that_is_called(name: str) -> None:
    table = Table.of(name, upstream.path(name).read_bytes())
    assert list(hosts()[name].missing(table)) == []
    assert set(table.imports) <= hosts()[name].offers


def test_every_wasm_module_has_a_host() -> None:
    assert hosts().keys() == {name for name in upstream.FILES if name.endswith(".wasm")}


def test_every_export_that_a_host_names_is_looked_for() -> None:
    for name, folder in {**dict.fromkeys(hosts(), "compiler"), ENGINE: "schema_engine"}.items():
        exports = Table.of(name, upstream.path(name).read_bytes()).exports
        sources = [*(PROJECT / "src/prisma_engine" / folder).glob("*.*")]
        text = "".join(path.read_text(encoding="utf-8") for path in sources if path.suffix in {".py", ".wat"})
        named = {export for export in exports if export.startswith("_") and f'"{export}"' in text}
        assert named <= hosts()[name].calls


def test_a_release_like_the_pinned_one_fits_and_changes_nothing(tmp_path: Path) -> None:
    one = release(tmp_path, pinned_files())
    assert missing(one) == []
    assert all("the same" in line for line in new(one, one))


def test_what_a_module_lacks_is_named_with_the_module_and_what_is_like_it(tmp_path: Path) -> None:
    reasons = missing(release(tmp_path, {**pinned_files(), ENGINE: OTHER_ENGINE}))
    assert all(reason.startswith(f"{ENGINE}: it ") for reason in reasons)
    words = "\n".join(reasons)
    assert re.search(
        r"imports __wbg_get_0{16} \(\w+, i32\) → \(\w+\), which the host does not have; it has __wbg_get_7", words
    )
    assert "imports __wbg_regrow_1111111111111111 (f64) → (), which the host does not have\n" in words
    assert "does not export schemaengine_applyMigrations, which the host calls" in words
    assert "schemaengine_new" not in words


def test_an_export_is_like_one_that_has_other_hashes_within() -> None:
    host = Host(frozenset(), frozenset({"f_0000000000000000___g_h1111111111111111"}))
    other = "f_2222222222222222___g_h3333333333333333"

    (reason,) = host.missing(Table({}, {other: "() → ()", "f_2222222222222222___h": "() → ()"}))

    assert reason.endswith(f", which the host calls; it has {other}")


def test_a_version_that_npm_lacks_is_named_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho npm error code E404\nexit 1\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(StepError, match=r"^npm has no prisma@next: .*lists what it has$"):
        Release.named("next", tmp_path)


def test_another_program_is_told_from_a_release_that_lacks_a_file(tmp_path: Path) -> None:
    files = pinned_files()
    del files["studio.css"]
    assert missing(release(tmp_path, files)) == ["prisma@7.11.0 has no studio.css"]
    (reason,) = missing(release(tmp_path, {}, program=""))
    assert reason.endswith("nor a command line build/cli.js: it is another program")


def test_changed_tables_files_and_words_are_told(tmp_path: Path) -> None:
    before = release(tmp_path, pinned_files(), version="7.10.9")
    program = PROGRAM.replace("--schema", "--scheme")
    told = "\n".join(new(before, release(tmp_path, {**pinned_files(), ENGINE: OTHER_ENGINE}, program=program)))
    assert f"{ENGINE} is another: " in told
    assert "  import __wbg_regrow_1111111111111111 (f64) → () is new\n" in told
    assert "  export schemaengine_applyMigrations is gone\n" in told
    assert "options of the command line that are new: --scheme\n" in told
    assert "options of the command line that are gone: --schema" in told


def test_another_type_of_an_import_is_told() -> None:
    before, after = Table({"f": "() → ()"}, {}), Table({"f": "(i32) → ()"}, {})
    assert list(changes(before, after)) == ["import f was () → () and is (i32) → ()"]


def test_the_module_of_the_pins_is_written_as_it_stands() -> None:
    text = release_pins.pins(
        upstream.PRISMA_VERSION, upstream.INTEGRITY, upstream.ENGINES_VERSION, dict(upstream.FILES)
    )
    assert text == release_pins.PINS.read_text(encoding="utf-8")


def test_every_page_of_the_list_names_the_release() -> None:
    for page in release_pins.NAMING:
        assert upstream.PRISMA_VERSION in page.read_text(encoding="utf-8")


def test_what_names_a_version_is_found() -> None:
    assert "src/prisma_engine/upstream/pins.py" in release_pins.still_naming(upstream.PRISMA_VERSION)
    assert release_pins.still_naming(".".join(["7", "10", "999"])) == []


def test_a_release_says_which_engines_it_is_made_of(tmp_path: Path) -> None:
    assert release(tmp_path, {}).engines_version == f"8.1.0-1.{COMMIT}"
    with pytest.raises(StepError, match="does not say which engines"):
        _ = release(tmp_path, {}, program="").engines_version


RELEASES: Final = ["7.9.2", "7.10.0-dev.3", "7.10.0", "7.11.0"]
BUILDS: Final = [f"7.10.0-9.{COMMIT}", f"7.10.0-10.{COMMIT}", f"7.10.0-11.x-{COMMIT}", f"8.1.0-2.{COMMIT}"]


@pytest.mark.parametrize(
    ("every", "wanted", "found"),
    [
        (RELEASES, "7.10.0", "7.10.0"),
        (RELEASES, "7.10.1", "7.10.0"),
        (RELEASES, "7.9.10", "7.9.2"),
        (BUILDS, f"8.1.0-1.{COMMIT}", f"7.10.0-10.{COMMIT}"),
    ],
)
def test_what_npm_lacks_is_the_newest_before_it(
    every: list[str], wanted: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prisma_release, "run_quietly", lambda _command: json.dumps(every))
    assert published("@prisma/x", wanted) == found


def test_a_step_that_was_taken_is_not_taken_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = release(tmp_path, {})
    raising = Raising(one, one, tmp_path)
    taken: list[str] = []

    def fail() -> None:
        raise StepError("no network")

    with pytest.raises(StepError):
        raising.once("fetch it", fail)
    for _ in range(2):
        raising.once("fetch it", lambda: taken.append("fetched"))

    assert taken == ["fetched"]
    assert capsys.readouterr().out.count("done before") == 1


@pytest.mark.parametrize(("version", "stays"), [(upstream.PRISMA_VERSION, True), ("7.11.0", False)])
def test_steps_are_taken_again_where_the_tree_was_taken_back(tmp_path: Path, version: str, *, stays: bool) -> None:
    raising = Raising(release(tmp_path, {}, version="7.10.9"), release(tmp_path, {}, version=version), tmp_path / "to")
    raising.begin()
    raising.once("write the pins", lambda: None)
    taken: list[str] = []

    raising.begin()
    raising.once("write the pins", lambda: taken.append("again"))

    assert taken == ([] if stays else ["again"])
    assert (tmp_path / "to" / "before").read_text(encoding="utf-8") == "7.10.9"


@pytest.mark.skipif(find_node() is None, reason="there is no Node.js with npm on PATH, which raising wants")
def test_a_release_that_does_not_fit_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = release(tmp_path, pinned_files(), version="7.10.9")
    after = release(tmp_path, {**pinned_files(), ENGINE: OTHER_ENGINE})
    monkeypatch.setattr(Raising, "to", lambda _version: Raising(before, after, tmp_path / "notes"))
    pins = release_pins.PINS.read_bytes()

    with pytest.raises(StepError, match=r"prisma@7\.11\.0 does not fit, and nothing was written:\n  schema_engine_bg"):
        raise_prisma.raise_prisma("7.11.0")

    assert not (tmp_path / "notes").exists()
    assert release_pins.PINS.read_bytes() == pins
