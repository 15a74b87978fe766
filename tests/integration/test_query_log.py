"""`log_queries` and the log `prisma_engine.sql`: every statement is there, and no value of it."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any, Final

import pytest

from fix_forks import Forks

LOG: Final = "prisma_engine.sql"
PROGRAM: Final = """
import logging, os, sys
from blog_sync_client import Prisma
exec(sys.argv[1])
with Prisma(datasource={"url": os.environ["BLOG_URL"]}, use_dotenv=False, log_queries=True) as db:
    db.query_raw("SELECT $1 AS one", "secret")
"""
PRINTED: Final = "prisma:query SELECT $1 AS one\n"


@pytest.fixture
def logging_client(blog_client: Any, blog_url: str) -> Any:
    """A client with `log_queries`, not connected yet."""
    return blog_client.Prisma(datasource={"url": blog_url}, use_dotenv=False, log_queries=True)


async def test_statements_are_printed_when_no_log_takes_them(
    logging_client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async with logging_client as client:
        async with client.tx() as tx:
            await tx.seat.create(data={"row": 1, "number": 1, "holder": "secret"})
        await client.seat.count()
    lines = capsys.readouterr().out.splitlines()
    kinds = [re.fullmatch(r"prisma:query (\w+)\b.*", line, re.DOTALL) for line in lines]
    assert [kind[1] for kind in kinds if kind] == ["BEGIN", "INSERT", "COMMIT", "SELECT"]
    assert len(lines) == 4
    assert "secret" not in "".join(lines)


async def test_a_log_that_takes_them_gets_one_record_for_each_and_nothing_is_printed(
    logging_client: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, LOG):
        async with logging_client as client:
            await client.query_raw("SELECT $1 AS one", "secret")
    assert [(record.name, record.levelname) for record in caplog.records if record.name == LOG] == [(LOG, "INFO")]
    assert re.fullmatch(r"SELECT \$1 AS one \(\d+\.\d\d ms\)", caplog.messages[-1])
    assert capsys.readouterr().out == ""


async def test_a_failed_statement_is_written_too(
    logging_client: Any, blog_client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async with logging_client as client:
        with pytest.raises(blog_client.errors.RawQueryError):
            await client.query_raw("SELECT nope")
    assert capsys.readouterr().out == "prisma:query SELECT nope\n"


async def test_other_clients_write_on_the_debug_level_only(
    blog: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, LOG):
        await blog.query_raw("SELECT 1 AS one")
    with caplog.at_level(logging.DEBUG, LOG):
        await blog.query_raw("SELECT 2 AS two")
    records = [record for record in caplog.records if record.name == LOG]
    assert [(record.levelname, record.getMessage()[:15]) for record in records] == [("DEBUG", "SELECT 2 AS two")]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("configuration", "printed", "logged"),
    [
        ("", True, False),
        (f"logging.getLogger('{LOG}').setLevel('INFO')", True, False),
        ("logging.basicConfig()", True, False),
        ("logging.basicConfig(level='INFO')", False, True),
        (f"log = logging.getLogger('{LOG}'); log.addHandler(logging.StreamHandler()); log.setLevel(10)", False, True),
    ],
)
def test_a_program_sees_each_statement_once(
    blog_sync_folder: Path, blog_url: str, forks: Forks, *, configuration: str, printed: bool, logged: bool
) -> None:
    environment = {**os.environ, "BLOG_URL": blog_url, "PYTHONPATH": str(blog_sync_folder)}
    program = forks.run("-c", PROGRAM, configuration, folder=blog_sync_folder, environment=environment)
    assert program.returncode == 0, program.stderr
    assert program.stdout == (PRINTED if printed else "")
    assert ("SELECT $1 AS one (" in program.stderr, "secret" in program.stderr) == (logged, False)
