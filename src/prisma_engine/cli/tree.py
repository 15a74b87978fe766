"""Migrations as a tree of files, as Prisma's command line shows them."""

from __future__ import annotations

from collections.abc import Sequence

from prisma_engine.cli import terminal

__all__ = ["name_of", "tree"]


def tree(folder: str, names: Sequence[str]) -> str:
    """The folder with its migrations, each with its script."""
    return "\n".join([f"{folder}/", *(f"  └─ {name_of(name)}/\n    └─ migration.sql" for name in names)])


def name_of(migration: str) -> str:
    """A migration's name, what a person has called it in colour."""
    time, underscore, name = migration.partition("_")
    return f"{time}_{_bright(name)}" if underscore else _bright(time)


def _bright(text: str) -> str:
    return terminal.cyan(terminal.bold(text))
