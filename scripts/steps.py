"""Named steps with the time each took, and failures that are one clear message."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent
VENV: Final = PROJECT / ".venv"

_INTERRUPTED: Final = 130  # the exit status of a program that Ctrl-C ended


class StepError(Exception):
    """What went wrong and what to do about it, in one message for a person."""


def say(message: str) -> None:
    """Print one line at once, also when the output is a pipe."""
    print(message, flush=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Show the name of a step when it begins and the time that it took when it ends."""
    say(f"==> {name}")
    started = time.monotonic()
    yield
    say(f"    done in {time.monotonic() - started:.1f} s")


def environment() -> dict[str, str]:
    """Our environment with the virtual environment's programs first on PATH."""
    path = os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path}


def run_quietly(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
    """Run a program in the project's folder and return its output.

    Errors: StepError with the program's own output, which is shown only then.
    """
    import subprocess  # here: most often, a Make target's first script has nothing to run

    done = subprocess.run(
        command, cwd=PROJECT, env=env, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0:
        raise StepError(f"{' '.join(command)} ended with status {done.returncode}:\n{done.stdout.strip()}")
    return done.stdout


def main(action: Callable[[], None]) -> None:
    """Run a script's action; an error ends the process with status 1 and its message on stderr.

    Being terminated is like being interrupted: what the script has started is stopped first.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        action()
    except (StepError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()  # at its end Python would look for cycles in all that was loaded: a fifth of a short run
