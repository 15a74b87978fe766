"""The README's program and commands do what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from steps import PROJECT

README: Final = (PROJECT / "README.md").read_text(encoding="utf-8")
RUN_HERE: Final = (PROJECT / "tests" / "acceptance" / "test_make.py").read_text(encoding="utf-8")
RESULTS: Final = PROJECT / "benchmarks" / "results" / "results.json"
LONG: Final = {"middle_session", "long_session"}
BULK: Final = LONG | {"create_messages", "create_many"}
RUN_BY_CI: Final = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_program_of_the_readme_runs(migrated_url: str, tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert program is not None
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program[1]],
        env={**os.environ, "DATABASE_URL": migrated_url},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["user: Hello!", "assistant: Hi, I am Ada.", "1"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z][a-z-]+)", README))))
def test_every_command_of_the_readme_is_run(target: str) -> None:
    assert (
        f'"{target}"' in RUN_HERE.partition("TARGETS: Final")[2].partition("\n}\n")[2] or f"make {target}" in RUN_BY_CI
    )


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!https?:)[^)#]+)\)", README))))
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (PROJECT / link).exists()


def test_what_the_readme_says_of_speed_is_what_the_stored_results_say() -> None:
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))["figures"]
    ratios = {
        work: {peer: figure["ours_to_this"] for peer, figure in peers.items()}
        for work, peers in figures.items()
        if not work.startswith("throughput")
    }
    assert {work for work, of in ratios.items() if of["hand_written"] >= 1} <= BULK
    assert {work for work, of in ratios.items() if of.get("sqlalchemy", 0) > 1 / 3} <= BULK
    assert max(ratios[work]["hand_written"] for work in BULK) < 1.05
    typescript = {work: max(of["prisma_ts"], of["prisma_ts_named"]) for work, of in ratios.items()}
    assert {work for work, ratio in typescript.items() if ratio > 0.95} == LONG
