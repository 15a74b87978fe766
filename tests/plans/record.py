"""Records anew what Prisma's compiler and runtime make of the requests here: `python -m plans.record SERVER_URL`.

`make raise-prisma` runs it; by hand it wants `tests`, `scripts` and `src` on PYTHONPATH, and the packages of
`tests/interop`. What differs from run to run, times and generated ids, changes no file by itself.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import asyncpg

from interop import official
from node import find_node

HERE: Final = Path(__file__).parent
_CONTENT: Final = {"User": "blog.sql", "Types": "types.sql", "Sub": "tenants.sql"}
"""What is in the tables of a schema with this model."""

_CITEXT: Final = "CREATE DOMAIN citext AS text"  # its extension is not everywhere, and no request here looks at case

_RECORDED: Final = ("plan", "result", "error", "trace")
_UNSTABLE: Final = (
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|\+00:00)?"),
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    re.compile(r"\b[a-z][0-9a-z]{23,24}\b|\b[0-9A-HJKMNP-TV-Z]{26}\b"),
    re.compile(r'"(?![a-z]{5}"|P\d{4}")[0-9A-Za-z_-]{5}"'),
)


def main(server: str) -> None:
    """Record all requests anew, on databases of this server's that are dropped again."""
    with _recorder() as recorder:
        for path in sorted(HERE.glob("*.json")):
            vector = json.loads(path.read_text(encoding="utf-8"))
            recorded = _recorded(recorder, vector, server)
            path.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _recorder() -> Iterator[subprocess.Popen[str]]:
    script = official.MODULES.with_name("plan_recorder.mjs")
    command = [str(find_node()), str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


def _recorded(recorder: subprocess.Popen[str], vector: Mapping[str, Any], server: str) -> dict[str, Any]:
    """The vector with what is recorded now; with what was recorded before where only the unstable differs."""
    request = {name: vector.get(name) for name in ("schema", "connectionInfo", "query", "scope")}
    if "trace" in vector:
        with _database(vector["schema"], server) as url:
            answer = _ask(recorder, {**request, "url": url})
    else:
        answer = _ask(recorder, request)
    before = {name: vector[name] for name in _RECORDED if name in vector}
    kept = before if stable(answer) == stable(before) else answer
    rest = {name: value for name, value in vector.items() if name not in _RECORDED or name in kept}
    return {**rest, **kept}


def _ask(recorder: subprocess.Popen[str], request: Mapping[str, Any]) -> dict[str, Any]:
    assert recorder.stdin is not None
    assert recorder.stdout is not None
    recorder.stdin.write(f"{json.dumps(request)}\n")
    recorder.stdin.flush()
    answer: dict[str, Any] = json.loads(recorder.stdout.readline())
    return answer


def stable(recorded: Mapping[str, Any]) -> str:
    """What was recorded, with the same words for all times and generated ids."""
    text = json.dumps(recorded, sort_keys=True)
    for pattern in _UNSTABLE:
        text = pattern.sub("…", text)
    return text


@contextmanager
def _database(schema: str, server: str) -> Iterator[str]:
    """A database with the schema's tables, and what belongs into them."""
    name = f"plans_{uuid.uuid4().hex}"
    url = f"{server}/{name}"
    _execute(f"{server}/postgres", f'CREATE DATABASE "{name}"')
    try:
        _execute(url, _CITEXT, _tables(schema))
        for model, file in _CONTENT.items():
            if f"model {model} {{" in schema:
                _execute(url, (HERE / "content" / file).read_text(encoding="utf-8"))
        yield url
    finally:
        _execute(f"{server}/postgres", f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def _tables(schema: str) -> str:
    """The statements that make the tables, by Prisma's own command line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "schema.prisma")
        file.write_text(schema, encoding="utf-8")
        done = official.run(Path(folder), "migrate", "diff", "--from-empty", "--to-schema", file.name, "--script")
    assert done.status == 0, done.stderr
    return done.stdout


def _execute(url: str, *scripts: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        try:
            for script in scripts:
                await connection.execute(script)
        finally:
            await connection.close()

    asyncio.run(execute())


if __name__ == "__main__":
    main(*sys.argv[1:])
