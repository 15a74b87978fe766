"""What is recorded of Prisma's official command line is what it answers, also in turns with ours on one project.

It takes other steps each day; TEST_OFFICIAL_EVERY=2 lets both alternate, 1 leaves everything to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from interop import official
from life.chapters import CHAPTERS
from life.stage import Run, Stage, play, recorded

_STEPS: Final = [(name, number) for name, chapter in CHAPTERS.items() for number in range(len(chapter))]


@official.needed
@pytest.mark.parametrize("name", CHAPTERS)
def test_both_command_lines_go_on_where_the_other_has_stopped(name: str, stage: Stage, run_here: Run) -> None:
    chapter = CHAPTERS[name]
    turns = [official.is_its_turn(_STEPS.index((name, number))) for number in range(len(chapter))]
    runs = [_run_official if its_turn else run_here for its_turn in turns]
    for step, expected, outcome in zip(chapter, recorded(name), play(chapter, stage, *runs), strict=True):
        if not step.differs:
            assert (step.arguments, outcome) == (step.arguments, expected)


def _run_official(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], stdin: str
) -> tuple[int, str, str]:
    done = official.run(folder, *arguments, env=environment, stdin=stdin)
    return done.status, done.stdout, done.stderr
