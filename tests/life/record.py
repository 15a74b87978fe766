"""Records what Prisma's official command line answers: `python -m life.record SERVER_URL [CHAPTER …]`.

It is run by hand after the steps or Prisma's version have changed, with `tests`, `scripts` and `src` on PYTHONPATH.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from interop import official
from life.chapters import CHAPTERS
from life.stage import RECORD, Stage, as_record, play


def main(server: str, *chapters: str) -> None:
    """Record some chapters anew, or all."""
    record = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    names = chapters or tuple(CHAPTERS)
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        record |= dict(zip(names, threads.map(partial(_record, server), names), strict=True))
    ordered = {name: record[name] for name in CHAPTERS}
    RECORD.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _record(server: str, name: str) -> list[dict[str, Any]]:
    database = f"life_{uuid.uuid4().hex}"
    asyncio.run(_execute(server, f'CREATE DATABASE "{database}"'))
    try:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage.build(Path(folder).resolve(), f"{server.rstrip('/')}/{database}?schema=public")
            return as_record(list(play(CHAPTERS[name], stage, _run)))
    finally:
        asyncio.run(_execute(server, f'DROP DATABASE "{database}" WITH (FORCE)'))


async def _execute(server: str, sql: str) -> None:
    connection = await asyncpg.connect(f"{server.rstrip('/')}/postgres")
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _run(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], stdin: str) -> tuple[int, str, str]:
    done = official.run(folder, *arguments, env=environment, stdin=stdin)
    return done.status, done.stdout, done.stderr


if __name__ == "__main__":
    main(*sys.argv[1:])
