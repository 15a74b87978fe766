"""A project of Prisma 5 through the commands of every day, in a folder that is not ours and without Node."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

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

    @property
    def schema(self) -> Path:
        """Where most projects have it."""
        return self.folder / "prisma" / "schema.prisma"

    def change_schema(self, old: str, new: str) -> None:
        """Edit the schema."""
        text = self.schema.read_text(encoding="utf-8")
        assert old in text
        self.schema.write_text(text.replace(old, new), encoding="utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start Python in the project's folder, where no Node can be found."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": str(self.folder / "nothing"),
                "PYTHONPATH": os.pathsep.join(sys.path),
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def prisma(self, *arguments: str, **environment: str) -> str:
        """Run a Prisma command that has to work and return all it prints."""
        return succeeded(self.start("-m", "prisma_engine", *arguments, **environment))

    def refused(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a Prisma command that has to fail and return its status and what it says on stderr."""
        process = self.start("-m", "prisma_engine", *arguments, **environment)
        _, stderr = process.communicate(timeout=TIMEOUT)
        assert process.returncode != 0
        assert "Traceback" not in stderr
        return process.returncode, stderr

    def count(self, **environment: str) -> int:
        """How many articles the generated client counts."""
        return int(succeeded(self.start("-c", COUNT, **environment)))

    def migrations(self) -> list[str]:
        """The names of the migrations beside the schema, without their times."""
        scripts = sorted(self.schema.parent.glob("migrations/*/migration.sql"))
        return [script.parent.name.partition("_")[2] for script in scripts]


def succeeded(process: subprocess.Popen[str]) -> str:
    """What a command prints that has to work."""
    stdout, stderr = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, stdout + stderr
    return stdout + stderr


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A project that has nothing but a schema of Prisma 5."""
    shop = Shop(tmp_path / "project")
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
    missing = shop.start("-c", COUNT).communicate(timeout=TIMEOUT)[1]
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
