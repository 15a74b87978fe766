"""make coverage: run the tests, count the lines of src that they and their child processes run, and name the others."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from run_tests import prepare
from steps import PROJECT, environment, main


def measure(arguments: list[str]) -> None:
    """Run the tests under coverage.py and report; its status is that of the tests."""
    python, *pytest = prepare(arguments)
    with TemporaryDirectory() as folder:
        variables = {**environment(), "COVERAGE_FILE": str(Path(folder, "coverage"))}

        def run(*command: str) -> int:
            return subprocess.run([python, *command], cwd=PROJECT, env=variables, check=False).returncode

        status = run("-m", "coverage", "run", "--parallel-mode", *pytest)
        run("-m", "coverage", "combine", "--quiet")
        run("-m", "coverage", "report")
    sys.exit(status)


if __name__ == "__main__":
    main(lambda: measure(shlex.split(" ".join(sys.argv[1:]))))
