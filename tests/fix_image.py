"""The image that the Dockerfile describes, made without a container engine: each stage is an overlay on this machine.

This machine stands for the base images. What the last of them has not, its Node, is hidden from what runs in the image.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from string import Template
from typing import Final

import pytest

from file_lock import locked
from fix_postgres import HOME_VARIABLE
from steps import PROJECT

__all__ = ["Image"]

_PROGRAMS: Final = ("unshare", "mount", "chroot", "setpriv")
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
_OF_ROOT: Final = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
_FOLDERS: Final = ("files", "work", "root")  # of an overlay: what it adds, what it needs, where it is mounted
_NODE: Final = ("node", "npm", "npx")
_TIMEOUT: Final = 300.0  # seconds, for one command

_BUILDS: Final = """
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/files,workdir=$0/work" "$0/root"
for place in /dev /proc "$1"; do
    mkdir -p "$0/root$place"
    mount --rbind "$place" "$0/root$place"
done
exec chroot "$0/root" sh -ec 'cd "$0"; eval "$1"' "$2" "$3"
"""
"""Runs a command in a stage; the Python that runs the tests is there too."""

_RUNS: Final = """
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/files,workdir=$0/work" "$0/root"
mount -o remount,bind,ro "$0/root"
for place in /dev /proc; do
    mount --bind "$place" "$0/root$place"
done
mount --bind "$1" "$0/root/mnt"
if [ -d "$0/root$2" ]; then
    mount -t tmpfs -o mode=700 none "$0/root$2"
fi
shift 2
: >"$0/nothing"
while [ "$1" != -- ]; do
    mount --bind "$0/nothing" "$0/root$1"
    shift
done
shift
exec chroot "$0/root" setpriv --clear-groups --no-new-privs --bounding-set=-all "$@"
"""
"""Runs a command in the image: nothing can be written, some files are hidden, and there is no network at all."""


@dataclass(slots=True)
class Image:
    """A stage, or what comes of it: what it adds to the base image, and how programs are started in it."""

    folder: str
    environment: dict[str, str]
    workdir: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)

    @property
    def files(self) -> Path:
        """What it adds."""
        return Path(self.folder, "files")

    def path(self, place: str) -> Path:
        """Where a place in it is on this machine."""
        return self.files / Path(self.workdir, place).relative_to("/")

    def build(self, command: str) -> None:
        """Run a command as its Dockerfile says, by root and with the network."""
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", _BUILDS, self.folder, sys.prefix, self.workdir, command],
            env={**_developer(), **self.environment},
            timeout=_TIMEOUT,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def run(
        self, *command: str, sockets: Path, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as a cluster would; `/mnt` is the folder with the sockets that it may use."""
        given = {**self.environment, **(environment or {})}
        uid, gid = self.user.split(":")
        inner = [f"--reuid={uid}", f"--regid={gid}", "env", "--ignore-environment", f"--chdir={self.workdir}"]
        inner += [*(f"{name}={value}" for name, value in given.items()), *command]
        outer = ["unshare", "--mount", "--net", "sh", "-c", _RUNS, self.folder, str(sockets), str(PROJECT)]
        with locked(Path(self.folder, "lock")):  # the files belong to one mount at a time
            return subprocess.run(
                [*outer, *self._hidden(), "--", *inner],
                env={"PATH": _OF_ROOT},
                timeout=_TIMEOUT,
                check=False,
                capture_output=True,
                text=True,
            )

    def _hidden(self) -> Iterator[str]:
        """Node, which the base image has not, and the wasm modules: to translate one anew would take seconds."""
        for folder in _PATH.split(":"):
            yield from (f"{folder}/{name}" for name in _NODE if Path(folder, name).exists())
        yield from (f"/{path.relative_to(self.files)}" for path in self.files.rglob("upstream/files/*.wasm"))


