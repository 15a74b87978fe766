"""What a command says at a terminal, and what a person answers there."""

from __future__ import annotations

import logging
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import pytest

from prisma_engine.cli import terminal
from prisma_engine.cli.help import MIGRATE, PRISMA, render

PROGRAM: Final = """\
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # Ctrl-C is for this program
from prisma_engine.admin.interruption import run
from prisma_engine.cli import terminal

async def wait(question):
    return question()

try:
    print(repr({call}))
except SystemExit as end:
    print("ended with", end.code)
"""
POINTER: Final = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
INTERRUPT, END, ESCAPE = "\x03", "\x04", "\x1b"
GIVE_UP_AFTER: Final = 60.0  # seconds


def at_a_terminal(call: str, typed: str | signal.Signals, **environment: str) -> str:
    """Call a function at a terminal of its own, type or send a signal when it has asked, and return what it shows."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(call=call)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        screen = _read(ours, until=POINTER.encode()) if typed else b""
        if isinstance(typed, signal.Signals):
            process.send_signal(typed)
        else:
            os.write(ours, typed.encode())
        return (screen + _read(ours)).decode()
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(screen: int, *, until: bytes | None = None) -> bytes:
    """Read what comes until these bytes have come, or until the program has ended."""
    read = b""
    while until is None or until not in read:
        ready, _, _ = select.select([screen], [], [], GIVE_UP_AFTER)
        assert ready, read
        try:
            read += os.read(screen, 4096)
        except OSError:  # how Linux tells that the program has ended
            break
    return read


@pytest.mark.parametrize(
    ("typed", "shown", "answer"),
    [
        ("y", "✔ Sure? … yes", "(True, True)"),
        ("Y", "✔ Sure? … yes", "(True, True)"),
        ("xn", "✔ Sure? … no", "(True, False)"),
        ("\r", "✔ Sure? … no", "(True, False)"),
        (INTERRUPT, "✖ Sure? … no", "(True, False)"),
        (END, "✖ Sure? … no", "(True, False)"),
        (ESCAPE, "✖ Sure? … no", "(True, False)"),
    ],
)
def test_a_question_is_answered_with_one_key(typed: str, shown: str, answer: str) -> None:
    screen = at_a_terminal("(terminal.can_prompt(), terminal.confirm('Sure?'))", typed, NO_COLOR="1")

    assert f"? Sure? {POINTER} (y/N) " in screen
    assert screen.endswith(f"{shown}\r\n{answer}\r\n")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("first\r", "'first'"), ("\r", "''"), ("ä b\x7f\r", "'ä '"), (END, "None"), (INTERRUPT, "None")],
)
def test_a_line_is_asked_for(typed: str, answer: str) -> None:
    assert at_a_terminal("terminal.ask('Name?')", typed, NO_COLOR="1").endswith(f"\r\n{answer}\r\n")


@pytest.mark.parametrize("question", ["terminal.ask('Name?')", "terminal.confirm('Sure?')"])
def test_being_terminated_ends_a_program_that_waits_for_an_answer(question: str) -> None:
    waiting = f"run(wait(lambda: {question}))"
    assert at_a_terminal(waiting, signal.SIGTERM, NO_COLOR="1").endswith(f"ended with {128 + signal.SIGTERM}\r\n")


@pytest.mark.parametrize("variables", [{"CI": "1"}, {"GITHUB_ACTIONS": "true"}, {"TERM": "dumb"}])
def test_where_no_person_looks_on_nothing_is_asked(variables: Mapping[str, str]) -> None:
    assert at_a_terminal("terminal.can_prompt()", "", **variables) == "False\r\n"


def test_what_takes_long_is_told_at_a_terminal_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    record = "terminal.logging.makeLogRecord({'msg': 'Preparing %s, once', 'args': ('it',)})"

    screen = at_a_terminal(f"terminal.Progress().emit({record})", "", NO_COLOR="1")

    assert screen.startswith("Preparing it, once …\r\n")
    terminal.Progress().emit(logging.makeLogRecord({"msg": "Preparing"}))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ({}, "no"),
        ({"FORCE_COLOR": "1"}, "\x1b[31mno\x1b[39m"),
        ({"FORCE_COLOR": "0"}, "no"),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, "no"),
        ({"FORCE_COLOR": "1", "NODE_DISABLE_COLORS": "1"}, "no"),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, "no"),
    ],
)
def test_colours_can_be_asked_for_and_refused(
    variables: Mapping[str, str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "NODE_DISABLE_COLORS", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert terminal.red("no") == text


def test_colours_may_stand_within_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    assert terminal.red(f"a{terminal.green('b')}c") == "\x1b[31ma\x1b[32mb\x1b[39m\x1b[31mc\x1b[39m"


def test_help_has_bold_headings_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")

    shown = render(MIGRATE)
    assert "\n\x1b[1mUsage\x1b[22m\n\n  \x1b[2m$\x1b[22m prisma migrate [command] [options]\n" in shown
    assert "\n\x1b[1mCommands for production/staging\x1b[22m\n" in shown
    assert "(\x1b[4mhttps://prisma.io\x1b[24m)" in render(PRISMA)


@pytest.mark.parametrize(("seconds", "shown"), [(0.0021, "2ms"), (0.9991, "999ms"), (1.0, "1.00s"), (75.126, "75.13s")])
def test_a_duration_is_told_as_prisma_tells_it(seconds: float, shown: str) -> None:
    assert terminal.duration(seconds) == shown
