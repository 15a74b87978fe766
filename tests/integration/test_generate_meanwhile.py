"""A client that is generated again while programs start: whatever they find of it runs on this engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

SCHEMA: Final = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider = "prisma-client-py"
  output   = "./app_client"
}

model Thing {
  id Int @id
}
"""
COLUMN: Final = "  id Int @id\n  added String?\n"


def generating(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "prisma_engine", "generate"], cwd=folder, stdout=subprocess.DEVNULL)


def test_a_client_has_its_engine_at_every_moment(tmp_path: Path) -> None:
    schema, client = tmp_path / "schema.prisma", tmp_path / "app_client" / "client.py"
    schema.write_text(SCHEMA, encoding="utf-8")
    assert generating(tmp_path).wait() == 0
    schema.write_text(SCHEMA.replace("  id Int @id\n", COLUMN), encoding="utf-8")

    running, seen = generating(tmp_path), set()
    while running.poll() is None:
        seen.add(client.read_text(encoding="utf-8"))

    assert running.returncode == 0
    assert [text[-300:] for text in seen if not text.endswith("\n_bind_engine(__name__)\n")] == []
    assert "added" in (client.parent / "models.py").read_text(encoding="utf-8")
