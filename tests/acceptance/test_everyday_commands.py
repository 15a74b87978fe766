"""A project of Prisma 5 through the commands of every day, in a folder that is not ours and without Node."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from fix_forks import Forks
from fix_postgres import Server
from steps import PROJECT

SCHEMA: Final = (PROJECT / "tests/schemas/article.prisma").read_text(encoding="utf-8")

COUNT: Final = """\
import asyncio

from shop.client import Prisma


async def main() -> None:
    async with Prisma() as client:
        print(await client.article.count())


asyncio.run(main())
"""

CONFIG: Final = """\
import { defineConfig, env } from 'prisma/config'

export default defineConfig({
  schema: 'models/shop.prisma',
  migrations: { path: 'changes' },
  datasource: { url: env('SHOP_URL') },
})
"""

URL_LINE: Final = 'url      = env("DATABASE_URL")'
TIMEOUT: Final = 120.0  # seconds, for one command


@dataclass(frozen=True, slots=True)
class Shop:
    """A project and what a person does in it."""

    folder: Path
    forks: Forks

    @property
    def schema(self) -> Path:
        """Where most projects have it."""
        return self.folder / "prisma" / "schema.prisma"

    def change_schema(self, old: str, new: str) -> None:
        """Edit the schema."""
        text = self.schema.read_text(encoding="utf-8")
        assert old in text
        self.schema.write_text(text.replace(old, new), encoding="utf-8")

    def program(self, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the project's, with the client that is generated there."""
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=self._environment(environment),
            timeout=TIMEOUT,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def prisma(self, *arguments: str, **environment: str) -> str:
        """Run a Prisma command that has to work and return all it prints."""
        return succeeded(self._prisma(arguments, environment))

    def refused(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a Prisma command that has to fail and return its status and what it says on stderr."""
        done = self._prisma(arguments, environment)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    def _prisma(self, arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        command = ("-m", "prisma_engine", *arguments)
        return self.forks.run(*command, folder=self.folder, environment=self._environment(environment))

    def _environment(self, own: Mapping[str, str]) -> dict[str, str]:
        """Where no Node can be found."""
        path = {"PATH": str(self.folder / "nothing"), "PYTHONPATH": os.pathsep.join(sys.path)}
        return {**os.environ, **path, **own}

    def count(self, **environment: str) -> int:
        """How many articles the generated client counts."""
        return int(succeeded(self.program(COUNT, **environment)))

    def migrations(self) -> list[str]:
        """The names of the migrations beside the schema, without their times."""
        scripts = sorted(self.schema.parent.glob("migrations/*/migration.sql"))
        return [script.parent.name.partition("_")[2] for script in scripts]


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    """What a command has printed that has to work."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def shop(tmp_path: Path, forks: Forks) -> Shop:
    """A project that has nothing but a schema of Prisma 5."""
    shop = Shop(tmp_path / "project", forks)
    shop.schema.parent.mkdir(parents=True)
    shop.schema.write_text(SCHEMA, encoding="utf-8")
    return shop


@contextmanager
def another_database(server: Server) -> Iterator[str]:
    """The URL of one more empty database."""
    name = asyncio.run(server.create())
    yield server.url(name)
    asyncio.run(server.drop(name))


def test_a_schema_of_prisma_5_goes_through_the_everyday_commands(shop: Shop, database_url: str, server: Server) -> None:
    (shop.folder / ".env").write_text(f'DATABASE_URL="{database_url}"\n', encoding="utf-8")

    assert "in sync with your schema" in shop.prisma("migrate", "dev", "--name", "begin", "--skip-generate")
    shop.change_schema("title String", "title String\n  price Int?")
    assert "Generated Prisma Client Python" in shop.prisma("migrate", "dev", "--name", "prices")

    assert shop.migrations() == ["begin", "prices"]
    assert "Database schema is up to date!" in shop.prisma("migrate", "status")
    assert shop.count() == 0

    with another_database(server) as url:
        assert "successfully applied" in shop.prisma("migrate", "deploy", DATABASE_URL=url)
    with another_database(server) as url:
        assert "now in sync" in shop.prisma("db", "push", "--skip-generate", DATABASE_URL=url)
    assert shop.schema.read_text(encoding="utf-8") == SCHEMA.replace("title String", "title String\n  price Int?")


def test_introspection_keeps_the_line_with_the_url(shop: Shop, database_url: str) -> None:
    shop.prisma("db", "push", "--skip-generate", DATABASE_URL=database_url)
    shop.change_schema("  title String\n", "")
    shop.prisma("db", "pull", DATABASE_URL=database_url)

    pulled = shop.schema.read_text(encoding="utf-8")
    assert (pulled.count(URL_LINE), pulled.count("title String"), pulled.count("//@")) == (1, 1, 0)


@pytest.mark.parametrize(
    ("place", "migrations"),
    [
        ("schema.prisma", "migrations"),
        ("models/shop.prisma", "models/migrations"),
        ("prisma/schema/", "prisma/migrations"),
    ],
)
def test_the_schema_may_lie_elsewhere_and_its_migrations_lie_beside_it(
    shop: Shop, database_url: str, place: str, migrations: str
) -> None:
    target = shop.folder / (f"{place}base.prisma" if place.endswith("/") else place)
    target.parent.mkdir(exist_ok=True)
    shop.schema.rename(target)
    option = ["--schema", place] if place.startswith("models") else []

    shop.prisma("migrate", "dev", "--name", "begin", "--skip-generate", *option, DATABASE_URL=database_url)

    assert len(list(shop.folder.glob(f"{migrations}/*_begin/migration.sql"))) == 1


def test_the_urls_of_the_schema_are_used_as_prisma_5_used_them(shop: Shop, database_url: str) -> None:
    declared = 'url = env("POOL_URL")\n  directUrl = env("SHOP_URL")\n  shadowDatabaseUrl = env("SPARE_URL")'
    shop.change_schema(URL_LINE, declared)
    (shop.schema.parent / ".env").write_text(f"SHOP_URL='{database_url}'\n", encoding="utf-8")

    shop.prisma("migrate", "dev", "--name", "begin")

    assert shop.count(POOL_URL=database_url) == 0
    missing = shop.program(COUNT).stderr
    assert "EngineConnectionError: P1012: Environment variable not found: POOL_URL." in missing
    shadow = ("migrate", "diff", "--from-migrations", "prisma/migrations", "--to-empty")
    unreachable = shop.refused(*shadow, SPARE_URL="postgresql://u:p@127.0.0.1:1/x")[1]
    assert "Can't reach database server at `127.0.0.1:1`" in unreachable


def test_a_url_that_stands_in_the_schema_itself_is_used(shop: Shop, database_url: str) -> None:
    shop.change_schema('env("DATABASE_URL")', f'"{database_url}"')

    shop.prisma("db", "push")

    assert shop.count() == 0


def test_a_missing_variable_is_named(shop: Shop) -> None:
    shop.change_schema("DATABASE_URL", "SHOP_URL")

    assert "Environment variable not found: SHOP_URL." in shop.refused("migrate", "status")[1]


def test_the_projects_own_configuration_is_respected(shop: Shop, database_url: str) -> None:
    (shop.folder / "prisma.config.ts").write_text(CONFIG, encoding="utf-8")
    shop.schema.parent.rename(shop.folder / "models")
    (shop.folder / "models" / "schema.prisma").rename(shop.folder / "models" / "shop.prisma")

    shop.prisma("migrate", "dev", "--name", "begin", "--skip-generate", SHOP_URL=database_url)

    assert len(list(shop.folder.glob("changes/*_begin/migration.sql"))) == 1


def test_another_database_is_refused_with_one_sentence(shop: Shop) -> None:
    shop.change_schema('"postgresql"', '"sqlite"')

    message = shop.refused("generate")[1]

    assert (
        'P1012: The datasource db has the provider "sqlite", and this client serves postgresql and cockroachdb only.'
        in message
    )
    pushed = shop.refused("db", "push")[1]
    assert "The datasource `db` has the provider `sqlite`: prisma-engine works with PostgreSQL only.\n" in pushed
