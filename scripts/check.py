"""make check: format, lint, types, import rules and the Dockerfile; all of them run, then the failed ones are named."""

from __future__ import annotations

import subprocess
from typing import Final

from prisma_command import prisma_or_exit
from steps import PROJECT, VENV, StepError, environment, main, step

_CHECKS: Final = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy",),
    "import rules": ("lint-imports",),
    "Dockerfile": ("hadolint", "Dockerfile"),
}


def check() -> None:
    """Generate the client, which the types depend on, and run every check."""
    with step("generate the client"):
        prisma_or_exit("generate")
    failed = [name for name, command in _CHECKS.items() if not _passes(name, command)]
    if failed:
        raise StepError(f"failed: {', '.join(failed)}")


def _passes(name: str, command: tuple[str, ...]) -> bool:
    with step(name):
        program, *arguments = command
        done = subprocess.run([str(VENV / "bin" / program), *arguments], cwd=PROJECT, env=environment(), check=False)
        return done.returncode == 0


if __name__ == "__main__":
    main(check)
