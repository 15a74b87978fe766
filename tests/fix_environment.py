"""A Python environment of its own, as `pip install` leaves it: nothing generated, and nobody's commands replaced."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any, Final

import pytest

from steps import PROJECT

_TIMEOUT: Final = 120.0  # seconds: a command that hangs fails its test instead of holding up the run
_OURS: Final = "prisma_engine.pth"
_OTHERS: Final = "others.pth"
_COVERAGE: Final = "COVERAGE_PROCESS_CONFIG"  # what `make coverage` tells the programs that tests start
_INHERITED: Final = ("HOME", "XDG_CACHE_HOME", _COVERAGE)  # the second has what was translated once
_RESTORE: Final = "from prisma_engine.generate.takeover import give_back; assert give_back() == []"


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """The environment: its Python, its script `prisma`, and its own copy of the package `prisma`."""

    folder: Path

    @property
    def scripts(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    @property
    def packages(self) -> Path:
        """Where its packages are."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    @property
    def taken(self) -> tuple[Path, Path]:
        """The files that taking over writes to."""
        return self.packages / "prisma" / "cli" / "__init__.py", self.scripts / "prisma"

    def run(
        self, *command: str, folder: Path, environment: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment, which has no Node on its PATH, and nothing to download with."""
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        path = os.pathsep.join([str(self.scripts), "/usr/bin", "/bin"])
        offline = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        return subprocess.run(
            command,
            cwd=folder,
            env={**inherited, "PATH": path, **offline, **(environment or {})},
            timeout=_TIMEOUT,
            check=False,
            text=True,
            capture_output=True,
            **options,
        )

    def python(self, code: str, folder: Path) -> str:
        """Run a piece of code that has to work, and return what it prints."""
        done = self.run("python", "-c", code, folder=folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def uninstall(self) -> None:
        """Take `prisma-engine` out of the environment."""
        (self.packages / _OURS).unlink()

    def install(self) -> None:
        """Put `prisma-engine` into the environment."""
        (self.packages / _OURS).write_text(f"{PROJECT / 'src'}\n", encoding="utf-8")


def make_environment_above(folder: Path) -> PythonEnvironment:
    """Make an environment that has what the tests' own has; what is installed into it stays in it."""
    venv.create(folder, symlinks=True, clear=True)
    environment = PythonEnvironment(folder)
    counting = "import coverage; coverage.process_startup()\n" if _COVERAGE in os.environ else ""
    (environment.packages / _OTHERS).write_text(f"{sysconfig.get_path('purelib')}\n{counting}", encoding="utf-8")
    return environment


def make_environment(folder: Path) -> PythonEnvironment:
    """Make the environment: what the tests' own has, but for a copy of Prisma Client Python as it was installed."""
    environment = make_environment_above(folder)
    environment.install()
    _copy_prisma(distribution("prisma"), environment)
    environment.python(_RESTORE, folder)
    return environment


def _copy_prisma(source: Distribution, environment: PythonEnvironment) -> None:
    for file in source.files or []:
        origin, target = Path(str(file.locate())), (environment.packages / file).resolve()
        if origin.is_file():  # with what Python has compiled, which fits by the time of its source
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, target)
    script = environment.scripts / "prisma"
    text = script.read_text(encoding="utf-8")
    first_line = text.partition("\n")[0]
    script.write_text(text.replace(first_line, f"#!{environment.scripts / 'python'}", 1), encoding="utf-8")


def installed_hash(file: str) -> str:
    """The hash of a file of Prisma Client Python as its author published it, in the form of a wheel's RECORD."""
    [entry] = [entry for entry in distribution("prisma").files or [] if str(entry) == file]
    assert entry.hash is not None
    return entry.hash.value


def hash_of(path: Path) -> str:
    """The hash of a file in the same form."""
    digest = hashlib.sha256(path.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> PythonEnvironment:
    """An environment for the tests of a module."""
    return make_environment(tmp_path_factory.mktemp("environment"))
