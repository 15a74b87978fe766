"""What a server's log says about why it did not start, or ended."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_TOLD: Final = 8  # lines: a reason, what led to it and PostgreSQL's advice
_TIME: Final = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] ")
_ROUTINE: Final = (
    "starting PostgreSQL|listening on|database system (was|is|was not) .*|checkpoint|restartpoint|"
    "redo (starts|done|is)|shutting down$|aborting any active|received .* shutdown request|"
    "background worker .* exited|all server processes"
)
_LEFT_OUT: Final = re.compile(rf"(STATEMENT|CONTEXT|QUERY): |LOG: +({_ROUTINE})")  # a statement may have a password
_CONTINUED: Final = re.compile(r"DETAIL: |HINT: |\t")


def last_words(log: Path) -> str:
    """The last lines that say what went wrong, without their times; empty where there are none."""
    if not log.exists():
        return ""
    told: list[str] = []
    left_out = False
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        text = _TIME.sub("", line)
        left_out = left_out if _CONTINUED.match(text) else _LEFT_OUT.match(text) is not None
        if text and not left_out:
            told.append(" ".join(text.split()))
    return "\n".join([*told[-_TOLD:], f"(log: {log})"]) if told else ""
