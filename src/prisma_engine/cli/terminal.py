"""What a command says to a person, and what it asks: colours, prompts and the ends of both."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn, TextIO

__all__ = [
    "Progress",
    "ask",
    "badge",
    "bold",
    "can_prompt",
    "confirm",
    "cyan",
    "dim",
    "duration",
    "green",
    "grey",
    "has_colours",
    "italic",
    "prepare_streams",
    "red",
    "say",
    "underline",
    "warn",
    "yellow",
]

_RESET: Final = {1: 22, 2: 22, 3: 23, 4: 24, 41: 49}
_FOREGROUND_RESET: Final = 39
_SIGNALLED: Final = 128  # and a signal's number: the status of a shell's command that it ended
_POINTER: Final = "›"  # noqa: RUF001  -- Prisma's sign
_CI_VARIABLES: Final = """
    CI CONTINUOUS_INTEGRATION BUILD_NUMBER RUN_ID AGOLA_GIT_REF AC_APPCIRCLE APPVEYOR CODEBUILD TF_BUILD bamboo_planKey
    BITBUCKET_COMMIT BITRISE_IO BUDDY_WORKSPACE_ID BUILDKITE CIRCLECI CIRRUS_CI CF_BUILD_ID CM_BUILD_ID CI_NAME DRONE
    DSARI EARTHLY_CI EAS_BUILD GERRIT_PROJECT GITEA_ACTIONS GITHUB_ACTIONS GITLAB_CI GOCD BUILDER_OUTPUT
    HARNESS_BUILD_ID JENKINS_URL BUILD_ID LAYERCI MAGNUM NETLIFY NEVERCODE PROW_JOB_ID RELEASE_BUILD_ID RENDER SAILCI
    HUDSON SCREWDRIVER SEMAPHORE SOURCEHUT STRIDER TASK_ID TEAMCITY_VERSION TRAVIS VELA NOW_BUILDER APPCENTER_BUILD_ID
    CI_XCODE_PROJECT XCS
"""
"""Set where no person looks on. Source: Prisma 7.10, `isCi`."""


def prepare_streams() -> None:
    """Let stdout and stderr write every text, whatever their encoding: what it lacks is written as an escape.

    Where the program was started with one of them closed, what is written there goes nowhere.
    """
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  -- as long as the program
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  -- likewise
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def say(text: str = "", *, end: str = "\n") -> None:
    """Write a line to stdout."""
    print(text, end=end, flush=True)  # noqa: T201  -- a program's word to a person


def warn(text: str = "", *, end: str = "\n") -> None:
    """Write a line to stderr."""
    print(text, end=end, file=sys.stderr, flush=True)  # noqa: T201  -- a program's word to a person


class Progress(logging.Handler):
    """Tells a person at a terminal what takes long."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's message to stderr, where that is a terminal."""
        if sys.stderr.isatty():
            warn(dim(f"{record.getMessage()} …"))


def has_colours() -> bool:
    """Whether texts are coloured. Source: the npm package `kleur`."""
    environment = os.environ
    if {"NO_COLOR", "NODE_DISABLE_COLORS"} & environment.keys() or environment.get("TERM") == "dumb":
        return False
    forced = environment.get("FORCE_COLOR")
    return forced != "0" if forced is not None else sys.stdout.isatty()


def _painted(text: str, code: int) -> str:
    if not has_colours():
        return text
    start, end = f"\x1b[{code}m", f"\x1b[{_RESET.get(code, _FOREGROUND_RESET)}m"
    return f"{start}{text.replace(end, end + start)}{end}"


def bold(text: str) -> str:
    """The text in bold, at a terminal."""
    return _painted(text, 1)


def dim(text: str) -> str:
    """The text dimmed, at a terminal."""
    return _painted(text, 2)


def italic(text: str) -> str:
    """The text in italics, at a terminal."""
    return _painted(text, 3)


def underline(text: str) -> str:
    """The text underlined, at a terminal."""
    return _painted(text, 4)


def red(text: str) -> str:
    """The text in red, at a terminal."""
    return _painted(text, 31)


def green(text: str) -> str:
    """The text in green, at a terminal."""
    return _painted(text, 32)


def yellow(text: str) -> str:
    """The text in yellow, at a terminal."""
    return _painted(text, 33)


def cyan(text: str) -> str:
    """The text in cyan, at a terminal."""
    return _painted(text, 36)


def badge(text: str) -> str:
    """A word in white on red, at a terminal."""
    return bold(_painted(f" {text} ", 41))


def grey(text: str) -> str:
    """The text in grey, at a terminal."""
    return _painted(text, 90)


def duration(seconds: float) -> str:
    """How long something took, as Prisma writes it."""
    return f"{seconds:.2f}s" if seconds >= 1 else f"{seconds * 1000:.0f}ms"


def can_prompt() -> bool:
    """Whether a person can answer: stdin is a terminal, and no variable tells of automation."""
    is_terminal = sys.stdin is not None and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"
    return is_terminal and not any(os.environ.get(name) for name in _CI_VARIABLES.split())


def confirm(question: str) -> bool:
    """Ask for yes or no; Enter, Ctrl-C, Ctrl-D and Escape mean no."""
    try:
        with _interruptible(), _each_key(sys.stdin):
            say(f"{cyan('?')} {bold(question)} {grey(f'{_POINTER} (y/N)')} ", end="")
            answer = _answer_key()
    except KeyboardInterrupt:
        answer = ""
    said = answer in {"y", "Y"}
    sign = green("✔") if answer else red("✖")
    _replace_line(f"{sign} {bold(question)} {grey('…')} {'yes' if said else 'no'}")
    return said


def ask(question: str) -> str | None:
    """Ask for a line of text, None for Ctrl-C and Ctrl-D."""
    try:
        with _interruptible():
            say(f"{cyan('?')} {bold(question)} {grey(_POINTER)} ", end="")
            answer = sys.stdin.readline()
    except KeyboardInterrupt:
        answer = ""
    if not answer:
        say()
        return None
    return re.sub(r"[\x00-\x1f\x7f]", "", answer)


def _answer_key() -> str:
    """The first key that answers: y, n or Enter; nothing for Ctrl-D, Escape and the end of the input."""
    while key := sys.stdin.read(1):
        if key in "yYnN\r\n":
            return key
        if key in "\x03\x04\x1b":
            break
    return ""


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let signals end the reading at once; an event loop would only note them, and wait for the reading's end."""
    before = {number: signal.signal(number, handler) for number, handler in _ENDS.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(_SIGNALLED + number)


_ENDS: Final = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: _leave}


@contextmanager
def _each_key(stream: TextIO) -> Iterator[None]:
    """Hand on each key at once, where the system can; elsewhere with Enter."""
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield
        return
    before = termios.tcgetattr(stream)
    try:
        tty.setcbreak(stream, termios.TCSADRAIN)  # what was typed already is an answer, too
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSADRAIN, before)


def _replace_line(text: str) -> None:
    say(f"\r\x1b[2K{text}" if sys.stdout.isatty() else text)
