"""Prisma's schemas: read, checked, formatted and described by Prisma's own schema module.

A schema is a list of files, each its path and its text, as `read` gives them. Those of Prisma 5.17 are taken as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from prisma_engine.schema.errors import SchemaError
from prisma_engine.schema.files import read, schema_files
from prisma_engine.schema.legacy import SchemaFile, Url, accepted, declared_urls, original_words, restored

if TYPE_CHECKING:
    from prisma_engine.schema.module import SchemaModule

__all__ = [
    "SchemaError",
    "SchemaFile",
    "Url",
    "accepted",
    "config",
    "declared_urls",
    "dmmf",
    "format",
    "lint",
    "merge",
    "read",
    "restored",
    "schema_files",
    "validate",
]

_FORMATTING: Final = {"textDocument": {"uri": "file:/dev/null"}, "options": {"tabSize": 2, "insertSpaces": True}}
_NOT_VALID: Final = "P1012"
_NAMES: Final = {"validate": "validate", "get_dmmf": "getDmmf", "merge_schemas": "mergeSchemas"}
"""The module's functions that refuse a schema, as Prisma's command line names them."""


def validate(files: Sequence[SchemaFile], *, colour: bool = False) -> None:
    """Check a schema. Errors: SchemaError that shows what is wrong, in colours if wanted."""
    _checked("validate", {"prismaSchema": accepted(_readable(files)), "noColor": not colour})


def dmmf(files: Sequence[SchemaFile], *, colour: bool = False) -> dict[str, Any]:
    """Describe models, inputs and outputs, as generators get them. Errors: as `validate`."""
    described: dict[str, Any] = json.loads(
        _checked("get_dmmf", {"prismaSchema": accepted(_readable(files)), "noColor": not colour})
    )
    return described


def config(files: Sequence[SchemaFile]) -> dict[str, Any]:
    """Describe datasources and generators, with Prisma's warnings.

    Shape:  `datasources`, `generators` and `warnings`, each a list.
    Errors: SchemaError that shows what is wrong in these blocks.
    """
    answer = json.loads(_module().call("get_config", json.dumps({"prismaSchema": accepted(_readable(files))})))
    if answer["errors"]:
        message = "\n\n".join(error["message"] for error in answer["errors"])
        count = f"Validation Error Count: {len(answer['errors'])}"
        raise SchemaError(_NOT_VALID, original_words(f"{message}\n{count}"), function="getConfig")
    described: dict[str, Any] = answer["config"]
    return described


def lint(files: Sequence[SchemaFile]) -> list[dict[str, Any]]:
    """What is wrong or doubtful: for each place `file_name`, `start`, `end`, `text` and `is_warning`.

    Errors: SchemaError for files that are none, or no text.
    """
    found: list[dict[str, Any]] = json.loads(_module().call("lint", json.dumps(accepted(_readable(files)))))
    return found


def format(files: Sequence[SchemaFile]) -> list[SchemaFile]:  # noqa: A001  -- Prisma's word
    """Format the files of a schema, which need not be valid. Errors: as `lint`."""
    formatted = json.loads(_module().call("format", json.dumps(_readable(files)), json.dumps(_FORMATTING)))
    return [(path, text) for path, text in formatted]


def merge(files: Sequence[SchemaFile]) -> str:
    """The whole schema as one text, as Prisma 7's modules take it. Errors: as `validate`."""
    validate(files)  # of itself the module answers in colours
    return _checked("merge_schemas", {"schema": accepted(files)})


def _readable(files: Sequence[SchemaFile]) -> Sequence[SchemaFile]:
    """The files, which the module would panic at where they are none, or where one has half a character."""
    if not files:
        raise SchemaError(_NOT_VALID, "There is no schema: the list of its files is empty.")
    for path, text in files:
        for what, words in (("path", path), ("text", text)):
            try:
                words.encode()
            except UnicodeEncodeError as error:
                raise SchemaError(
                    _NOT_VALID,
                    f"The {what} of {path.encode(errors='backslashreplace').decode()} is not text in UTF-8:"
                    f" it has {words[error.start]!a} at character {error.start + 1}.",
                ) from error
    return files


@cache
def _module() -> SchemaModule:
    """Prisma's module; a program that only finds and reads schemas loads no wasm."""
    from prisma_engine.schema.module import SchemaModule

    return SchemaModule()


def _checked(function: str, parameters: object) -> str:
    try:
        return _module().checked(function, json.dumps(parameters))
    except SchemaError as error:
        raise SchemaError(error.code, original_words(error.message), function=_NAMES[function]) from error.__cause__
