"""Our command line as a program, as a step runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["run_ours"]


def run_ours(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], stdin: str
) -> tuple[int, str, str]:
    """Run `python -m prisma_engine` with nothing of the caller's environment but the search paths."""
    own = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "prisma_engine", *arguments],
        cwd=folder,
        env={**own, **environment},
        input=stdin.encode(),
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()
