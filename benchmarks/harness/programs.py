"""Runs the programs in `footprint/`, each in a process of its own that keeps compiled bytecode."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, Final

from harness.peers import BENCHMARKS
from steps import StepError

_NO_BYTECODE: Final = "PYTHONDONTWRITEBYTECODE"  # would make a start compile every module again


def environment(**more: str) -> dict[str, str]:
    """The environment of a program that is measured."""
    return {name: value for name, value in os.environ.items() if name != _NO_BYTECODE} | more


def answer_of(program: str, *arguments: str) -> Any:
    """What a program answers in one line of JSON. Errors: StepError when it fails."""
    done = subprocess.run(
        _command(program, *arguments), cwd=BENCHMARKS, env=environment(), stdout=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        raise StepError(f"footprint.{program} ended with status {done.returncode}")
    return json.loads(done.stdout)


def time_to_answer(program: str, *arguments: str) -> float:
    """From the start of a process to its first line. Units: seconds. Errors: StepError when it prints none."""
    began = time.perf_counter()
    with subprocess.Popen(
        _command(program, *arguments), cwd=BENCHMARKS, env=environment(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.perf_counter() - began
    if not line or process.returncode != 0:
        raise StepError(f"footprint.{program} ended with status {process.returncode}")
    return took


def _command(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"footprint.{program}", *arguments]
