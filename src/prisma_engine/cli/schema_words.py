"""What is said of a schema: Prisma's warnings, and its way to show what is wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prisma_engine.cli import terminal
from prisma_engine.schema import SchemaFile, lint
from prisma_engine.schema.errors import SchemaError
from prisma_engine.upstream import PRISMA_VERSION

__all__ = ["error_words", "warn_of"]

_REASONS: Final = {
    "validate": "validate",
    "getConfig": "get-config",
    "getDmmf": "get-dmmf",
    "mergeSchemas": "mergeSchemas",
}
_SILENT: Final = "PRISMA_DISABLE_WARNINGS"


def warn_of(files: Sequence[SchemaFile]) -> None:
    """Write the schema's warnings to stderr, each once."""
    texts = list(dict.fromkeys(found["text"] for found in lint(files) if found["is_warning"]))
    if texts and not os.environ.get(_SILENT):
        heading = f"\nPrisma schema warning{'s' * (len(texts) > 1)}:"
        terminal.warn("\n".join(terminal.yellow(line) for line in (heading, *(f"- {text}" for text in texts))))


def error_words(error: SchemaError) -> str:
    """The error as Prisma shows it: which function refused the schema, and where."""
    if not error.function:
        return error.message
    heading = terminal.red(terminal.bold("Prisma schema validation"))
    message = error.message.replace(f"{Path.cwd()}{os.sep}", "")
    shown = message if error.function == "getConfig" else terminal.red(terminal.bold(message))
    return (
        f"{heading} - ({_REASONS[error.function]} wasm)\nError code: {error.code}\n{shown}\n"
        f"[Context: {error.function}]\n\nPrisma CLI Version : {PRISMA_VERSION}"
    )
