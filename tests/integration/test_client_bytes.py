"""What programs and type checkers read of a client is, to the byte, what the client's own generator writes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from prisma_engine.generate import generate, read_project
from prisma_engine.generate.run import CLIENT_PYTHON_ENGINES
from steps import PROJECT

SCHEMAS: Final = {
    "schema.prisma": -1,
    "tests/schemas/shop.prisma": 5,
    "tests/schemas/types.prisma": 3,
    "tests/conformance/native.prisma": 2,
}
"""Each with how deep its recursive types go."""

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
import json, os, sys
from prisma.generator import Generator
from prisma.generator.models import PythonData
for request in sys.stdin:
    process = os.fork()
    if process == 0:
        Generator().generate(PythonData.model_validate(json.loads(request)))
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0
"""
"""It keeps settings of the first schema in its process."""


def asked_by_prisma_5(schema: Path, output: Path) -> str:
    """What Prisma 5.17 asks a generator for."""
    project = read_project(schema)
    [generator] = project.generators
    project.set_output(generator, None)
    generator["output"] = {"value": str(output), "fromEnvVar": None}
    request = project.request(generator, [], may_lack_models=True)
    request["version"] = CLIENT_PYTHON_ENGINES
    [source] = request["datasources"]
    source.setdefault("url", {"value": None, "fromEnvVar": "DATABASE_URL"})
    return json.dumps(request)


def write_with_its_own_generator(requests: list[str]) -> None:
    """Let Prisma Client Python's generator write what it is asked for."""
    done = subprocess.run(
        [sys.executable, "-c", OWN_GENERATOR], input="\n".join(requests), text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def files_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


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


def test_what_works_already_is_written_as_before(tmp_path: Path) -> None:
    requests = []
    for number, (name, depth) in enumerate(SCHEMAS.items()):
        schema = tmp_path / str(number) / "schema.prisma"
        schema.parent.mkdir()
        schema.write_text(with_settings((PROJECT / name).read_text(encoding="utf-8"), depth), encoding="utf-8")
        [result] = generate(schema).results
        assert result.error is None
        requests.append(asked_by_prisma_5(schema, schema.parent / "before"))
    write_with_its_own_generator(requests)
    for number, name in enumerate(SCHEMAS):
        folder = tmp_path / str(number)
        assert files_of(folder / "client") == files_of(folder / "before"), name
