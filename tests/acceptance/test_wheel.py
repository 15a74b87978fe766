"""The wheels, installed into empty environments, serve other projects: without Node, without a checkout."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from file_lock import locked
from fix_environment import make_environment
from fix_postgres import HOME_VARIABLE
from prisma_engine import upstream
from steps import PROJECT

README: Final = (PROJECT / "README.md").read_text(encoding="utf-8")
DEPLOYMENT: Final = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
PAGE: Final = re.findall(
    r"^```(\w+)(?: (\S+))?\n(.*?)^```$",
    (PROJECT / "docs" / "another-project.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)
TIMEOUT: Final = 300.0  # seconds, for one command
LARGEST: Final = 7_000_000  # bytes of a wheel: of these, 5.6 million are Prisma's files

SCHEMA: Final = (
    (PROJECT / "tests/schemas/article.prisma").read_text(encoding="utf-8").replace("DATABASE_URL", "SHOP_URL")
)

SHOP: Final = """\
import asyncio

from shop.client import Prisma


async def main() -> None:
    async with Prisma() as shop:
        article = await shop.article.create({"title": "a lamp"})
        print(article.title, await shop.article.count())


asyncio.run(main())
"""

PLACES: Final = """\
import importlib.util
for package in ("prisma_engine", "database"):
    found = importlib.util.find_spec(package)
    print(found.origin if found else None)
"""


@dataclass(frozen=True, slots=True)
class Wheels:
    """What the project distributes, in the folder that has both of its wheels and both source distributions."""

    folder: Path

    @property
    def engine(self) -> Path:
        """What any program with Prisma Client Python installs."""
        return self._only("prisma_engine-*.whl")

    @property
    def module(self) -> Path:
        """The package `database`."""
        return self._only("prisma_database-*.whl")

    def _only(self, pattern: str) -> Path:
        (found,) = self.folder.glob(pattern)
        return found


@dataclass(frozen=True, slots=True)
class Project:
    """Somebody else's project, with an environment that has nothing of ours until it is installed."""

    folder: Path

    def install(self, wheel: Path) -> None:
        """Install a wheel where there is what it needs from elsewhere."""
        options = ["--quiet", "--no-compile", "--no-index", "--no-deps", "--ignore-installed"]
        run(*pip(self.folder / ".venv"), "install", *options, str(wheel), folder=self.folder)

    def run(self, *command: str, **environment: str) -> str:
        """Run a command that has to work, where no Node can be found, and return what it prints."""
        nowhere = "http://127.0.0.1:1"  # whoever would download something
        proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)
        return run(*command, folder=self.folder, PATH=str(self.folder / ".venv" / "bin"), **proxies, **environment)


def pip(environment: Path) -> list[str]:
    """The tests' own pip for another environment: to install one there costs as much as to install the wheels."""
    return [sys.executable, "-m", "pip", "--python", str(environment)]


