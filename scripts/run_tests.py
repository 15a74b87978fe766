"""make test: generate the client and run the tests, which start a PostgreSQL of their own."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Final

from bootstrap import PYTHON, Installation, bootstrap
from node import find_node, has_packages, install_packages
from prisma_command import prisma_or_exit
from steps import PROJECT, environment, main, step

_INTEROP: Final = PROJECT / "tests" / "interop"
_OFFICIAL: Final = Installation(
    "Prisma's official command line, to compare with",
    lambda: has_packages(_INTEROP),
    lambda: install_packages(_INTEROP),
)


def prepare(arguments: list[str]) -> list[str]:
    """Generate the client, and return the command of pytest; without Node, pytest says what it skips."""
    if not _OFFICIAL.is_current() and find_node() is not None:
        bootstrap([_OFFICIAL])
    with step("generate the client"):
        prisma_or_exit("generate")
    return [str(PYTHON), "-m", "pytest", f"--numprocesses={_workers(arguments)}", "--dist=worksteal", *arguments]


def run_tests(arguments: list[str]) -> None:
    """Become pytest, so that its status is ours."""
    command = prepare(arguments)
    os.chdir(PROJECT)
    os.execve(command[0], command, environment())  # noqa: S606  -- a fixed program, no shell


def _workers(arguments: list[str]) -> int:
    """None for a test that is named, which would wait for them; tests wait, too, for programs and for disks."""
    return 0 if any("::" in argument for argument in arguments) else (os.cpu_count() or 1) + 1


if __name__ == "__main__":
    main(lambda: run_tests(shlex.split(" ".join(sys.argv[1:]))))
