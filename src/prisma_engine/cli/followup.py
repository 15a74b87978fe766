"""What follows when a command has changed the database, as with Prisma 5: generating, and filling with first data."""

from __future__ import annotations

import os
from typing import Final

from prisma_engine import schema
from prisma_engine.admin import interruption
from prisma_engine.cli import terminal
from prisma_engine.cli.arguments import Given
from prisma_engine.cli.generate import generate_after
from prisma_engine.cli.project import Project
from prisma_engine.db.seed import seed
from prisma_engine.errors import UserFacingError

__all__ = ["CANCELLED", "FOLLOW_UP_FLAGS", "follow_up", "run_seed"]

CANCELLED: Final = 130
FOLLOW_UP_FLAGS: Final = ("--skip-generate", "--skip-seed")


def follow_up(project: Project, given: Given, *, with_seed: bool) -> int:
    """Generate, fill the database with its first data if it is new, and return the command's status."""
    if not _is_skipped(given, "generate") and schema.config(project.files)["generators"]:
        generate_after(project.schema)
    if with_seed and not _is_skipped(given, "seed") and project.seed:
        terminal.say()
        if not run_seed(project.seed):
            return 1
        terminal.say("\n🌱  The seed command has been executed.")
    terminal.say()
    return 0


def run_seed(command: str) -> bool:
    """Run the command that fills the database, and tell whether it has."""
    terminal.say(f"Running seed command `{terminal.italic(command)}` ...")
    try:
        interruption.run(seed(command))
    except UserFacingError as error:
        terminal.warn(terminal.bold(terminal.red("\nAn error occurred while running the seed command:")))
        terminal.warn(terminal.red(f"Error: {error}"))
        return False
    return True


def _is_skipped(given: Given, what: str) -> bool:
    return given.has(f"--skip-{what}") or bool(os.environ.get(f"PRISMA_MIGRATE_SKIP_{what.upper()}"))
