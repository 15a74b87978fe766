"""The life of a project in our command line, against what Prisma's official one has answered, step by step."""

from __future__ import annotations

import pytest

from life.chapters import CHAPTERS
from life.stage import Run, Stage, play, recorded


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_step_ends_as_with_prismas_command_line(name: str, stage: Stage, run_here: Run) -> None:
    """Equal are the status, both streams and all files; a step that differs tells why, and what ours says."""
    chapter = CHAPTERS[name]
    for step, expected, outcome in zip(chapter, recorded(name), play(chapter, stage, run_here), strict=True):
        if step.differs:
            assert step.says in outcome.stdout + outcome.stderr, step.arguments
            assert outcome != expected, f"{step.arguments}: there is no difference any more"
        else:
            assert (step.arguments, outcome) == (step.arguments, expected)
