"""The project's Prisma set-up in a folder of its own, with Prisma's command line and ours as programs."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from fix_forks import Forks
from interop import official
from node import find_node

ROOT: Final = Path(__file__).resolve().parent.parent.parent

_COPIED: Final = ("schema.prisma", "migrations")
_CONFIG: Final = """\
export default {
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  datasource: { url: process.env.DATABASE_URL, shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL },
}
"""
_GIVE_UP_AFTER: Final = 120.0  # seconds: a command that hangs fails its test instead of holding up the run


Outcome = official.Completed
"""How a command ended, whoever's it is."""


@dataclass(frozen=True, slots=True)
class PrismaProject:
    """A copy of the project's schema and migrations with a configuration, working on one database."""

    folder: Path
    url: str | None
    forks: Forks
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, url: str | None, forks: Forks) -> PrismaProject:
        """Put what the CLI reads into an empty folder."""
        for name in _COPIED:
            source, target = ROOT / name, folder / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
        (folder / "prisma.config.ts").write_text(_CONFIG, encoding="utf-8")
        return cls(folder, url, forks)

    @property
    def schema(self) -> Path:
        """The Prisma schema."""
        return self.folder / "schema.prisma"

    @property
    def migrations(self) -> Path:
        """The folder of migrations."""
        return self.folder / "migrations"

    def on(self, url: str | None, **environment: str) -> PrismaProject:
        """The same folder, another database or environment."""
        return replace(self, url=url, environment=environment)

    def write_migration(self, name: str, sql: str) -> Path:
        """Write a migration by hand, or change one."""
        script = self.migrations / name / "migration.sql"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(sql, encoding="utf-8")
        return script

    def without_migrations(self) -> PrismaProject:
        """Remove the project's migrations, keeping the lock file."""
        for script in self.migrations.glob("*/migration.sql"):
            shutil.rmtree(script.parent)
        return self

    async def prisma(self, *arguments: str, stdin: str = "") -> Outcome:
        """Run Prisma's official command line."""
        process = await asyncio.create_subprocess_exec(
            *official.command(self.folder, arguments),
            cwd=self.folder,
            env=self._environment(),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        return await finish(process, stdin)

    async def python(self, *arguments: str) -> Outcome:
        """Run `python -m prisma_engine` where no Node can be found."""
        environment = self._environment(PATH=str(self.folder / "nothing"))
        command = ("-m", "prisma_engine", *arguments)
        done = await asyncio.to_thread(self.forks.run, *command, folder=self.folder, environment=environment)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def _environment(self, **own: str) -> dict[str, str]:
        url = {} if self.url is None else {"DATABASE_URL": self.url}
        return official.environment({**url, **own, **self.environment})


async def finish(process: Process, stdin: str = "") -> Outcome:
    """Close a program's stdin and wait until it has ended."""
    try:
        stdout, stderr = await asyncio.wait_for(process.communicate(stdin.encode()), _GIVE_UP_AFTER)
    except asyncio.TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Outcome(process.returncode, stdout.decode(), stderr.decode())


def node() -> str:
    """Node itself, for what only it can say."""
    found = find_node()
    assert found is not None, official.why_not()
    return str(found)
