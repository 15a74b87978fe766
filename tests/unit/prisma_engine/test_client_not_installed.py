"""What is said where Prisma Client Python is missing, or was removed in part."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from prisma_engine import generator
from prisma_engine.errors import UserFacingError


def test_a_client_that_is_half_installed_is_named_with_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "prisma", raising=False)
    with pytest.raises(UserFacingError, match=r"not installed here, or only in part\. Run: pip install"):
        generator.manifest()
