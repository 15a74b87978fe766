"""Generated clients for the project's schema, and for the same schema with many more models."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prisma_command import prisma_output
from steps import PROJECT, StepError

PACKAGE: Final = "sized_client"
_MODELS: Final = 3  # of the project's own schema
_GENERATOR: Final = "generator client {"


def sized_schema(models: int) -> str:
    """The project's schema with further models up to so many."""
    return schema_with(*(_model(number) for number in range(models - _MODELS)))


def schema_with(*models: str) -> str:
    """The project's schema with these models more, for a client beside it."""
    schema = (PROJECT / "schema.prisma").read_text(encoding="utf-8")
    return into_folder(schema) + "".join(models)


def into_folder(schema: str) -> str:
    """The same schema, whose client goes into the folder beside it."""
    with_output = schema.replace(_GENERATOR, f'{_GENERATOR}\n  output = "./{PACKAGE}"')
    if with_output == schema:
        raise StepError("the schema has no generator `client`: it would be generated over the installed one")
    return with_output


def _model(number: int) -> str:
    return f"""
model Extra{number} {{
  id        String   @id @default(uuid())
  name      String   @unique
  count     Int      @default(0)
  content   Json
  createdAt DateTime @default(now())
  parentId  String?
  parent    Extra{number}?  @relation("family{number}", fields: [parentId], references: [id])
  children  Extra{number}[] @relation("family{number}")
}}
"""


@contextmanager
def generated_clients(*schemas: str) -> Iterator[list[Path]]:
    """Folders that each hold the package, for one of these schemas; they are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="prisma-database-sizes-") as home:
        folders = []
        for number, schema in enumerate(schemas):
            folder = Path(home) / str(number)
            folder.mkdir()
            _generate(folder / "schema.prisma", schema)
            folders.append(folder)
        yield folders


def _generate(file: Path, schema: str) -> None:
    file.write_text(schema, encoding="utf-8")
    done = prisma_output("generate", f"--schema={file}")
    if done.returncode != 0:
        raise StepError(f"prisma generate ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
