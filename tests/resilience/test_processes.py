"""One program in several processes, threads and event loops, as servers run it and as any user."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import prisma
import pytest
from prisma.client import SCHEMA_PATH

from database import DatabaseService
from database_url import DatabaseUrl
from fix_postgres import HOME_VARIABLE, Server
from resilience import process_program
from resilience.process_program import CHILDREN, PARENT, PARENT_AFTER, PARENT_BEFORE, chat, texts
from steps import PROJECT

_LONG: Final = 120  # seconds until a test gives up; none takes a tenth of it
_STRICT: Final = ("-W", "error", "-W", "ignore:This process:DeprecationWarning")
"""Python 3.12 warns of each fork of a process that has threads."""

_WORKERS: Final = 4
_PROXIES: Final = {
    "HTTP_PROXY": "nonsense",
    "HTTPS_PROXY": "nonsense://[::",
    "ALL_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "://[",
}
_ENOUGH: Final = 20_000  # requests, for every worker to have got one

pytestmark = pytest.mark.direct("it would be the pooler's connections that are counted")

Run = Callable[..., dict[str, int]]


def _environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)}


def _finished(command: list[str], environment: Mapping[str, str]) -> dict[str, int]:
    """Who was served by which server process; the program may neither fail nor complain."""
    done = subprocess.run(command, env=environment, timeout=_LONG, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(json.loads(line) for line in done.stdout.splitlines())


@pytest.fixture
def run(migrated_url: str) -> Run:
    """Run `process_program` with these arguments, and more environment."""

    def run(*arguments: str, **more: str) -> dict[str, int]:
        command = [sys.executable, *_STRICT, process_program.__file__, *arguments]
        return _finished(command, _environment(f"{migrated_url}&connection_limit=1") | more)

    return run


async def _stored(server: Server, url: str) -> Counter[str]:
    connection = await server.connect(DatabaseUrl.parse(url).database)
    try:
        return Counter(row["content"] for row in await connection.fetch('SELECT content FROM "Message"'))
    finally:
        await connection.close()


async def _until_connections(number: int, server: Server, url: str) -> None:
    """Wait until the database has so many connections; the server notices a little later that one was hung up."""

    async def wait() -> None:
        while await server.connections(url) != number:  # noqa: ASYNC110  # a server has no events
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), _LONG)


def _of(*names: str) -> Counter[str]:
    return Counter(text for name in names for text in texts(name))


@pytest.mark.parametrize("when", ["forks", "forks-with-a-client", "forks-with-connections"])
async def test_forked_children_and_their_parent_chat_at_once_on_connections_of_their_own(
    when: str, run: Run, server: Server, migrated_url: str
) -> None:
    served = run(when)
    assert len({served[name] for name in (PARENT, *CHILDREN)}) == 1 + len(CHILDREN)
    assert {served[name] for name in (PARENT_BEFORE, PARENT, PARENT_AFTER) if name in served} == {served[PARENT]}
    assert await _stored(server, migrated_url) == _of(*served)
    await _until_connections(0, server, migrated_url)


@pytest.mark.parametrize("method", ["fork", "spawn"])
async def test_a_process_pool_may_be_started_in_the_middle_of_calls(
    method: str, run: Run, server: Server, migrated_url: str
) -> None:
    served = run("pool", method)
    assert served[PARENT_BEFORE] == served[PARENT] == served[PARENT_AFTER]
    assert served[PARENT] not in {served[name] for name in CHILDREN}
    assert await _stored(server, migrated_url) == _of(*served)
    await _until_connections(0, server, migrated_url)


async def test_threads_that_ask_for_the_service_first_all_get_the_same(
    run: Run, server: Server, migrated_url: str
) -> None:
    served = run("threads")
    assert len(set(served.values())) == len(CHILDREN)
    assert await _stored(server, migrated_url) == _of(*CHILDREN)


async def test_each_event_loop_of_a_shared_service_has_connections_that_end_with_it(
    db: DatabaseService, server: Server, migrated_url: str
) -> None:
    await db.sessions.create_session()
    own = await server.connections(migrated_url)
    barrier = threading.Barrier(len(CHILDREN), timeout=_LONG)

    async def talk(name: str) -> int:
        served = await chat(name, db)
        barrier.wait()  # all event loops have connections now
        return served

    served = await asyncio.gather(*(asyncio.to_thread(asyncio.run, talk(name)) for name in CHILDREN))
    assert len(set(served)) == len(CHILDREN)
    await _until_connections(own, server, migrated_url)
    await chat(PARENT, db)
    assert await _stored(server, migrated_url) == _of(PARENT, *CHILDREN)


async def test_a_service_that_is_dropped_warns_and_leaves_no_connection_behind(
    server: Server, migrated_url: str
) -> None:
    db = DatabaseService(url=migrated_url)
    await chat(PARENT, db)
    assert await server.connections(migrated_url) > 0
    with pytest.warns(ResourceWarning, match=r"was dropped with open connections"):  # noqa: PT031  # it takes two steps
        del db
        gc.collect()  # a client and its models' methods refer to each other
    await _until_connections(0, server, migrated_url)


async def test_proxies_of_the_environment_change_nothing(run: Run, server: Server, migrated_url: str) -> None:
    run("alone", **_PROXIES, **{name.lower(): value for name, value in _PROXIES.items()})
    assert await _stored(server, migrated_url) == _of("alone")


@pytest.fixture
def web_server(migrated_url: str) -> Iterator[WebServer]:
    """The web server uvicorn with several workers; requests wait in its socket until there is one."""
    command = [sys.executable, "-m", "uvicorn", "resilience.chat_app:app", "--workers", str(_WORKERS)]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            [*command, "--fd", str(listener.fileno()), "--lifespan", "off", "--log-level", "warning"],
            env=_environment(migrated_url),
            pass_fds=[listener.fileno()],
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with process:
            yield WebServer(process, listener.getsockname()[1])
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class WebServer:
    """A running `chat_app`."""

    process: subprocess.Popen[str]
    port: int

    def store_until_all_workers_have(self, session: str) -> dict[str, int]:
        """Send requests, several at once, and return which process has stored which message."""
        answers: dict[str, int] = {}
        with ThreadPoolExecutor(16) as threads:
            while len(set(answers.values())) < _WORKERS:  # some begin later than others
                contents = [str(len(answers) + number) for number in range(100)]
                answers.update(threads.map(lambda content: (content, self._store(session, content)), contents))
                assert len(answers) < _ENOUGH, Counter(answers.values())
        return answers

    def _store(self, session: str, content: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_LONG)
        with closing(connection):
            connection.request("GET", f"/{session}/{content}")
            response = connection.getresponse()
            assert response.status == HTTPStatus.OK
            return int(response.read())

    def terminate(self) -> str:
        """End it as a supervisor of services does, and return what it complained about."""
        self.process.terminate()
        return self.process.communicate(timeout=_LONG)[1]


async def test_the_workers_of_a_web_server_store_each_request_once_and_leave_no_connection_behind(
    web_server: WebServer, db: DatabaseService, server: Server, migrated_url: str
) -> None:
    session = await db.sessions.create_session()
    own = await server.connections(migrated_url)
    answers = await asyncio.to_thread(web_server.store_until_all_workers_have, session.id)
    assert await _stored(server, migrated_url) == Counter(answers.keys())
    assert await server.connections(migrated_url) >= own + _WORKERS
    assert await asyncio.to_thread(web_server.terminate) == ""
    await _until_connections(own, server, migrated_url)


_CONTAINER: Final = """
set -e
for place in /tmp /var/tmp /dev/shm; do
    mount --bind "$place" "$place"
    mount -o remount,bind,ro "$place"
