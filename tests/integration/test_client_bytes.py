"""What programs and type checkers read of a client is, to the byte, what the client's own generator writes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from prisma_engine.generate import generate, read_project
from prisma_engine.generate.run import CLIENT_PYTHON_ENGINES
from steps import PROJECT

SCHEMAS: Final = (
    "schema.prisma",
    "tests/schemas/shop.prisma",
    "tests/schemas/types.prisma",
    "tests/conformance/native.prisma",
)
FILES: Final = ("actions.py", "enums.py", "models.py", "partials.py", "types.py")
PLAIN_NAMES: Final = """
/// A path: C:\\data, and \\d
model Thing {
  id       Int      @id
  types    String[]
  models   String[]
  log      String?
  fields   String?
  set      String?
  errors   String?
  datetime String?
  name     String?
}
"""
"""Names that the client uses, where they are in nobody's way."""

OWN_GENERATOR: Final = """
import json, sys
from prisma.generator import Generator
from prisma.generator.models import PythonData
Generator().generate(PythonData.model_validate(json.load(sys.stdin)))
"""


def written_by_its_own_generator(schema: Path, output: Path) -> dict[str, bytes]:
    """What Prisma Client Python's generator writes when Prisma 5.17 asks it."""
    project = read_project(schema)
    [generator] = project.generators
    project.set_output(generator, None)
    generator["output"] = {"value": str(output), "fromEnvVar": None}
    request = project.request(generator, [], may_lack_models=True)
    request["version"] = CLIENT_PYTHON_ENGINES
    [source] = request["datasources"]
    source.setdefault("url", {"value": None, "fromEnvVar": "DATABASE_URL"})
    done = subprocess.run(
        [sys.executable, "-c", OWN_GENERATOR],
        input=json.dumps(request),
        cwd=output.parent,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: (output / name).read_bytes() for name in FILES}


def with_settings(text: str, depth: int) -> str:
    """The schema with one generator, which writes beside it."""
    head, rest = re.split(r"(?=^generator )", text, maxsplit=1, flags=re.MULTILINE)
    block = (
        'generator client {\n  provider = "prisma-client-py"\n  output = "./client"\n'
        f"  recursive_type_depth = {depth}\n  enable_experimental_decimal = true\n}}\n"
    )
    features = "".join(re.findall(r"^ *previewFeatures.*\n", rest, flags=re.MULTILINE))
    block = block.replace("\n}\n", f"\n{features}}}\n")
    more = "" if "@@schema" in text else PLAIN_NAMES
    return head + block + rest.partition("\n}\n")[2] + more


@pytest.mark.parametrize(("name", "depth"), list(zip(SCHEMAS, (-1, 5, 3, 2), strict=True)))
def test_what_works_already_is_written_as_before(tmp_path: Path, name: str, depth: int) -> None:
    schema = tmp_path / "schema.prisma"
    schema.write_text(with_settings((PROJECT / name).read_text(encoding="utf-8"), depth), encoding="utf-8")
    [result] = generate(schema).results
    assert result.error is None
    before = written_by_its_own_generator(schema, tmp_path / "before")
    assert {name: (tmp_path / "client" / name).read_bytes() for name in FILES} == before
