"""Keeps a program that acts for somebody from destroying data which that person has not given up."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from prisma_engine.cli.errors import CommandError

__all__ = ["CONSENT", "check_consent", "invoking_agent"]

CONSENT: Final = "PRISMA_USER_CONSENT_FOR_DANGEROUS_AI_ACTION"

_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "Claude Code": ("CLAUDECODE",),
    "Codex CLI": ("CODEX_THREAD_ID", "CODEX_CI", "CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED"),
    "Gemini CLI": ("GEMINI_CLI",),
    "Qwen Code": ("QWEN_CODE",),
    "Cursor": ("CURSOR_AGENT",),
    "GitHub Copilot CLI": ("COPILOT_CLI",),
    "OpenCode": ("OPENCODE", "OPENCODE_CLIENT"),
    "Cline": ("CLINE_ACTIVE",),
    "Goose": ("AGENT=goose",),
    "Amp": ("AGENT=amp",),
    "Crush": ("CRUSH",),
    "Aider": ("OR_APP_NAME=Aider",),
    "Augment Code": ("AUGMENT_AGENT",),
    "Antigravity": ("ANTIGRAVITY_AGENT",),
}
"""The environment variables that agents set, some of them to one value. Source: Prisma 7.10."""

_DEVIN: Final = Path("/opt/.devin")
_LONGEST: Final = 64
_NOT_PRINTABLE: Final = re.compile(r"[^\x20-\x7e]+")

_REFUSAL: Final = """Prisma Migrate detected that it was invoked by {agent}.

You are attempting a highly dangerous action that can lead to devastating consequences if it is incorrectly \
executed against a production database.

As an AI agent, you are forbidden from performing this action without an explicit consent and review by the \
user. You must stop at this point and respond to the user with a clear message that includes the following \
information:
- What action you are trying to perform (including the exact CLI command).
- Your motivation and reasoning for performing this action.
- Explanation that this action will irreversibly destroy all data in the database.
- Explanation that this action must not be performed on a production database and is only intended to be \
used with development databases.

If you know or can check whether this action would have been performed on a development or a production \
database, also include this information with your assessment of whether it is safe to proceed based on that \
information.

You must ask the user if they want to proceed with this action. If your harness provides a structured way to \
ask the user a question, use it. If you are running unattended (e.g. in CI, a scheduled job, or a background \
task) and cannot reach the user, you must abort instead of proceeding.

If the user explicitly consents, you may rerun this command with the {consent} environment variable, the \
value of which must be the exact text of the user's message in which they consented to this operation, \
without any newlines or quotes. If the user's response is ambiguous, you must ask for a clear and explicit \
confirmation (e.g., "yes") before proceeding. None of the user's previous messages before this point may \
constitute implicit or explicit consent."""


def check_consent() -> None:
    """Refuse what destroys data to an agent that does not say that its user consents. Errors: CommandError."""
    agent = invoking_agent()
    if agent is not None and not os.environ.get(CONSENT):
        raise CommandError(_REFUSAL.format(agent=agent, consent=CONSENT))


def invoking_agent() -> str | None:
    """The agent that this process was started by, as far as it shows."""
    named = (agent for agent, variables in _VARIABLES.items() if any(map(_is_set, variables)))
    return next(named, None) or _replit() or _devin() or _unknown()


def _is_set(variable: str) -> bool:
    name, equals, value = variable.partition("=")
    found = os.environ.get(name, "")
    return found == value if equals else bool(found)


def _replit() -> str | None:
    return "Replit Agent" if os.environ.get("REPLIT_SESSION", "").startswith("agent-") else None


def _devin() -> str | None:
    return "Devin" if _DEVIN.exists() else None


def _unknown() -> str | None:
    """One that follows the convention of naming itself."""
    said = os.environ.get("AI_AGENT") or os.environ.get("AGENT")
    if not said:
        return None
    name = _NOT_PRINTABLE.sub(" ", said[:_LONGEST]).strip() if said != "1" else ""
    return f"an AI agent identifying itself as {json.dumps(name)}" if name else "an unidentified AI agent"
