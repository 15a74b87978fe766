"""The client's plugin for mypy: relations that are included are lists, and with the mypy of today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from steps import PROJECT

PROGRAM: Final = """\
from prisma import Prisma
from prisma.models import Session


async def program(db: Prisma) -> None:
    plain = await db.session.find_first(where={})
    assert plain is not None
    reveal_type(plain.messages)
    full = await db.session.find_first(where={}, include={"messages": True})
    assert full is not None
    reveal_type(full.messages)
    reveal_type(full.id)
    unique = await Session.prisma().find_unique(where={"id": "a"}, include={"messages": {"include": {"session": True}}})
    assert unique is not None
    reveal_type(unique.messages)
    again = await db.session.find_first()
    assert again is not None
    reveal_type(again.messages)
"""


def test_included_relations_are_lists(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = prisma.mypy\n", encoding="utf-8")
    cache = PROJECT / ".data" / "mypy-of-plugin"  # of what the program imports, which is the same in the next run
    command = [sys.executable, "-m", "mypy", f"--cache-dir={cache}", "program.py"]
    done = subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False)
    revealed = [line.split('"')[1].replace("builtins.", "") for line in done.stdout.splitlines() if "Revealed" in line]
    messages = "list[prisma.models.Message]"
    assert revealed == [f"{messages} | None", messages, "str", messages, f"{messages} | None"], done.stdout
    assert "prisma-parsing" not in done.stdout
