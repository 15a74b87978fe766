"""Copies of the working tree whose Make targets a test runs as a user runs them.

Every copy is in a folder that is closed to other accounts. As root, an embedded server runs as an unprivileged account,
which then reaches neither the project nor its virtual environment.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import asyncpg
import pytest

from bootstrap import ENVIRONMENT_STAMP, INSTALLATIONS, environment_source
from database_url import DatabaseUrl
from file_lock import locked
from fix_postgres import HOME_VARIABLE
from postgres_server import EmbeddedPostgres, free_port, speaks_postgres
from started import embedded_home
from steps import PROJECT, VENV

__all__ = ["Clone", "answers", "clone", "cloned", "failure_of", "fetch", "new_url", "wait_until"]

LONGEST_WAIT: Final = 180.0  # seconds; a bound for a machine under load, not an expectation
MESSAGE: Final = re.compile(r"^[Ee]rror: .+$", re.MULTILINE)
USER: Final = "keeper"
PASSWORD: Final = "a p@ss"
PROPERTY: Final = "content   String"
NOT_CLONED: Final = shutil.ignore_patterns(".git", ".venv", "node_modules", "files", ".data", "__pycache__", ".*_cache")
INSTALLED: Final = (".venv", "src/prisma_engine/upstream/files")
PACKAGES: Final = Path(sysconfig.get_path("purelib"))


@dataclass(frozen=True, slots=True)
class Clone:
    """A copy of the project, and the database that its commands are told to use."""

    folder: Path
    url: str
    programs: tuple[Path, ...] = field(default=())

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start make; nobody answers its questions unless `stdin` says who."""
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.folder,
            env=self.variables(),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def make(self, *arguments: str) -> str:
        """Run make and return what it printed; it has to succeed."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate(timeout=LONGEST_WAIT)
        assert process.returncode == 0, stdout + stderr
        return stdout

    def fail(self, *arguments: str) -> str:
        """Run make and return its one message; it has to fail."""
        process = self.start(*arguments)
        return failure_of(process)

    def variables(self) -> dict[str, str]:
        """A user's environment: nothing of the make that runs the tests, and no Docker but its stand-in."""
        kept = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
        path = [str(folder) for folder in self.programs]
        path += [folder for folder in kept["PATH"].split(os.pathsep) if Path(folder) != VENV / "bin"]
        docker = {} if self.programs else {"DOCKER_HOST": "tcp://127.0.0.1:1"}
        return {**kept, **docker, "PATH": os.pathsep.join(path), "DATABASE_URL": self.url}

    def migrations(self) -> list[str]:
        """The names of the migrations, without their times."""
        return [path.parent.name.partition("_")[2] for path in sorted(self.folder.glob("migrations/*/migration.sql"))]

    def change_schema(self) -> None:
        """Give the messages one more column."""
        schema = self.folder / "schema.prisma"
        text = schema.read_text(encoding="utf-8")
        assert PROPERTY in text
        schema.write_text(text.replace(PROPERTY, f"language  String?\n  {PROPERTY}", 1), encoding="utf-8")

    def use_own_environment(self, *copied: str) -> None:
        """Make an environment of the packages that are installed, with a client of its own; `copied` are in it."""
        environment = self.folder / ".venv"
        environment.unlink()
        shutil.copytree(VENV, environment, symlinks=True, ignore=_leave_out_packages)
        for package in PACKAGES.iterdir():
            target = environment / PACKAGES.relative_to(VENV) / package.name
            if package.name in {"prisma", *copied}:
                shutil.copytree(package, target, symlinks=True)  # bytecode fits by the time of its source
            else:
                target.symlink_to(package)
        (environment / ENVIRONMENT_STAMP.name).write_text(environment_source(environment), encoding="utf-8")

    def use_ready_data(self) -> None:
        """Have the data folder that `make db-up` would create, which takes it half a second; the run makes one."""
        made = Path(os.environ[HOME_VARIABLE]) / "embedded"
        with locked(made.with_suffix(".lock")):
            EmbeddedPostgres(made).create(user=USER, password=PASSWORD)
        subprocess.run(["cp", "-a", made / "data", self.ready_data], check=True)
        self.embedded_home.mkdir(mode=0o700, parents=True)
        (self.embedded_home / "data").symlink_to(self.ready_data)  # on a disk, it would take as long to write

    @property
    def ready_data(self) -> Path:
        """Where that folder is: with the run's files, which may be in memory."""
        return self.folder.parent.with_name(f"data-of-{self.folder.parent.name}")

    @property
    def embedded_home(self) -> Path:
        """Where its embedded server keeps its files."""
        return embedded_home(self.folder)

    @property
    def postmaster(self) -> int:
        """The process of the embedded server."""
        return int((self.embedded_home / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


def _leave_out_packages(folder: str, names: list[str]) -> list[str]:
    return names if Path(folder) == PACKAGES else ["ruff", "hadolint"]


def failure_of(process: subprocess.Popen[str]) -> str:
    """The one message of a command that has to fail."""
    stdout, stderr = process.communicate(timeout=LONGEST_WAIT)
    assert process.returncode != 0, stdout
    assert "Traceback" not in stdout + stderr
    messages = MESSAGE.findall(stderr)
    assert len(messages) == 1, stderr
    return str(messages[0])


@contextmanager
def cloned(url: str) -> Iterator[Clone]:
    """A copy of the project that shares what was installed; whatever it started is gone afterwards."""
    missing = [installation.name for installation in INSTALLATIONS if not installation.is_current()]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (make test installs it)")
    folder = Path(os.environ[HOME_VARIABLE]).resolve() / f"clone-{uuid.uuid4().hex}" / "project"
    folder.parent.mkdir(mode=0o700)
    shutil.copytree(PROJECT, folder, ignore=_not_cloned)
    for installed in INSTALLED:
        (folder / installed).symlink_to((PROJECT / installed).resolve())
    made = Clone(folder, url)
    try:
        yield made
    finally:
        EmbeddedPostgres(made.embedded_home).stop(mode="immediate")
        for left in (made.embedded_home, made.ready_data, folder.parent):
            shutil.rmtree(left, ignore_errors=True)


def _not_cloned(folder: str, names: list[str]) -> set[str]:
    """What a copy has not: no target that is tried on one needs the tests, which are half of the files.

    The scripts keep their bytecode, or each copy would compile them anew.
    """
    if Path(folder) == PROJECT / "scripts":
        return NOT_CLONED(folder, names) - {"__pycache__"}
    return NOT_CLONED(folder, names) | ({"tests"} if Path(folder) == PROJECT else set())


@pytest.fixture
def clone() -> Iterator[Clone]:
    """A copy of the project, with a port of its own."""
    with cloned(new_url()) as made:
        yield made


def new_url() -> str:
    """A DATABASE_URL of this machine with a free port."""
    return f"postgresql://{USER}:{quote(PASSWORD)}@localhost:{free_port()}/chat?schema=public"


async def fetch(url: str, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query, read without the module."""
    parts = DatabaseUrl.parse(url)
    connection = await asyncpg.connect(
        host=parts.host, port=parts.port, user=parts.user, password=parts.password, database=parts.database
    )
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


def answers(url: str) -> bool | None:
    parts = DatabaseUrl.parse(url)
    return speaks_postgres(parts.host, parts.port)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