class _Build:
    """Does what a Dockerfile says, one instruction after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages: dict[str, Image] = {}
        self._instructions: Mapping[str, Callable[[str], None]] = {
            "FROM": self._from,
            "ENV": self._env,
            "WORKDIR": self._workdir,
            "COPY": self._copy,
            "RUN": self._run,
            "USER": self._user,
            "CMD": self._cmd,
        }

    def make(self, dockerfile: Path) -> Image:
        """Make all stages and return the last one."""
        lines = dockerfile.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("#"))
        for instruction in text.replace("\\\n", "").splitlines():
            if instruction:
                keyword, _, rest = instruction.partition(" ")
                self._instructions[keyword](rest.strip())
        return self._stage

    def _from(self, rest: str) -> None:
        folder = self._folder / str(len(self._stages))
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True)
        # The merged folders have the modes of these: everybody may reach Python, as in the base image.
        (folder / "files" / Path(sys.base_prefix).relative_to("/")).mkdir(parents=True)
        _, _, name = rest.partition(" AS ")
        own = {"PATH": _developer()["PATH"]} if name else {"PATH": _PATH, "HOME": "/"}  # as container engines have it
        self._stage = self._stages[name] = Image(str(folder), own)

    def _env(self, rest: str) -> None:
        given = dict(pair.split("=", 1) for pair in shlex.split(rest))
        known = self._stage.environment
        known |= {name: Template(value).substitute(known) for name, value in given.items()}

    def _workdir(self, rest: str) -> None:
        self._stage.workdir = rest
        self._stage.path(".").mkdir(parents=True, exist_ok=True)

    def _copy(self, rest: str) -> None:
        *sources, target = rest.removeprefix("--from=").split()
        origin = PROJECT
        if rest.startswith("--from="):
            name = sources.pop(0)
            if name not in self._stages:  # an image, for whose programs this machine has its own
                return
            origin = self._stages[name].files
        for source in sources:
            _copy(origin / source.removeprefix("/"), self._stage.path(target), into=target.endswith("/"))

    def _run(self, rest: str) -> None:
        self._stage.build(" ".join(word for word in rest.split() if not word.startswith("--mount=")))

    def _user(self, rest: str) -> None:
        self._stage.user = rest

    def _cmd(self, rest: str) -> None:
        self._stage.command = json.loads(rest)


def _copy(source: Path, target: Path, *, into: bool) -> None:
    """Copy a file or what is in a folder; from the project only what `.dockerignore` lets through."""
    if source.is_relative_to(PROJECT):
        assert f"!{source.relative_to(PROJECT)}" in (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__") if source.is_relative_to(PROJECT) else None
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy(source, target / source.name if into else target)


def _developer() -> dict[str, str]:
    """The environment that a stage is built in: with what finds the registries, and the tests' Python and pip."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # before 3.11, an environment that is made in another one has a link to that one's Python, which is hidden later
    python = Path(sys.executable) if sys.version_info >= (3, 11) else Path(sys.base_prefix, "bin", "python")
    return {**kept, "PATH": os.pathsep.join([str(python.parent), _OF_ROOT])}


@pytest.fixture(scope="session")
def image() -> Image:
    """The image; the run's first worker makes it."""
    folder = Path(os.environ[HOME_VARIABLE]) / "image"
    made = folder / "image.json"
    with locked(folder.with_suffix(".lock")):
        if not made.exists():
            reason = _why_no_image(folder)
            if reason:
                pytest.skip(reason)
            image = _Build(folder).make(PROJECT / "Dockerfile")
            made.write_text(json.dumps(asdict(image)), encoding="utf-8")
    return Image(**json.loads(made.read_text(encoding="utf-8")))


def _why_no_image(folder: Path) -> str:
    """Why there can be no image here, nothing where there can; the folder is empty afterwards."""
    if os.geteuid() != 0:
        return "only root may mount and become another user"
    missing = [program for program in _PROGRAMS if shutil.which(program, path=_OF_ROOT) is None]
    if missing:
        return f"there is no {' and no '.join(missing)}"
    for name in _FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    trial = ["unshare", "--mount", "--net", "sh", "-c", _BUILDS, str(folder), sys.prefix, "/", "true"]
    done = subprocess.run(trial, env={"PATH": _OF_ROOT}, check=False, capture_output=True, text=True)
    shutil.rmtree(folder)
    return done.stderr
