"""What a provider is: our generator, a program, or a generator that only npm packages have."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Final

__all__ = ["NPM_ONLY", "is_ours"]

NPM_ONLY: Final = frozenset({"prisma-client", "prisma-client-js"})
"""Generators that are part of Prisma's own packages."""

_SCRIPTS: Final = frozenset({"prisma-client-py", "prisma"})
_COMMANDS: Final = (["-m", "prisma"], ["-m", "prisma_engine.generator"])
_PYTHON: Final = re.compile(r"py(?:thon)?[\d.]*w?")


def is_ours(provider: str) -> bool:
    """Whether a provider means the client's generator as this environment has it, however it is written."""
    try:
        program, *arguments = shlex.split(provider)
    except ValueError:  # no words at all, or a quote that nothing closes
        return False
    name = Path(program).name.removesuffix(".exe")
    if not _is_of_this_environment(program):
        return False
    if name in _SCRIPTS:
        return not arguments
    return bool(_PYTHON.fullmatch(name)) and arguments in _COMMANDS


def _is_of_this_environment(program: str) -> bool:
    """Whether a program is found by its name alone, or lies beside the Python that runs this."""
    return Path(program).name == program or Path(program).absolute().parent == Path(sys.executable).parent
