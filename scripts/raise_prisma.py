"""make raise-prisma: put the project on another release of Prisma, and say what is new in it.

docs/raising-prisma.md says what to look at afterwards. Nothing is written before the release is known to fit.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bootstrap import PYTHON
from node import find_node, install_packages
from postgres_server import EmbeddedPostgres, free_port
from prisma_engine import upstream
from prisma_release import Release
from release_changes import missing, new
from release_pins import PACKAGES, name_release, still_naming, write_packages, write_pins
from started import DATA, embedded_home
from steps import PROJECT, StepError, environment, main, run_quietly, say, step

_FOLDER: Final = DATA / "raise-prisma"
_BEFORE: Final = "before"
_SERVER_VARIABLE: Final = "TEST_DATABASE_URL"
_RECORDED: Final = ("tests/plans", "tests/life/official.json", "tests/interop/answers")
_RECORDING: Final = tuple(f"tests/interop/test_{name}.py" for name in ("command_line", "generate", "migrate"))
_TESTS: Final = (
    "tests/unit/test_pins.py", "tests/unit/test_fetch_prisma.py", "tests/unit/prisma_engine",
    "tests/integration/test_compiler.py", "tests/integration/test_schema_engine.py",
    "tests/integration/test_cockroachdb.py", "tests/conformance", "tests/interop", "tests/acceptance/test_life.py",
    "tests/acceptance/test_command_line.py", "tests/acceptance/test_drop_in.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Raising:
    """The way from one release to another; a note of each step that is done lets it go on where it has stopped."""

    before: Release
    after: Release
    folder: Path

    @classmethod
    def to(cls, version: str) -> Raising:
        """Towards a version or a tag of npm's, from the pinned release or from where an earlier try began."""
        after = Release.named(version, _FOLDER)
        folder = _FOLDER / after.version
        begun = folder / _BEFORE
        before = begun.read_text(encoding="utf-8") if begun.exists() else upstream.PRISMA_VERSION
        return cls(Release.named(before, _FOLDER), after, folder)

    def begin(self) -> None:
        """Note where this begins, because the pins will not tell that any more; a tree taken back begins anew."""
        if self.after.version != upstream.PRISMA_VERSION:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / _BEFORE).write_text(self.before.version, encoding="utf-8")

    def once(self, name: str, action: Callable[[], None]) -> None:
        """Take a step, unless an earlier try has."""
        note = self.folder / f"{name.replace(' ', '-')}.done"
        with step(name):
            if note.exists():
                say("    done before")
                return
            action()
            note.touch()

    def write(self) -> None:
        """Pin the new release, and name it where the one before was named."""
        write_pins(self.after)
        name_release(self.before, self.after)

    def put_files(self) -> None:
        """Put Prisma's files into the checkout, by the new pins."""
        _python("scripts/fetch_prisma.py", PRISMA_PACKAGE=str(self.after.archive))

    def install_packages(self) -> None:
        """Install the npm packages that the tests compare with."""
        write_packages(self.after)
        install_packages(PACKAGES.parent)


def raise_prisma(version: str) -> None:
    """Take all steps. Errors: StepError, also where the release does not fit."""
    if find_node() is None:
        raise StepError("Prisma's own command line and runtime are compared with: put Node.js with npm on PATH")
    if not version:
        raise StepError("name the release: make raise-prisma version=7.10.1 (or a tag of npm's, version=latest)")
    with step(f"fetch prisma@{version}"):
        raising = Raising.to(version)
        if raising.before == raising.after:
            say(f"    the project stands on {raising.after.version} already: all is recorded and tested anew")
    with step(f"compare {raising.before.version} with {raising.after.version}"):
        for line in new(raising.before, raising.after):
            say(f"    {line}")
        _check(raising.after)
    raising.begin()
    raising.once("write the pins", raising.write)
    raising.once("put Prisma's files", raising.put_files)
    raising.once("install the npm packages", raising.install_packages)
    raising.once("record the plans", lambda: _record("plans.record"))
    raising.once("record the answers of the command line", lambda: _record("life.record"))
    raising.once("record the answers to single commands", _record_answers)
    _tell(raising)
    with step("run the tests that look at Prisma"):
        _run_tests()
    shutil.rmtree(raising.folder)  # another time it begins anew


def _check(release: Release) -> None:
    reasons = missing(release)
    if reasons:
        listed = "\n  ".join(reasons)
        raise StepError(f"prisma@{release.version} does not fit, and nothing was written:\n  {listed}")


def _record(module: str) -> None:
    with _server() as url:
        _python("-m", module, url)


def _record_answers() -> None:
    """Let the official command line answer; where ours then answers otherwise, the tests at the end say so."""
    _tested(f"-q {' '.join(_RECORDING)}", TEST_OFFICIAL_RECORD="1")


@contextmanager
def _server() -> Iterator[str]:
    """The URL of a server for the block, without a database: the one that the tests are told of, or one of our own."""
    external = os.environ.get(_SERVER_VARIABLE)
    if external:
        yield external.partition("?")[0].rpartition("/")[0]
        return
    password, port = secrets.token_hex(8), free_port()
    base = embedded_home().parent
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="prisma-recording-", dir=base) as folder:
        server = EmbeddedPostgres(Path(folder))
        server.create(user="recorder", password=password)
        server.start(host="127.0.0.1", port=port, settings={"fsync": "off"})
        try:
            yield f"postgresql://recorder:{password}@127.0.0.1:{port}"
        finally:
            server.stop(mode="immediate")


def _python(*arguments: str, **variables: str) -> None:
    """Run a program of the project, which sees what has been written."""
    path = os.pathsep.join(str(PROJECT / name) for name in ("tests", "scripts", "src"))
    run_quietly([str(PYTHON), *arguments], env={**environment(), "PYTHONPATH": path, **variables})


def _tell(raising: Raising) -> None:
    """Say what was recorded differently, and what still names the release before."""
    say("==> what has changed in the tree (git diff shows how)")
    changed = run_quietly(["git", "diff", "--stat=110", "--", *_RECORDED]).rstrip()
    say(changed or "    all plans and answers are as they were")
    if raising.before != raising.after:
        for path in still_naming(raising.before.version):
            say(f"    {path} still names {raising.before.version}")


def _run_tests() -> None:
    # the official command line has just answered everything: now both go on where the other has stopped, in turns
    if not _tested(" ".join(_TESTS), TEST_OFFICIAL_EVERY="2"):
        raise StepError("some answers are others: what the tests say above is the list; docs/raising-prisma.md goes on")


def _tested(arguments: str, **variables: str) -> bool:
    """Whether the tests pass."""
    command = [str(PYTHON), "scripts/run_tests.py", arguments]
    return subprocess.run(command, cwd=PROJECT, env={**environment(), **variables}, check=False).returncode == 0


if __name__ == "__main__":
    main(lambda: raise_prisma(sys.argv[1] if len(sys.argv) > 1 else ""))
