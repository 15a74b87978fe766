"""The blocks of code in the README of the example."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

README: Final = Path(__file__).resolve().parents[2] / "examples" / "agent_memory" / "README.md"


def block(title: str) -> str:
    """The first block of code under a title."""
    _, _, section = README.read_text(encoding="utf-8").partition(f"## {title}\n")
    found = re.search(r"^```\w+\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]
