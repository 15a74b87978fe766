"""make test: generate the client and run the tests, which start a PostgreSQL of their own."""

from __future__ import annotations

import os
import shlex
import sys

from bootstrap import PYTHON
from node import environment, prisma_or_exit
from steps import PROJECT, main, step


def run_tests(arguments: list[str]) -> None:
    """Generate the client, then become pytest, so that its status is ours."""
    with step("generate the client"):
        prisma_or_exit("generate")
    os.chdir(PROJECT)
    workers = (os.cpu_count() or 1) + 1  # tests wait a good part of their time, for programs and for disks
    command = [str(PYTHON), "-m", "pytest", f"--numprocesses={workers}", "--dist=worksteal", *arguments]
    os.execve(command[0], command, environment())  # noqa: S606  -- a fixed program, no shell


if __name__ == "__main__":
    main(lambda: run_tests(shlex.split(" ".join(sys.argv[1:]))))
