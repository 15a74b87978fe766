"""The environment's own `prisma`: taken over by the first `generate`, and given back."""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import pytest

from fix_environment import PythonEnvironment, hash_of, installed_hash
from prisma_engine.mends import FILES

SCHEMA: Final = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider             = "python -m prisma"
  recursive_type_depth = 5
}

model Word {
  id Int @id
}
"""
OURS: Final = "There is nothing to fetch"
NOBODY: Final = 65534
THEIRS: Final = "Usage: prisma py [OPTIONS] COMMAND"
GIVE_BACK: Final = "from prisma_engine.generate.takeover import give_back; assert give_back() == []"
TAKE_OVER: Final = "from prisma_engine.generate.takeover import take_over; assert take_over() == []"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a schema for Prisma 5."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "schema.prisma").write_text(SCHEMA, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def taken_files(environment: PythonEnvironment, project: Path) -> dict[Path, bytes]:
    """The files that a `generate` takes over, as it leaves them."""
    environment.python(TAKE_OVER, project)
    return {path: path.read_bytes() for path in environment.taken}


@pytest.fixture
def taken(environment: PythonEnvironment, taken_files: dict[Path, bytes]) -> PythonEnvironment:
    """The environment with these files, whatever another test has undone."""
    environment.install()
    for path, content in taken_files.items():
        path.write_bytes(content)
    return environment


@pytest.mark.parametrize("command", [["prisma"], ["prisma-client-py"], ["python", "-m", "prisma"]])
def test_every_way_to_call_it_leads_here(taken: PythonEnvironment, project: Path, command: list[str]) -> None:
    done = taken.run(*command, "py", "fetch", folder=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(OURS)


def test_the_script_does_not_load_the_client(taken: PythonEnvironment, project: Path) -> None:
    done = taken.run("python", "-X", "importtime", str(taken.scripts / "prisma"), "py", "fetch", folder=project)
    assert done.stdout.startswith(OURS)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "prisma_engine.prisma_command" in loaded
    assert "prisma" not in loaded


def test_generating_by_it_replaces_the_client_that_it_was_started_with(taken: PythonEnvironment, project: Path) -> None:
    schema = project / "changed.prisma"
    schema.write_text(SCHEMA.replace("model Word", "model Phrase"), encoding="utf-8")
    done = taken.run("python", "-m", "prisma", "generate", f"--schema={schema}", folder=project)
    assert done.returncode == 0, done.stderr
    assert taken.python("from prisma import models; print(models.Phrase.__name__)", project) == "Phrase\n"


def test_what_another_release_has_added_is_replaced(taken: PythonEnvironment, project: Path) -> None:
    package, _ = taken.taken
    ours = package.read_text(encoding="utf-8")
    package.write_text(ours.replace("replace_commands", "command_of_another_release"), encoding="utf-8")
    taken.python(TAKE_OVER, project)
    assert package.read_text(encoding="utf-8") == ours


def test_versions_are_told_with_and_without_json(taken: PythonEnvironment, project: Path) -> None:
    told = taken.run("prisma", "py", "version", folder=project).stdout
    as_json = taken.run("prisma", "py", "version", "--json", folder=project).stdout
    assert "prisma client python    : 0.15.0" in told
    assert '"prisma-client-python": "0.15.0"' in as_json


def test_a_command_that_prisma_client_python_does_not_have_is_refused(taken: PythonEnvironment, project: Path) -> None:
    done = taken.run("prisma", "py", "nothing", folder=project)
    assert done.returncode == 1
    assert "No such command 'nothing'." in done.stderr


def test_programs_that_call_it_from_python_get_ours_and_nothing_is_downloaded(
    taken: PythonEnvironment, project: Path
) -> None:
    said = taken.python(
        "from prisma.cli.prisma import ensure_cached, run\n"
        "from prisma.cli._node import node\n"
        "import asyncio, subprocess\n"
        "async def inside_a_loop():\n"
        "    return run(['py', 'fetch'])\n"
        "print(asyncio.run(inside_a_loop()), ensure_cached().entrypoint.exists(), flush=True)\n"
        "try:\n"
        "    run(['no'], check=True)\n"
        "except subprocess.CalledProcessError as error:\n"
        "    print(error.returncode)\n"
        "try:\n"
        "    node.run('--version')\n"
        "except RuntimeError as error:\n"
        "    print(error)\n",
        project,
    )
    assert OURS in said
    assert "0 False\n1\n`node` is not run here. Prisma's commands run in Python here" in said


def test_one_command_gives_it_back_to_the_byte(taken: PythonEnvironment, project: Path) -> None:
    package, script = taken.taken
    for command in (["prisma"], ["python", "-m", "prisma_engine"]):  # the second time there is nothing to undo
        done = taken.run(*command, "restore", folder=project)
        assert (done.returncode, done.stderr) == (0, "")
        assert "are Prisma Client Python's own again" in done.stdout
    assert hash_of(package) == installed_hash("prisma/cli/__init__.py")
    assert "prisma_engine" not in script.read_text(encoding="utf-8")
    assert taken.run("prisma", "py", "--help", folder=project).stdout.startswith(THEIRS)


def test_giving_it_back_undoes_what_generate_has_mended(taken: PythonEnvironment, project: Path) -> None:
    for step, are_installed in (("generate", False), ("restore", True), ("generate", False), ("restore", True)):
        done = taken.run("python", "-m", "prisma_engine", step, folder=project)
        assert done.returncode == 0, done.stderr
        hashes = {name: hash_of(taken.packages / "prisma" / name) for name in FILES}
        assert {hashes[name] == installed_hash(f"prisma/{name}") for name in FILES} == {are_installed}
    taken.python("import prisma; prisma.Prisma()", project)  # the client runs on


def test_uninstalling_gives_it_back(taken: PythonEnvironment, project: Path) -> None:
    taken.uninstall()
    for command in (["prisma"], ["python", "-m", "prisma"]):
        done = taken.run(*command, "py", "--help", folder=project)
        assert done.stdout.startswith(THEIRS), done.stderr


def test_installing_prisma_again_is_undone_by_the_next_generate(taken: PythonEnvironment, project: Path) -> None:
    before = [path.read_bytes() for path in taken.taken]
    taken.python(GIVE_BACK, project)
    assert all(now != path.read_bytes() for now, path in zip(before, taken.taken, strict=True))
    taken.python(TAKE_OVER, project)
    assert [path.read_bytes() for path in taken.taken] == before


def test_many_at_once_write_each_file_whole(taken: PythonEnvironment, project: Path) -> None:
    valid = {path: {path.read_bytes()} for path in taken.taken}
    taken.python(GIVE_BACK, project)
    for path, contents in valid.items():
        contents.add(path.read_bytes())
    code = (
        "from prisma_engine.generate.takeover import give_back, take_over\nfor _ in range(8): give_back(), take_over()"
    )
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(taken.python, code, project) for _ in range(3)]
        while not all(writer.done() for writer in writers):
            assert all(path.read_bytes() in contents for path, contents in valid.items())
    for writer in writers:
        writer.result()
    assert not [name for path in valid for name in path.parent.iterdir() if name.name.startswith(".")]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to another user")
def test_an_installation_that_cannot_be_written_stays_and_generating_works(
    taken: PythonEnvironment, project: Path
) -> None:
    taken.python(GIVE_BACK, project)
    schema = project / "elsewhere.prisma"
    schema.write_text(
        SCHEMA.replace("generator client {", 'generator client {\n  output = "./words/db"'), encoding="utf-8"
    )
    (project / "words").mkdir()
    for path in taken.taken:
        os.chown(path.parent, NOBODY, -1)
    try:
        done = taken.run(
            "python", "-m", "prisma_engine", "generate", f"--schema={schema}", folder=project, preexec_fn=_obey_modes
        )
    finally:
        for path in taken.taken:
            os.chown(path.parent, os.getuid(), -1)
    assert done.returncode == 0, done.stderr
    for path in taken.taken:
        assert f"warn {path} cannot be written, so the environment's `prisma` stays" in done.stderr
    assert taken.run("prisma", "py", "--help", folder=project).stdout.startswith(THEIRS)
    assert taken.run("python", "-m", "words.db", "py", "fetch", folder=project).stdout.startswith(OURS)


def _obey_modes() -> None:
    """Take from a program of root the right to write where the owner and the mode forbid it."""
    drop_from_bounding_set, override_modes = 24, 1
    ctypes.CDLL(None).prctl(drop_from_bounding_set, override_modes)
