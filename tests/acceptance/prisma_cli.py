"""The project's Prisma set-up in a folder of its own, with Prisma's command line and ours as programs."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

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
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def create(cls, folder: Path, url: str | None, **environment: str) -> PrismaProject:
        """Put what the CLI reads into an empty folder."""
        for name in _COPIED:
            source, target = ROOT / name, folder / name
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
        (folder / "prisma.config.ts").write_text(_CONFIG, encoding="utf-8")
        return cls(folder, url, environment)

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
        return PrismaProject(self.folder, url, environment)

    def write_migration(self, name: str, sql: str) -> Path:
        """Write a migration by hand, or change one."""
        script = self.migrations / name / "migration.sql"
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(sql, encoding="utf-8")
        return script

    def without_migrations(self) -> PrismaProject:
        """Remove the project's migrations, keeping the lock file."""
        for migration in self.migrations.glob("*/"):
            shutil.rmtree(migration)
        return self

    async def prisma(self, *arguments: str, stdin: str = "") -> Outcome:
        """Run Prisma's official command line."""
        return await self._run(*official.command(self.folder, arguments), stdin=stdin)

    async def python(self, *arguments: str) -> Outcome:
        """Run `python -m prisma_engine` where no Node can be found."""
        return await finish(await self.start_python(*arguments))

    async def start_python(self, *arguments: str) -> Process:
        """Start `python -m prisma_engine` where no Node can be found."""
        own = {"PATH": str(self.folder / "nothing"), "PYTHONPATH": os.pathsep.join(sys.path)}
        without_node = PrismaProject(self.folder, self.url, {**own, **self.environment})
        return await without_node._start(sys.executable, "-m", "prisma_engine", *arguments)

    async def _run(self, *command: str, stdin: str = "") -> Outcome:
        return await finish(await self._start(*command), stdin)

    async def _start(self, *command: str) -> Process:
        url = {} if self.url is None else {"DATABASE_URL": self.url}
        environment = official.environment({**url, **self.environment})
        return await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )


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
