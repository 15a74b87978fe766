"""What shows that an agent runs a command, and what it may not do without its user's word."""

from __future__ import annotations

import os
from collections.abc import Mapping

import pytest

from prisma_engine.cli.agents import CONSENT, check_consent, invoking_agent
from prisma_engine.cli.errors import CommandError


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("environment", "agent"),
    [
        ({}, None),
        ({"CLAUDECODE": "1"}, "Claude Code"),
        ({"CODEX_SANDBOX": "seatbelt"}, "Codex CLI"),
        ({"AGENT": "goose"}, "Goose"),
        ({"AGENT": "amp", "CLINE_ACTIVE": "true"}, "Cline"),
        ({"OR_APP_NAME": "Aider"}, "Aider"),
        ({"OR_APP_NAME": "another"}, None),
        ({"REPLIT_SESSION": "agent-7"}, "Replit Agent"),
        ({"REPLIT_SESSION": "person"}, None),
        ({"AI_AGENT": "1"}, "an unidentified AI agent"),
        ({"AI_AGENT": " ro\nbot "}, 'an AI agent identifying itself as "ro bot"'),
        ({"AGENT": "x" * 80}, f'an AI agent identifying itself as "{"x" * 64}"'),
        ({"AI_AGENT": ""}, None),
    ],
)
def test_an_agent_is_known_by_its_variables(
    environment: Mapping[str, str], agent: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert invoking_agent() == agent


def test_an_agent_needs_its_users_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    check_consent()
    monkeypatch.setenv("GEMINI_CLI", "1")
    with pytest.raises(CommandError, match="it was invoked by Gemini CLI"):
        check_consent()

    monkeypatch.setenv(CONSENT, "yes, erase it")
    check_consent()