done
cd "$0"
for place in python site; do
    mount --bind "$1" "$place"
    mount -o remount,bind,ro "$place"
    shift
done
mount -t tmpfs -o mode=700 none "$1"
shift
mount -o remount,bind,ro /
exec setpriv --reuid=12345 --regid=12345 --clear-groups "$@"
"""
"""Runs a program in a mount namespace of its own: as a user without a name, who can write nowhere."""


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """A folder that all users can reach, with the module, the engine, the client and the program."""
    reason = _why_no_container()
    if reason:
        pytest.skip(reason)
    folder = Path(os.environ[HOME_VARIABLE]) / f"image-{uuid.uuid4().hex}"
    app = folder / "app"
    for package in (PROJECT / "src" / "database", PROJECT / "src" / "prisma_engine", Path(prisma.__file__).parent):
        shutil.copytree(package, app / package.name)
    shutil.copy(process_program.__file__, app)
    for name in ("python", "site"):
        (folder / name).mkdir()
    yield folder
    shutil.rmtree(folder)


def _why_no_container() -> str:
    """Why there can be no container here; nothing where there can."""
    if os.geteuid() != 0:
        return "only root may become another user"
    missing = [program for program in ("unshare", "setpriv", "mount") if shutil.which(program) is None]
    if missing:
        return f"there is no {' and no '.join(missing)}"
    return subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True, text=True).stderr


def _contained(image: Path, *arguments: str) -> list[str]:
    """The command that runs Python in the container; the project's own folder is closed there."""
    python = image / "python" / Path(sys.executable).resolve().relative_to(Path(sys.base_prefix).resolve())
    mounts = (sys.base_prefix, sysconfig.get_path("purelib"), str(SCHEMA_PATH.parent))
    return ["unshare", "--mount", "sh", "-c", _CONTAINER, str(image), *mounts, str(python), *arguments]


def _inside(image: Path, **more: str) -> dict[str, str]:
    """The environment there."""
    libraries = f"{image}/python/lib"  # for a Python that is a shared library
    return {"PYTHONPATH": f"{image}/app:{image}/site", "LD_LIBRARY_PATH": libraries, "TMPDIR": f"{image}", **more}


@pytest.mark.parametrize("home", ["/", "/nonexistent"])
async def test_any_user_may_run_it_on_a_read_only_file_system(
    home: str, image: Path, server: Server, migrated_url: str
) -> None:
    program = _contained(image, *_STRICT, "app/process_program.py", "alone")
    _finished(program, _inside(image, DATABASE_URL=migrated_url, HOME=home))
    assert await _stored(server, migrated_url) == _of("alone")


def test_a_user_without_a_name_is_told_to_give_one(image: Path) -> None:
    program = _contained(image, "app/process_program.py", "alone")
    environment = _inside(image, DATABASE_URL="postgresql://127.0.0.1/nothing", HOME="/")
    done = subprocess.run(program, env=environment, check=False, capture_output=True, text=True)
    assert "P1013: The provided database string is invalid: it names no user" in done.stderr.splitlines()[-1]


def test_that_user_finds_no_folder_to_write_to(image: Path) -> None:
    program = _contained(image, "-c", "import tempfile; tempfile.gettempdir()")
    done = subprocess.run(program, env=_inside(image), check=False, capture_output=True, text=True)
    assert "No usable temporary directory" in done.stderr
