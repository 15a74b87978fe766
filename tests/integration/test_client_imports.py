"""A generated client is imported and works with the libraries that there are, and with as many models as there are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from fix_clients import import_client, schema_head
from prisma_engine.generate import generate

RING: Final = 100
"""Models of which each leads to the next, and the last one to the first."""

HEAD: Final = schema_head("./ring_client")
PROGRAM: Final = """\
import asyncio, sys
{before}
import blog_client
from blog_client import http, models, types, utils, validate

async def main():
    async with blog_client.Prisma(datasource={{"url": sys.argv[1]}}, use_dotenv=False) as client:
        seat = await client.seat.create({{"row": 1, "number": 2}})
        assert type(seat) is models.Seat
        assert utils.is_coroutine(client.connect) is True

asyncio.run(main())
{after}
"""
VALIDATING: Final = """\
assert validate(types.SeatCreateInput, {"row": 1, "number": 2}) == {"row": 1, "number": 2}
try:
    validate(types.SeatCreateInput, {"row": "no number", "number": 2, "strange": 3})
except Exception as error:
    assert type(error).__name__ == "ValidationError"
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", VALIDATING),
        ("sys.modules['httpx'] = type(sys)('httpx')", VALIDATING),
        ("del asyncio.iscoroutinefunction", VALIDATING),
        ("sys.modules['pydantic.v1'] = None", ""),  # which `validate` is made of
    ],
    ids=["everything", "an httpx of other names", "no asyncio.iscoroutinefunction", "no pydantic.v1"],
)
def test_a_client_works_without_what_newer_pythons_and_libraries_have_not(
    blog_folder: Path, blog_url: str, before: str, after: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM.format(before=before, after=after), blog_url],
        cwd=blog_folder,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")


def ring_schema() -> str:
    models = [
        f'model M{number} {{\n  id Int @id\n  next M{(number + 1) % RING}? @relation("r{number}", fields: [nextId], '
        f'references: [id])\n  nextId Int?\n  before M{(number - 1) % RING}[] @relation("r{(number - 1) % RING}")\n}}'
        for number in range(RING)
    ]
    return "\n\n".join([HEAD, *models]) + "\n"


def test_a_hundred_models_may_lead_from_each_to_the_next(tmp_path: Path) -> None:
    schema = tmp_path / "schema.prisma"
    schema.write_text(ring_schema(), encoding="utf-8")
    [result] = generate(schema).results
    assert result.error is None
    depth = sys.getrecursionlimit()
    models = import_client(tmp_path, "ring_client").models
    assert sys.getrecursionlimit() == depth
    last = models.M99.model_validate({"id": 99, "next": {"id": 0, "next": {"id": 1, "before": [{"id": 0}]}}})
    assert (type(last.next), type(last.next.next.before[0])) == (models.M0, models.M0)