def run(*command: str, folder: Path = PROJECT, **environment: str) -> str:
    """Run a command as somebody who knows nothing of this project's own environment, and return what it prints."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **environment},
        timeout=TIMEOUT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def wheels() -> Wheels:
    """What `python -m build` makes, the wheels of the source distributions; the run's first worker makes them."""
    folder = Path(os.environ[HOME_VARIABLE]) / "dist"
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            draft = folder.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            for source in (PROJECT / "src", PROJECT):  # with the hatchling that is installed
                run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(draft), str(source))
            draft.rename(folder)
    return Wheels(folder)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a schema of Prisma 5, and an environment without anything of ours."""
    folder = tmp_path / "shop"
    folder.mkdir()
    make_environment(folder / ".venv").uninstall()
    (folder / "prisma").mkdir()
    (folder / "prisma" / "schema.prisma").write_text(SCHEMA, encoding="utf-8")
    return Project(folder)


def test_other_projects_use_the_engine_alone_and_then_the_module_with_it(
    wheels: Wheels, project: Project, database_url: str
) -> None:
    shop = {"SHOP_URL": database_url.replace("schema=public", "schema=shop")}
    project.install(wheels.engine)
    assert project.run("python", "-c", PLACES).splitlines() == [_site_package(project, "prisma_engine"), "None"]
    for command in (("generate",), ("db", "push"), ("migrate", "diff", "--from-empty", "--to-schema", "prisma")):
        project.run("python", "-m", "prisma_engine", *command, **shop)
    assert project.run("python", "-W", "error", "-c", SHOP, **shop) == "a lamp 1\n"

    project.install(wheels.module)
    said = re.findall(r"^python -m .*site-packages.*$", DEPLOYMENT, re.MULTILINE)
    generated, deployed = [project.run("/bin/sh", "-c", command, DATABASE_URL=database_url) for command in said]
    assert "Generated Prisma Client Python" in generated
    assert "All migrations have been successfully applied." in deployed
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program is not None
    chat = project.run("python", "-W", "error", "-c", program[1], DATABASE_URL=database_url)
    assert chat.splitlines() == ["user: Hello!", "assistant: Hi, I am Ada.", "1"]
    assert project.run("python", "-W", "error", "-c", SHOP, **shop) == "a lamp 2\n"


def test_the_page_for_another_project_works_from_an_empty_folder(
    wheels: Wheels, tmp_path: Path, database_url: str
) -> None:
    """It installs, with all that they need, into an empty environment."""
    (tmp_path / "wheels").symlink_to(wheels.folder)
    printed = []
    for kind, name, text in PAGE:
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind == "prisma":
            with (tmp_path / "schema.prisma").open("a", encoding="utf-8") as file:
                file.write(f"\n{text}")
        elif "# in the checkout" not in text:  # what the fixture has done
            command = re.sub(r"postgresql://[^\"]+", lambda _: database_url, text)
            command = command.replace("-m venv", "-m venv --without-pip")
            command = command.replace(".venv/bin/pip", shlex.join(pip(Path(".venv"))))
            # bytecode is left to the first import, as most modules are never imported: pip's falsy value says so
            printed.append(run("/bin/sh", "-ec", command, folder=tmp_path, PIP_NO_COMPILE="no"))
    assert [said for said in printed if said.startswith(("user", "Grace"))] == [
        "user: Hello!\nassistant: Hi, I am Ada.\n1\n",
        "Grace True\n",
    ]
    assert [path.name.partition("_")[2] for path in tmp_path.glob("migrations/*_add_customers")] == ["add_customers"]


def _site_package(project: Project, name: str) -> str:
    (found,) = project.folder.glob(f".venv/lib/python3*/site-packages/{name}/__init__.py")
    return str(found)


def test_the_engine_carries_its_package_and_prismas_files_and_nothing_else(wheels: Wheels) -> None:
    carried = _carried(wheels.engine)
    assert carried == _files("prisma_engine")
    assert {f"prisma_engine/upstream/files/{name}" for name in upstream.FILES} - carried == set()
    assert {name for name in carried if name.endswith(("js", "json")) and "upstream" not in name} == set()
    assert wheels.engine.stat().st_size < LARGEST


def test_the_module_carries_its_package_its_schema_and_its_migrations_and_nothing_else(wheels: Wheels) -> None:
    migrations = {path.relative_to(PROJECT) for path in PROJECT.glob("migrations/**/*") if path.is_file()}
    added = {f"database/{path.as_posix()}" for path in migrations} | {"database/schema.prisma"}
    assert _carried(wheels.module) == _files("database") | added


def test_licenses_go_along(wheels: Wheels) -> None:
    for wheel, names in ((wheels.engine, {"LICENSE", "NOTICE"}), (wheels.module, {"LICENSE"})):
        with zipfile.ZipFile(wheel) as archive:
            found = {name.rpartition("/")[2] for name in archive.namelist() if "/licenses/" in name}
            (metadata,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
            said = archive.read(metadata).decode()
        assert found == names
        assert "\nLicense-Expression: Apache-2.0\n" in said
        assert re.findall(r"\]\((?!https:)", said) == []  # links that lead nowhere on a page of an index


def test_a_source_distribution_of_the_engine_has_prismas_files(wheels: Wheels) -> None:
    (source,) = wheels.folder.glob("prisma_engine-*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.rpartition("/")[2] for name in archive.getnames() if "/upstream/files/" in name}
    assert names == upstream.FILES.keys()


def test_an_index_would_take_them(wheels: Wheels) -> None:
    files = [str(path) for path in wheels.folder.iterdir()]
    run(sys.executable, "-m", "twine", "check", "--strict", *files)
    run(sys.executable, "-m", "check_wheel_contents", str(wheels.engine), str(wheels.module))


def _carried(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def _files(package: str) -> set[str]:
    """A package's files in the checkout, but the page that is its description."""
    found = (path.relative_to(PROJECT / "src") for path in (PROJECT / "src" / package).rglob("*") if path.is_file())
    return {path.as_posix() for path in found if "__pycache__" not in path.parts and path.name != "README.md"}
