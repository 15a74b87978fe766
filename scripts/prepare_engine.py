"""Translate Prisma's schema engine to this machine's code, so that the first command that needs it finds that done."""

from __future__ import annotations

from prisma_engine.wasm import artifact
from steps import main


def prepare_engine() -> None:
    """Keep the translation where commands look for it."""
    artifact.prepare(artifact.Source.of_prisma("schema_engine_bg.wasm"))


if __name__ == "__main__":
    main(prepare_engine)
