"""`prisma studio` on the command line: its words, its exit statuses, its end."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from fix_studio import until
from postgres_server import free_port
from prisma_engine.cli import dispatch

LONGEST_WAIT = 60.0  # seconds; a bound for a machine under load, not an expectation
FIREFOX = """#!/bin/sh
printf '%s\\n' "$@" > "$OPENED"
"""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "0"], "! The Studio port must be an integer between 1 and 65535."),
        (["--port", "65536"], "! The Studio port must be an integer between 1 and 65535."),
        (["-p", "http"], "! The Studio port must be an integer between 1 and 65535."),
        (["--port"], "! option requires argument: --port"),
        (["--watch"], "! unknown or unexpected option: --watch"),
        (["--url", "here"], "! The provided database URL is not valid."),
        (["--url", "mysql://localhost/d"], '! Prisma Studio is not supported for the "mysql" protocol.'),
        (["--url", "SQLServer://localhost"], '! Prisma Studio is not supported for the "sqlserver" protocol.'),
        (["--url", "prisma+postgres://x/?api_key=secret"], "! Prisma Studio no longer supports Accelerate URLs"),
        (["--url", "postgresql://u:secret@h:port/d"], "P1013: The provided database string is invalid: the port is"),
        (["--hostname", "0.0.0.0"], "Studio listens on localhost only, not on 0.0.0.0"),
        ([], "Environment variable not found: DATABASE_URL."),
    ],
)
def test_what_studio_cannot_do_is_said_in_prismas_words(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert dispatch.run(["studio", "--browser", "none", *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert "secret" not in said.err


def test_a_port_that_is_taken_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the project's own `.env` would be read into the tests' environment
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        url = "postgresql://localhost/d"
        assert dispatch.run(["studio", "--browser", "none", "--port", str(port), "--url", url]) == 1
    assert f"Error: Port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["--help", "-h"])
def test_help_is_prismas(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert dispatch.run(["studio", asked]) == 0
    assert capsys.readouterr().out.startswith(
        "\nBrowse your data with Prisma Studio\n\nUsage\n\n  $ prisma studio [opt"
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
async def test_studio_runs_until_a_signal_comes_and_ends_quietly(
    number: signal.Signals, status: int, database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    (tmp_path / ".env").write_text(f"DATABASE_URL={database_url}\n", encoding="utf-8")
    options = ["--browser", "none", "--port", str(port)]
    process = await _start(tmp_path, options, {})
    try:
        said = await asyncio.wait_for(_first_lines(process), LONGEST_WAIT)
        assert said == f"\n\nPrisma Studio is running at: http://localhost:{port}\n"
        async with httpx.AsyncClient(trust_env=False, timeout=LONGEST_WAIT) as http:
            assert (await http.get(f"http://localhost:{port}/")).status_code == 200
            process.send_signal(number)  # while a browser's connection is open
            rest, complaints = await asyncio.wait_for(process.communicate(), LONGEST_WAIT)
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, rest, complaints) == (status, b"", b"")


async def test_the_browser_that_is_named_is_opened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    (tmp_path / "firefox").write_text(FIREFOX, encoding="utf-8")
    (tmp_path / "firefox").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    options = ["--browser", "firefox", "--url", "postgresql://localhost/d"]
    process = await _start(tmp_path, options, {"PATH": path, "DISPLAY": ":0", "OPENED": str(opened)})
    try:
        said = await asyncio.wait_for(_first_lines(process), LONGEST_WAIT)
        await until(lambda: _holds_text(opened))
    finally:
        process.terminate()
        await process.communicate()
    assert opened.read_text(encoding="utf-8").split()[-1] == said.split()[-1]


async def _start(folder: Path, options: list[str], more: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "prisma_engine",
        "studio",
        *options,
        cwd=folder,
        env={**os.environ, **more},
        stdout=PIPE,
        stderr=PIPE,
    )


async def _first_lines(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    while "running at" not in said:
        line = await process.stdout.readline()
        assert line, f"Studio ended: {said}"
        said += line.decode()
    return said


async def _holds_text(file: Path) -> bool:
    return file.exists() and file.read_text(encoding="utf-8") != ""  # noqa: ASYNC240  -- a few bytes
